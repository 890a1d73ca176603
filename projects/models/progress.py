"""What happens to a project month by month. Internal, all of it."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.choices import MilestoneKind, ReportState
from projects.models.project import KeyProject
from projects.querysets import (
    MilestoneQuerySet,
    ProblemQuerySet,
    ProgressReportQuerySet,
)
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.fields import WanField
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned


def first_of_month(value: date) -> None:
    """A month is stored as its first day."""
    if value.day != 1:
        raise ValidationError("月份应以当月 1 日表示。")


class ProgressReport(Timestamped, Versioned, Sampled):
    """A project's figures for one month.

    The month is entered; the year to date is computed (`with_year_to_date`). Only accepted and
    frozen reports enter totals. A frozen one changes by a `Restatement` only; see `projects.ledger`.
    """

    project = models.ForeignKey(
        KeyProject, models.PROTECT, related_name="progress_reports", verbose_name=_("项目")
    )
    month = models.DateField(_("月份"), validators=[first_of_month])
    invested_month_wan = WanField(_("本月完成投资（万元）"))
    physical_progress = models.DecimalField(
        _("形象进度（%）"),
        max_digits=4,
        decimal_places=1,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    progress_text = models.TextField(_("形象进度说明"), blank=True)
    problems_text = models.TextField(_("存在问题"), blank=True)
    regress_reason = models.CharField(
        _("进度回退理由"), max_length=300, blank=True, help_text=_("形象进度低于上月时须填写。")
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=ReportState.choices, default=ReportState.DRAFT, editable=False
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("提交人"),
    )
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("审核人"),
    )
    accepted_at = models.DateTimeField(_("审核时间"), null=True, blank=True, editable=False)
    frozen_at = models.DateTimeField(_("冻结时间"), null=True, blank=True, editable=False)
    # The page of the ledger as it was closed, in 万元 since the project's first report; null before.
    # opening + frozen + restated = closing. `invested_month_wan` is the figure as it stands today.
    frozen_wan = WanField(_("冻结时本月完成（万元）"), null=True, blank=True, editable=False)
    frozen_progress = models.DecimalField(
        _("冻结时形象进度（%）"), max_digits=4, decimal_places=1, null=True, blank=True, editable=False
    )
    opening_wan = WanField(_("期初累计（万元）"), signed=True, null=True, blank=True, editable=False)
    restated_wan = WanField(_("本期更正（万元）"), signed=True, null=True, blank=True, editable=False)
    closing_wan = WanField(_("期末累计（万元）"), signed=True, null=True, blank=True, editable=False)

    objects = ProgressReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("月度进展")
        ordering = ["-month", "project"]
        permissions = [
            ("submit_report", "提交月度进展"),
            ("accept_report", "审核月度进展"),
            ("freeze_report", "冻结月度进展"),
            ("restate_report", "更正已冻结的数据"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "month"],
                name="report_one_per_month",
                violation_error_message="该项目本月已有进展记录，请打开原记录修改。",
            ),
            models.CheckConstraint(condition=Q(invested_month_wan__gte=0), name="report_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(physical_progress__gte=0, physical_progress__lte=100),
                name="report_progress_is_percent",
            ),
        ]
        indexes = [models.Index(fields=["month", "state"])]

    def __str__(self) -> str:
        return f"{self.project.name} {self.month:%Y年%m月}"

    def previous(self) -> "ProgressReport | None":
        """The project's newest report of an earlier month, whatever its state. One query."""
        return (
            type(self)
            .objects.filter(project=self.project_id, month__lt=self.month)
            .order_by("-month")
            .first()
        )

    def clean(self) -> None:
        """Month not in the future; progress not below the last month's without a reason."""
        errors: dict[str, str] = {}
        if self.month and self.month > today():
            errors["month"] = "不能填报未来的月份。"
        if self.month and self.project_id and self.physical_progress is not None:
            last = self.previous()
            if last and self.physical_progress < last.physical_progress and not self.regress_reason.strip():
                errors["physical_progress"] = (
                    f"形象进度低于 {last.month:%Y年%m月} 的 {last.physical_progress}%。"
                    "如确有回退，请填写“进度回退理由”。"
                )
        if errors:
            raise ValidationError(errors)


class ProjectMilestone(Timestamped, Sampled):
    """One step of the path after signing, planned and reached."""

    project = models.ForeignKey(KeyProject, models.CASCADE, related_name="milestones", verbose_name=_("项目"))
    kind = models.CharField(_("节点"), max_length=12, choices=MilestoneKind.choices)
    planned_on = models.DateField(_("计划日期"), null=True, blank=True)
    actual_on = models.DateField(_("实际日期"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("关键节点")
        ordering = ["project", "planned_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind"],
                name="milestone_once",
                violation_error_message="该项目已有此节点。",
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def clean(self) -> None:
        if self.actual_on and self.actual_on > today():
            raise ValidationError({"actual_on": "实际日期不能晚于今天。"})


class ProjectProblem(Timestamped, Sampled):
    """What stands in the way, who removes it, by when."""

    project = models.ForeignKey(KeyProject, models.CASCADE, related_name="problems", verbose_name=_("项目"))
    report = models.ForeignKey(
        ProgressReport,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="problems",
        verbose_name=_("提出于"),
    )
    text = models.TextField(_("问题"))
    owner = models.CharField(_("责任人"), max_length=60, blank=True)
    owner_department = models.ForeignKey(
        "directory.Department", models.PROTECT, null=True, blank=True, verbose_name=_("责任单位")
    )
    raised_on = models.DateField(_("提出日期"), default=today)
    due_on = models.DateField(_("解决期限"), null=True, blank=True)
    resolved_on = models.DateField(_("解决日期"), null=True, blank=True)
    resolution = models.TextField(_("解决情况"), blank=True)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("存在问题")
        ordering = ["project", "due_on", "pk"]

    def __str__(self) -> str:
        return self.text[:40]

    def clean(self) -> None:
        errors = {}
        if self.due_on and self.raised_on and self.due_on < self.raised_on:
            errors["due_on"] = "解决期限不能早于提出日期。"
        if self.resolved_on and self.raised_on and self.resolved_on < self.raised_on:
            errors["resolved_on"] = "解决日期不能早于提出日期。"
        if errors:
            raise ValidationError(errors)
