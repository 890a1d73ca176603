"""The catalogue: what can be applied for, which materials it takes, and what is done together."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from services.choices import (
    DayUnit,
    HandlingKind,
    ItemType,
    LimitKind,
    ProjectStage,
    PublicationState,
    ReachMode,
)
from services.pinyin import search_text
from services.querysets import ServiceItemQuerySet
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.core.uploads import RandomPath
from tuoxian_portal.directory.models import Department, Outlet

CODE = RegexValidator(r"^[A-Z0-9][A-Z0-9-]{1,39}$", _("编号只用大写字母、数字和连字符，例如 SI-001。"))


def label_of(record: models.Model, name: str) -> str:
    """What people call the field `name`."""
    return str(record._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column


# A folder of their own for files of guides; each upload has a name of its own, so that a published
# version keeps its file when the next one brings another.
PUBLIC_FILE = RandomPath("catalogue")


def split_words(text: str) -> list[str]:
    """The words of a field that staff fill with 、 or line breaks between them."""
    return [word.strip() for word in text.replace("、", "\n").splitlines() if word.strip()]


class ServiceTheme(Sourced):
    """A life or business event under which people look for items (主题)."""

    slug = models.SlugField(_("标识"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=40, unique=True)
    for_individuals = models.BooleanField(_("个人主题"), default=False)
    for_organisations = models.BooleanField(_("法人主题"), default=False)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务主题")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class Material(Sourced):
    """A paper, once for the whole catalogue: 营业执照 is the same thing in every item."""

    name = models.CharField(_("名称"), max_length=120, unique=True)
    aliases = models.TextField(_("别名"), blank=True, help_text=_("用顿号或换行分隔。"))
    electronic_licence = models.CharField(
        _("可替代的电子证照"), max_length=60, blank=True, help_text=_("填写后，页面提示可免交纸质材料。")
    )
    note = models.CharField(_("说明"), max_length=300, blank=True)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("材料")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ServiceItem(Versioned, Sourced, Timestamped, Sampled):
    """A government service item (政务服务事项) with the elements of its 实施清单.

    What no source states stays empty. An element that the county leaves to the window is named in
    `left_to_window`; pages then say 以窗口答复为准. `revises` is set on the draft of a next version:
    publishing it replaces the content of the row it revises, so that a case always points at the
    same item. What a case was accepted under is its own snapshot.
    """

    code = models.CharField(_("公开编号"), max_length=40, validators=[CODE])
    basic_code = models.CharField(_("基本编码"), max_length=40, blank=True)
    implementation_code = models.CharField(_("实施编码"), max_length=40, blank=True)
    revises = models.OneToOneField(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="next_draft",
        verbose_name=_("修订自"),
    )
    version_number = models.PositiveSmallIntegerField(_("清单版本"), default=1, editable=False)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=PublicationState.choices,
        default=PublicationState.DRAFTED,
        db_index=True,
        editable=False,
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)

    name = models.CharField(_("事项名称"), max_length=120)
    aliases = models.TextField(_("别名"), blank=True, help_text=_("群众常用的叫法，用顿号或换行分隔。"))
    search_text = models.TextField(editable=False, default="")
    item_type = models.CharField(_("事项类型"), max_length=14, choices=ItemType.choices)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="service_items",
        verbose_name=_("实施部门"),
    )
    authority = models.CharField(
        _("实施主体"), max_length=80, help_text=_("对外显示的名称，可以是部门以外的机构，如供电企业。")
    )
    for_individuals = models.BooleanField(_("服务个人"), default=False)
    for_organisations = models.BooleanField(_("服务法人"), default=False)
    themes = models.ManyToManyField(ServiceTheme, blank=True, related_name="items", verbose_name=_("主题"))
    stage = models.CharField(
        _("项目阶段"), max_length=12, choices=ProjectStage.choices, blank=True, db_index=True
    )
    full_assistance = models.BooleanField(_("全帮办事项"), null=True, blank=True)
    at_county = models.BooleanField(_("县级可办"), default=False)
    at_town = models.BooleanField(_("镇级可办"), default=False)
    at_village = models.BooleanField(_("村级可办"), default=False)
    outlets = models.ManyToManyField(
        Outlet, blank=True, related_name="service_items", verbose_name=_("办理网点")
    )

    handling_kind = models.CharField(_("办件类型"), max_length=8, choices=HandlingKind.choices, blank=True)
    statutory_days = models.PositiveSmallIntegerField(_("法定时限"), null=True, blank=True)
    statutory_unit = models.CharField(_("法定时限单位"), max_length=8, choices=DayUnit.choices, blank=True)
    statutory_kind = models.CharField(_("时限性质"), max_length=14, choices=LimitKind.choices, blank=True)
    statutory_text = models.CharField(_("法定时限说明"), max_length=300, blank=True)
    statutory_basis = models.CharField(_("法定时限依据"), max_length=200, blank=True)
    promised_days = models.PositiveSmallIntegerField(_("承诺时限"), null=True, blank=True)
    promised_unit = models.CharField(
        _("承诺时限单位"), max_length=8, choices=DayUnit.choices, default=DayUnit.WORKING
    )

    conditions = models.TextField(_("受理条件"), blank=True)
    visits = models.PositiveSmallIntegerField(_("到现场次数"), null=True, blank=True)
    visits_reason = models.CharField(_("必须到现场的原因"), max_length=200, blank=True)
    at_window = models.BooleanField(_("窗口办"), default=False)
    online = models.BooleanField(_("网上办"), default=False)
    mobile = models.BooleanField(_("掌上办"), default=False)
    by_post = models.BooleanField(_("邮寄办"), default=False)
    online_url = models.URLField(_("网上办理地址"), max_length=300, blank=True)
    same_city = models.CharField(_("同城通办"), max_length=10, choices=ReachMode.choices, blank=True)
    cross_province = models.CharField(_("跨省通办"), max_length=10, choices=ReachMode.choices, blank=True)
    cross_region = models.CharField(_("跨域通办"), max_length=10, choices=ReachMode.choices, blank=True)

    charged = models.BooleanField(_("是否收费"), null=True, blank=True)
    fee = models.CharField(_("收费标准"), max_length=300, blank=True)
    fee_basis = models.CharField(_("收费依据"), max_length=200, blank=True)
    result = models.CharField(_("办理结果"), max_length=120, blank=True)
    result_sample = models.FileField(_("结果样本"), upload_to=PUBLIC_FILE, max_length=200, blank=True)
    issues = models.ManyToManyField(
        Material,
        blank=True,
        related_name="issued_by",
        verbose_name=_("办理结果可作为的材料"),
        help_text=_("例如公司设立登记产生营业执照：在一次办里不再要求申请人提交。"),
    )
    result_validity = models.CharField(_("结果有效期"), max_length=60, blank=True)
    window = models.CharField(_("办理窗口"), max_length=120, blank=True)
    phone = models.CharField(_("咨询电话"), max_length=40, blank=True)
    complaint_phone = models.CharField(_("监督投诉电话"), max_length=40, blank=True)
    joint_bodies = models.CharField(_("联办机构"), max_length=200, blank=True)
    intermediary = models.CharField(_("中介服务"), max_length=200, blank=True)
    quota = models.CharField(_("数量限制"), max_length=120, blank=True)
    left_to_window = models.JSONField(_("以窗口答复为准的要素"), default=list, blank=True)
    # {"materials": {"title", "publisher", "date", "where", "confidence"}, "limit": …, "fee": …}:
    # parts of a guide may come from another source than the item itself.
    part_sources = models.JSONField(_("分项来源"), default=dict, blank=True, editable=False)

    objects = ServiceItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("政务服务事项")
        ordering = ["code", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(revises__isnull=True), name="service_item_code_unique"
            ),
        ]
        permissions = [
            ("review_serviceitem", "审核服务事项"),
            ("publish_serviceitem", "发布服务事项"),
            ("import_serviceitem", "导入事项清单"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = search_text(self.name, *split_words(self.aliases), self.code)
        if (fields := kwargs.get("update_fields")) is not None and {"name", "aliases", "code"} & set(fields):
            kwargs["update_fields"] = {*fields, "search_text"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("services:detail", args=[self.code])

    @property
    def is_public(self) -> bool:
        return self.state == PublicationState.PUBLISHED and self.revises_id is None

    @property
    def alias_list(self) -> list[str]:
        return split_words(self.aliases)

    @property
    def audiences(self) -> list[str]:
        """个人 and 法人, whom it serves."""
        pairs = ((self.for_individuals, "个人"), (self.for_organisations, "法人"))
        return [label for wanted, label in pairs if wanted]

    @property
    def type_text(self) -> str:
        """The type with its national code, such as 行政许可（01）."""
        kind = ItemType(self.item_type)
        return f"{kind.label}（{kind.national_code}）"

    @property
    def national_type_code(self) -> str:
        return ItemType(self.item_type).national_code

    @property
    def result_sample_url(self) -> str:
        """Where the public finds the sample of the result; "" when there is none."""
        return reverse("services:file", args=[self.code, "result", 1]) if self.result_sample else ""

    @property
    def levels(self) -> list[str]:
        """县级, 镇级, 村级: where it can be done; empty when no source says."""
        pairs = ((self.at_county, "县级"), (self.at_town, "镇级"), (self.at_village, "村级"))
        return [label for there, label in pairs if there]

    @property
    def channels(self) -> list[str]:
        """办理形式 that are known; empty when no source states any."""
        names = ("at_window", "online", "mobile", "by_post")
        return [label_of(self, name) for name in names if getattr(self, name)]

    @property
    def reaches(self) -> list[str]:
        """通办 scopes with their mode, such as 同城通办（全程网办）."""
        return [
            f"{label_of(self, name)}（{ReachMode(mode).label}）"
            for name in ("same_city", "cross_province", "cross_region")
            if (mode := getattr(self, name))
        ]

    @property
    def statutory_limit_text(self) -> str:
        """`20 个工作日`; "" when no number of days is known or it is not the office's own limit."""
        if self.statutory_days is None or self.statutory_kind != LimitKind.OFFICE:
            return ""
        return days_text(self.statutory_days, self.statutory_unit)

    @property
    def promised_limit_text(self) -> str:
        """The county's own promise; "" while it has not published one."""
        if self.handling_kind == HandlingKind.INSTANT and self.promised_days in (None, 0):
            return "当场办结"
        return "" if self.promised_days is None else days_text(self.promised_days, self.promised_unit)

    def snapshot(self) -> dict[str, Any]:
        """What a case keeps of the item it was accepted under, as plain JSON.

        Read through `with_materials()`, `with_form()` and `select_related("department")`: then no query,
        else one for each that is missing.
        Days are None when unknown; `unit` is `working` or `calendar`. A limit that is the
        applicant's duty or a target is not in `statutory`.
        """
        office = self.statutory_kind == LimitKind.OFFICE
        return {
            "schema": 1,
            "code": self.code,
            "version": self.version_number,
            "name": self.name,
            "item_type": self.item_type,
            "authority": self.authority,
            "department": self.department.name if self.department else "",
            "department_id": self.department_id,
            "handling_kind": self.handling_kind,
            "statutory": {
                "days": self.statutory_days if office else None,
                "unit": self.statutory_unit or DayUnit.WORKING,
                "text": self.statutory_text if office else "",
                "basis": self.statutory_basis if office else "",
            },
            "promised": {"days": self.promised_days, "unit": self.promised_unit},
            "result": self.result,
            "fee": self.fee,
            "charged": self.charged,
            "conditions": self.conditions,
            "materials": [row.snapshot() for row in self.materials.all()],
            "form": [row.snapshot() for row in self.form_fields.all()],
        }


def days_text(days: int, unit: str) -> str:
    """`20 个工作日` or `60 日`."""
    return f"{days}\u00a0个工作日" if unit == DayUnit.WORKING else f"{days}\u00a0日"
