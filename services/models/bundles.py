"""一次办: which items are done together, and which questions decide about that."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from services.choices import ProjectStage, PublicationState
from services.models.catalogue import ServiceItem, ServiceTheme, split_words
from services.pinyin import search_text
from services.querysets import BundleQuestionQuerySet, ServiceBundleQuerySet
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.directory.models import Department


class ServiceBundle(Versioned, Sourced, Timestamped, Sampled):
    """Several items done as one matter (一次办, 一件事): one form, one set of materials, one promise."""

    slug = models.SlugField(_("标识"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80, unique=True)
    aliases = models.TextField(_("别名"), blank=True, help_text=_("群众常用的叫法，用顿号或换行分隔。"))
    search_text = models.TextField(editable=False, default="")
    summary = models.CharField(_("一句话说明"), max_length=200, blank=True)
    theme = models.ForeignKey(
        ServiceTheme, models.PROTECT, null=True, blank=True, related_name="bundles", verbose_name=_("主题")
    )
    for_individuals = models.BooleanField(_("服务个人"), default=False)
    for_organisations = models.BooleanField(_("服务法人"), default=False)
    stage = models.CharField(_("项目阶段"), max_length=12, choices=ProjectStage.choices, blank=True)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="service_bundles",
        verbose_name=_("牵头部门"),
    )
    lead_authority = models.CharField(_("牵头单位"), max_length=80, blank=True)
    promised_days = models.PositiveSmallIntegerField(_("承诺时限（工作日）"), null=True, blank=True)
    promised_text = models.CharField(_("承诺时限说明"), max_length=200, blank=True)
    form_note = models.CharField(_("一张表单说明"), max_length=300, blank=True)
    note = models.CharField(_("提示"), max_length=300, blank=True)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=PublicationState.choices,
        default=PublicationState.DRAFTED,
        db_index=True,
        editable=False,
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = ServiceBundleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("一次办事项")
        ordering = ["order", "pk"]
        permissions = [
            ("review_servicebundle", "审核一次办"),
            ("publish_servicebundle", "发布一次办"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = search_text(self.name, *split_words(self.aliases))
        if (fields := kwargs.get("update_fields")) is not None and {"name", "aliases"} & set(fields):
            kwargs["update_fields"] = {*fields, "search_text"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("services:bundle", args=[self.slug])

    @property
    def is_public(self) -> bool:
        return self.state == PublicationState.PUBLISHED

    @property
    def audiences(self) -> list[str]:
        pairs = ((self.for_individuals, "个人"), (self.for_organisations, "法人"))
        return [label for wanted, label in pairs if wanted]


class BundleQuestion(models.Model):
    """A question to the applicant whose answer decides which members apply."""

    bundle = models.ForeignKey(
        ServiceBundle, models.CASCADE, related_name="questions", verbose_name=_("一次办")
    )
    key = models.SlugField(_("标识"), max_length=30)
    text = models.CharField(_("问题"), max_length=120)
    hint = models.CharField(_("提示"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    objects = BundleQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("情形问题")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["bundle", "key"], name="bundle_question_once")]

    def __str__(self) -> str:
        return self.text


class BundleAnswer(models.Model):
    """One possible answer to a question."""

    question = models.ForeignKey(
        BundleQuestion, models.CASCADE, related_name="answers", verbose_name=_("问题")
    )
    value = models.SlugField(_("标识"), max_length=30)
    label = models.CharField(_("选项"), max_length=60)
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("情形选项")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["question", "value"], name="bundle_answer_once")]

    def __str__(self) -> str:
        return f"{self.question}：{self.label}"


class BundleMember(models.Model):
    """One item of a bundle, or by `title` a matter that another body handles outside the catalogue.

    With no `answers` it always applies; otherwise it applies when, for each question among them,
    one of them was chosen. `prerequisites` are members that must be done first.
    """

    bundle = models.ForeignKey(
        ServiceBundle, models.CASCADE, related_name="members", verbose_name=_("一次办")
    )
    item = models.ForeignKey(
        ServiceItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("事项"),
    )
    title = models.CharField(
        _("名称"), max_length=120, blank=True, help_text=_("目录以外的事项填写名称；目录内事项留空。")
    )
    handled_by = models.CharField(_("办理单位"), max_length=80, blank=True)
    days = models.PositiveSmallIntegerField(
        _("办理时限（工作日）"),
        null=True,
        blank=True,
        help_text=_("只填目录以外的事项，且办理单位已经公布的；目录内事项用事项自己的时限。"),
    )
    answers = models.ManyToManyField(
        BundleAnswer, blank=True, related_name="members", verbose_name=_("适用情形")
    )
    prerequisites = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="dependents", verbose_name=_("先办事项")
    )
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("成员事项")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bundle", "item"],
                condition=models.Q(item__isnull=False),
                name="bundle_member_item_once",
            ),
            models.CheckConstraint(
                condition=models.Q(item__isnull=False) | ~models.Q(title=""), name="bundle_member_named"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.title or (self.item.name if self.item else "")
