"""What the forms of items ask for. One catalogue of fields, as there is one of materials: 经营场所地址 is
the same question in every form, so that a bundle asks it once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from services.choices_forms import ApplicantFact, DayRule, FieldGroup, FieldKind
from services.models.catalogue import ServiceItem, split_words
from tuoxian_portal.core.models import Sourced
from tuoxian_portal.core.querysets import PortalQuerySet

YES, NO = "是", "否"
# What a field takes when it names no limit of its own, in characters.
LENGTHS = {FieldKind.TEXT: 100, FieldKind.ADDRESS: 200, FieldKind.MULTILINE: 2000}
DIGITS = 15  # before the decimal point; more is a slip of the finger


class FormField(Sourced):
    """A question that forms ask (表单项目), once for the whole catalogue.

    `min_value` and `max_value` bound numbers, `max_length` texts, `day_rule` dates; empty means the
    default of the kind. `personal` marks what identifies a person: whoever stores an answer encrypts
    it and shows it masked. `fills_from` names what is known of the applicant and need not be asked.
    """

    key = models.SlugField(_("标识"), max_length=40, unique=True)
    label = models.CharField(_("名称"), max_length=60, unique=True)
    kind = models.CharField(_("填写内容"), max_length=14, choices=FieldKind.choices, default=FieldKind.TEXT)
    group = models.CharField(_("所在部分"), max_length=12, choices=FieldGroup.choices)
    hint = models.CharField(_("填写说明"), max_length=200, blank=True)
    options = models.TextField(_("选项"), blank=True, help_text=_("单选项目填写，用顿号或换行分隔。"))
    unit = models.CharField(_("单位"), max_length=20, blank=True)
    decimals = models.PositiveSmallIntegerField(
        _("小数位数"), default=0, validators=[MaxValueValidator(6)], help_text=_("数字最多填写几位小数。")
    )
    min_value = models.DecimalField(_("最小值"), max_digits=18, decimal_places=6, null=True, blank=True)
    max_value = models.DecimalField(_("最大值"), max_digits=18, decimal_places=6, null=True, blank=True)
    max_length = models.PositiveSmallIntegerField(_("最多字数"), null=True, blank=True)
    day_rule = models.CharField(
        _("日期范围"), max_length=6, choices=DayRule.choices, blank=True, default=DayRule.ANY
    )
    personal = models.BooleanField(
        _("个人信息"), default=False, help_text=_("勾选后，填写的内容加密保存，列表和打印中遮蔽显示。")
    )
    fills_from = models.CharField(
        _("自动填入"),
        max_length=12,
        choices=ApplicantFact.choices,
        blank=True,
        help_text=_("登记时已经填过的申请人信息，不再重复填写。"),
    )
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("表单项目")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def option_list(self) -> list[str]:
        """What can be chosen; [] for a field that is written into."""
        if self.kind == FieldKind.YES_NO:
            return [YES, NO]
        return split_words(self.options) if self.kind == FieldKind.CHOICE else []

    @property
    def length(self) -> int:
        """The longest answer, in characters."""
        return self.max_length or LENGTHS.get(FieldKind(self.kind), LENGTHS[FieldKind.TEXT])

    def clean(self) -> None:
        """Raises `ValidationError` when the parts of the field contradict each other."""
        wrong: dict[str, Any] = {}
        options = split_words(self.options)
        if self.kind == FieldKind.CHOICE and len(options) < 2:
            wrong["options"] = _("单选项目至少要写两个选项，用顿号或换行分隔。")
        elif len(set(options)) < len(options):
            wrong["options"] = _("选项有重复，请删去重复的一个。")
        elif options and self.kind != FieldKind.CHOICE:
            wrong["options"] = _("只有单选项目有选项，请清空选项，或者把填写内容改为单选。")
        if None not in (self.min_value, self.max_value) and self.min_value > self.max_value:  # type: ignore[operator]  # neither is None
            wrong["max_value"] = _("最大值比最小值还小，请核对。")
        if wrong:
            raise ValidationError(wrong)


class ItemFieldManager(models.Manager.from_queryset(PortalQuerySet)):  # type: ignore[misc]  # made at run time
    """A line is never read without its field: nobody can forget to ask for it."""

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("field", "depends_on")


class ItemField(models.Model):
    """One field of one item's form, with what this item calls it and when it asks for it.

    With `depends_on` it is asked only where that field, which the same form asks of everybody, was
    answered `depends_value`.
    """

    item = models.ForeignKey(ServiceItem, models.CASCADE, related_name="form_fields", verbose_name=_("事项"))
    field = models.ForeignKey(FormField, models.PROTECT, related_name="uses", verbose_name=_("表单项目"))
    wording = models.CharField(
        _("本事项中的叫法"), max_length=60, blank=True, help_text=_("与表单项目名称不同时填写。")
    )
    required = models.BooleanField(_("必填"), default=True)
    depends_on = models.ForeignKey(
        FormField,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("取决于哪一项"),
        help_text=_("留空则总是填写；只能取决于本表单中总是填写的单选或者是否项目。"),
    )
    depends_value = models.CharField(_("该项填写为"), max_length=60, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = ItemFieldManager()

    class Meta:
        verbose_name = verbose_name_plural = _("表单要填的项目")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "field"], name="item_field_once"),
            models.CheckConstraint(
                condition=models.Q(depends_on__isnull=True, depends_value="")
                | models.Q(depends_on__isnull=False) & ~models.Q(depends_value=""),
                name="item_field_condition_whole",
                violation_error_message=_("“取决于哪一项”和“该项填写为”要么都填，要么都不填。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What this item calls it."""
        return self.wording or self.field.label

    @property
    def condition_text(self) -> str:
        """`“是否新建”为“是”时填写`; "" when it is always asked."""
        if self.depends_on is None:
            return ""
        return f"“{self.depends_on.label}”为“{self.depends_value}”时填写"

    def snapshot(self) -> dict[str, Any]:
        """Plain JSON of this line, as a case keeps it."""
        return {
            "key": self.field.key,
            "label": self.name,
            "kind": self.field.kind,
            "group": self.field.group,
            "unit": self.field.unit,
            "options": self.field.option_list,
            "required": self.required,
            "condition": self.condition_text,
            "personal": self.field.personal,
        }


def condition_problems(lines: list[ItemField]) -> list[str]:
    """What is wrong with the conditions within one form, in sentences that say what to do; [] if nothing.

    One level only: a field decides about others when it is itself asked of everybody.
    """
    by_field = {line.field_id: line for line in lines}
    problems = []
    for line in lines:
        if line.depends_on is None:
            continue
        parent = by_field.get(line.depends_on.pk)
        if parent is None or parent is line:
            problems.append(f"“{line.name}”取决于“{line.depends_on}”，而本表单没有这一项。请先把它加入表单。")
        elif parent.depends_on is not None:
            problems.append(
                f"“{line.name}”取决于“{parent.name}”，而后者不是总要填写的。请改为取决于别的项目。"
            )
        elif line.depends_value not in line.depends_on.option_list:
            choices = "、".join(line.depends_on.option_list) or "（该项没有选项）"
            problems.append(
                f"“{line.name}”要求“{line.depends_on}”填写为“{line.depends_value}”，而该项的选项是：{choices}。"
            )
    return problems
