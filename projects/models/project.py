"""The key project (重点项目) and what sources say about it."""

from datetime import date

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.choices import ConfidenceLevel, InvestmentBand, Nature, ProjectType, Stage, Status
from projects.querysets import KeyProjectQuerySet
from tuoxian_portal.core.codes import validate_project_code
from tuoxian_portal.core.fields import EncryptedTextField, WanField
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.core.querysets import PortalQuerySet


class KeyProject(Sourced, Sampled, Timestamped, Versioned):
    """A row of the key-project ledger.

    `stage` and `status` are independent, and both are empty where a source does not state them.
    They change only through `projects.actions`. Internal fields (`responsible`,
    `responsible_phone`, problems, reports, receipts) never leave the staff side.
    """

    number = models.CharField(_("项目编号"), max_length=20, unique=True, editable=False)
    name = models.CharField(_("项目名称"), max_length=160)
    nature = models.CharField(_("记录性质"), max_length=12, choices=Nature.choices, default=Nature.PROJECT)
    enterprise = models.ForeignKey(
        "directory.Enterprise", models.PROTECT, null=True, blank=True, verbose_name=_("企业（名录）")
    )
    enterprise_name = models.CharField(_("企业名称"), max_length=160, blank=True)
    industry = models.ForeignKey(
        "directory.Industry", models.PROTECT, null=True, blank=True, verbose_name=_("产业")
    )
    chain = models.ForeignKey(
        "directory.IndustryChain", models.PROTECT, null=True, blank=True, verbose_name=_("产业链")
    )
    is_chain_leader = models.BooleanField(_("链主项目"), default=False)
    park = models.ForeignKey("directory.Park", models.PROTECT, null=True, blank=True, verbose_name=_("园区"))
    town = models.ForeignKey("directory.Town", models.PROTECT, null=True, blank=True, verbose_name=_("乡镇"))
    location = models.CharField(_("建设地点"), max_length=200, blank=True)
    project_type = models.CharField(_("项目类型"), max_length=12, choices=ProjectType.choices, blank=True)
    project_code = models.CharField(
        _("投资项目代码"), max_length=24, blank=True, validators=[validate_project_code]
    )
    capacity = models.TextField(_("建设规模与产能"), blank=True)
    summary = models.TextField(_("项目简介"), blank=True)

    stage = models.CharField(_("阶段"), max_length=14, choices=Stage.choices, blank=True, db_index=True)
    stage_note = models.CharField(
        _("阶段说明"), max_length=300, blank=True, help_text=_("来源对进展的说法。")
    )
    stage_as_of = models.CharField(_("阶段截至"), max_length=40, blank=True)
    status = models.CharField(
        _("状态"), max_length=12, choices=Status.choices, blank=True, default=Status.NORMAL, db_index=True
    )

    total_investment_wan = WanField(_("总投资（万元）"), null=True, blank=True)
    investment_band = models.GeneratedField(
        expression=Case(
            When(total_investment_wan__isnull=True, then=Value(InvestmentBand.UNKNOWN.value)),
            When(total_investment_wan__lt=500, then=Value(InvestmentBand.UNDER_500.value)),
            When(total_investment_wan__lt=10_000, then=Value(InvestmentBand.FROM_500.value)),
            When(total_investment_wan__lt=100_000, then=Value(InvestmentBand.FROM_1YI.value)),
            default=Value(InvestmentBand.FROM_10YI.value),
        ),
        output_field=models.CharField(max_length=10, choices=InvestmentBand.choices),
        db_persist=True,
        verbose_name=_("投资规模"),
    )
    investment_note = models.CharField(_("投资说明"), max_length=300, blank=True)
    annual_plan_wan = WanField(_("年度计划投资（万元）"), null=True, blank=True)
    annual_plan_year = models.PositiveSmallIntegerField(_("计划年度"), null=True, blank=True)
    land_mu = models.DecimalField(
        _("用地（亩）"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )

    department = models.ForeignKey(
        "directory.Department", models.PROTECT, null=True, blank=True, verbose_name=_("责任单位")
    )
    responsible = models.CharField(_("责任领导"), max_length=60, blank=True)
    responsible_phone = EncryptedTextField(_("责任领导电话"), blank=True)
    helper = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="helped_projects",
        verbose_name=_("服务专员"),
        help_text=_("全程联系这个项目的工作人员。"),
    )

    signed_on = models.DateField(_("签约日期"), null=True, blank=True)
    planned_start = models.DateField(_("计划开工"), null=True, blank=True)
    actual_start = models.DateField(_("实际开工"), null=True, blank=True)
    planned_production = models.DateField(_("计划投产"), null=True, blank=True)
    actual_production = models.DateField(_("实际投产"), null=True, blank=True)
    planned_capacity_on = models.DateField(_("计划达产"), null=True, blank=True)
    at_capacity_on = models.DateField(_("达产日期"), null=True, blank=True)

    override_level = models.CharField(
        _("人工评级"), max_length=8, choices=ConfidenceLevel.choices, blank=True, editable=False
    )
    override_reason = models.TextField(_("人工评级理由"), blank=True, editable=False)
    override_computed = models.CharField(
        _("当时的计算评级"), max_length=8, choices=ConfidenceLevel.choices, blank=True, editable=False
    )
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("评级人"),
    )
    override_at = models.DateTimeField(_("评级时间"), null=True, blank=True, editable=False)

    is_published = models.BooleanField(_("对外公布"), default=False, db_index=True, editable=False)
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True, editable=False)

    objects = KeyProjectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("重点项目")
        ordering = ["is_sample", "number"]
        permissions = [
            ("move_stage", "推进项目阶段"),
            ("set_back_stage", "退回项目阶段"),
            ("change_status", "变更项目状态"),
            ("override_confidence", "人工评定项目红黄绿"),
            ("publish_keyproject", "公布或撤下项目"),
            ("import_keyproject", "导入项目台账"),
        ]
        indexes = [
            models.Index(fields=["industry", "stage"]),
            models.Index(fields=["is_published", "stage"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_investment_wan__isnull=True) | Q(total_investment_wan__gte=0),
                name="project_investment_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(annual_plan_wan__isnull=True) | Q(annual_plan_wan__gte=0),
                name="project_plan_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(override_level="") | ~Q(override_reason=""),
                name="project_override_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.number])

    @property
    def owner_name(self) -> str:
        """The enterprise as it is shown: the wording of the source, else the directory's name."""
        return self.enterprise_name or (self.enterprise.name if self.enterprise else "")

    @property
    def stage_label(self) -> str:
        return str(Stage(self.stage).label) if self.stage else "来源未载明"

    @property
    def stage_tone(self) -> str:
        return Stage(self.stage).tone if self.stage else "neutral"

    @property
    def status_label(self) -> str:
        return str(Status(self.status).label) if self.status else "来源未载明"

    @property
    def status_tone(self) -> str:
        return Status(self.status).tone if self.status else "neutral"

    def plan_for(self, year: int) -> object:
        """The annual plan (万元) when it is for `year`, else None."""
        return self.annual_plan_wan if self.annual_plan_year == year else None

    def dates_in_disorder(self) -> dict[str, str]:
        """Fields whose dates contradict each other, with a sentence for each."""

        def after(earlier: date | None, later: date | None) -> bool:
            return bool(earlier and later and later < earlier)

        wrong = {}
        if after(self.planned_start, self.planned_production):
            wrong["planned_production"] = "计划投产不能早于计划开工。"
        if after(self.actual_start, self.actual_production):
            wrong["actual_production"] = "实际投产不能早于实际开工。"
        if after(self.actual_production, self.at_capacity_on):
            wrong["at_capacity_on"] = "达产日期不能早于实际投产。"
        if after(self.planned_production, self.planned_capacity_on):
            wrong["planned_capacity_on"] = "计划达产不能早于计划投产。"
        return wrong


class ProjectFact(Sourced, Sampled):
    """What one more source says about a project. Sources that contradict each other stand side by
    side, each with its date."""

    project = models.ForeignKey(
        KeyProject, models.CASCADE, related_name="source_facts", verbose_name=_("项目")
    )
    text = models.TextField(_("内容"))
    as_of = models.CharField(_("截至"), max_length=40, blank=True)
    total_investment_wan = WanField(_("所述总投资（万元）"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("来源说法")
        ordering = ["project", "order", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
