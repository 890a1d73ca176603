"""Everything about many projects, reports, leads and targets."""

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import Count, DecimalField, F, Max, OuterRef, Prefetch, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from projects.choices import Nature, ReportState, RestatedFigure, Stage, Status, TargetCategory
from tuoxian_portal.accounts.models import Role
from tuoxian_portal.accounts.scoping import scope_rows
from tuoxian_portal.core.months import month_of
from tuoxian_portal.core.querysets import PortalQuerySet

WAN: DecimalField = DecimalField(max_digits=20, decimal_places=4)
ZERO = Value(Decimal(0), output_field=WAN)


def booked(until: Any = None) -> Any:
    """The investment (万元) of a monthly report as the books say: what was reported and every
    restatement since. The one expression from which every total is made.

    `until` is a day: what was restated in a later month does not count, so that a month of the past
    says what it said when it was closed. It may be an expression that yields the first of a month.
    """
    from projects.models import Restatement

    if until is None:
        return F("invested_month_wan")
    if isinstance(until, date):
        until = month_of(until)
    later = (
        Restatement.objects.filter(
            report=OuterRef("pk"), figure=RestatedFigure.INVESTED, booked_month__gt=until
        )
        .order_by()
        .values("report")
        .annotate(total=Sum(F("new_value") - F("old_value")))
        .values("total")
    )
    return F("invested_month_wan") - Coalesce(Subquery(later, output_field=WAN), ZERO)


def _sum_of(model: Any, amount: Any, **filters: Any) -> Coalesce:
    """The sum of `amount` over a project's rows of `model`, 0 when there are none; one subquery."""
    rows = (
        model.objects.filter(project=OuterRef("pk"), **filters)
        .order_by()
        .values("project")
        .annotate(total=Sum(amount))
        .values("total")
    )
    return Coalesce(Subquery(rows, output_field=WAN), ZERO)


class KeyProjectQuerySet(PortalQuerySet):
    """Key projects. What the public may see is `published()`; staff see by their scope."""

    def published(self) -> Self:
        return self.filter(is_published=True)

    def visible_to(self, user: Any) -> Self:
        """All rows for county-wide staff; the department's own and the published ones for staff of a
        department; the published ones for everybody else."""
        if not (user and user.is_authenticated and user.has_perm("projects.view_keyproject")):
            return self.published()
        if Role.Scope.COUNTY in user.scopes:
            return self
        if Role.Scope.DEPARTMENT in user.scopes and user.department_id:
            return self.filter(Q(is_published=True) | Q(department=user.department_id))
        return self.published()

    def counted(self) -> Self:
        """Rows that are one project each: no groups, works or arrangements, nothing terminated."""
        return self.filter(nature=Nature.PROJECT).exclude(status=Status.TERMINATED)

    def assessed(self) -> Self:
        """Rows that report monthly and are rated: signed and later, not yet at capacity, not
        terminated."""
        stages = [s for s in Stage.from_(Stage.SIGNED) if s != Stage.AT_CAPACITY]
        return self.counted().filter(stage__in=stages)

    def without_helper(self) -> Self:
        """Signed and later, not terminated, and nobody is named as 服务专员."""
        return self.counted().filter(stage__in=Stage.from_(Stage.SIGNED), helper__isnull=True)

    def at_least(self, wan: int) -> Self:
        """Total investment of at least `wan` 万元; unknown amounts are left out."""
        return self.filter(total_investment_wan__gte=wan)

    def with_totals(self, year: int, month: date | None = None) -> Self:
        """Adds, in 万元 and from accepted or frozen reports only:

        `invested_year_wan` (sum of the year up to and including `month` as the books stood then, else
        the whole year as they stand today), `invested_month_wan` (that `month` as it was closed, else
        0), `restated_month_wan` (what restatements booked in that `month` changed of the year),
        `received_year_wan` and `received_total_wan` (dated receipts that were not voided),
        `latest_progress` (percent of the newest counted report) and `latest_month`. No extra query:
        each is a correlated subquery.
        """
        from projects.models import FundsReceipt, ProgressReport, Restatement

        counted = {"state__in": ReportState.counted()}
        until = {"month__lte": month_of(month)} if month else {}
        newest = ProgressReport.objects.filter(project=OuterRef("pk"), **counted, **until).order_by("-month")
        return self.annotate(
            invested_year_wan=_sum_of(ProgressReport, booked(month), month__year=year, **counted, **until),
            invested_month_wan=_sum_of(ProgressReport, booked(month), month=month_of(month), **counted)
            if month
            else ZERO,
            restated_month_wan=Coalesce(
                Subquery(
                    Restatement.objects.filter(
                        report__project=OuterRef("pk"),
                        report__month__year=year,
                        figure=RestatedFigure.INVESTED,
                        booked_month=month_of(month),
                    )
                    .order_by()
                    .values("report__project")
                    .annotate(total=Sum(F("new_value") - F("old_value")))
                    .values("total"),
                    output_field=WAN,
                ),
                ZERO,
            )
            if month
            else ZERO,
            received_year_wan=_sum_of(
                FundsReceipt, "amount_wan", received_on__year=year, voided_at__isnull=True
            ),
            received_total_wan=_sum_of(FundsReceipt, "amount_wan", voided_at__isnull=True),
            latest_progress=Subquery(newest.values("physical_progress")[:1]),
            latest_month=Subquery(newest.values("month")[:1]),
        )

    def with_confidence_inputs(self, on: date) -> Self:
        """Loads what `confidence.assess(project, on=on)` reads: two queries more, however many rows."""
        from projects.models import ProgressReport, ProjectMilestone, ProjectProblem

        known = ProgressReport.objects.filter(
            project=OuterRef("pk"), state__in=ReportState.counted(), accepted_at__date__lte=on
        ).order_by()
        this_year = known.filter(month__year=on.year)
        return self.annotate(
            assessed_last_update=Subquery(
                known.values("project").annotate(at=Max("accepted_at")).values("at")
            ),
            assessed_last_month=Subquery(
                this_year.values("project").annotate(last=Max("month")).values("last")
            ),
            assessed_invested_wan=Coalesce(
                Subquery(
                    this_year.values("project").annotate(t=Sum(booked(on))).values("t"),
                    output_field=WAN,
                ),
                ZERO,
            ),
        ).prefetch_related(
            Prefetch(
                "milestones",
                queryset=ProjectMilestone.objects.filter(planned_on__isnull=False),
                to_attr="assessed_milestones",
            ),
            Prefetch(
                "problems",
                queryset=ProjectProblem.objects.open_on(on),
                to_attr="assessed_problems",
            ),
        )

    def of_enterprise(self, name: str, credit_code: str = "") -> Self:
        """Projects of the enterprise with this credit code, or with exactly this name."""
        same = Q(pk__in=[])
        if credit_code:
            same |= Q(enterprise__credit_code=credit_code)
        if name:
            same |= Q(enterprise_name=name) | Q(enterprise__name=name)
        return self.filter(same)

    def by_stage(self) -> list[dict[str, Any]]:
        """One row for each stage in the order of the path: `stage, label, count, total_wan`; a stage
        without projects has count 0; rows without a stage come last under "". One query. For figures
        start from `counted()`."""
        found = {
            row["stage"]: row
            for row in self.order_by()
            .values("stage")
            .annotate(count=Count("pk"), total_wan=Coalesce(Sum("total_investment_wan"), ZERO))
        }
        rows = [(stage.value, str(stage.label)) for stage in Stage]
        if "" in found:
            rows.append(("", "来源未载明"))
        return [
            {
                "stage": value,
                "label": label,
                "count": found[value]["count"] if value in found else 0,
                "total_wan": found[value]["total_wan"] if value in found else Decimal(0),
            }
            for value, label in rows
        ]

    def by_industry(self) -> list[dict[str, Any]]:
        """One row for each industry that has projects, in the directory's order:
        `industry, industry_slug, industry_name, count, total_wan` (None for rows without one). One
        query. For figures start from `counted()`."""
        return list(
            self.order_by()
            .values("industry", industry_slug=F("industry__slug"), industry_name=F("industry__name"))
            .annotate(
                count=Count("pk"),
                total_wan=Coalesce(Sum("total_investment_wan"), ZERO),
                rank=Max("industry__order"),
            )
            .order_by("rank", "industry")
        )

    def search(self, text: str) -> Self:
        """Rows whose number, name, enterprise, capacity or summary contains every word of `text`."""
        fields = ("number", "name", "enterprise_name", "capacity", "summary")
        return self.with_every_word(text, *(f"{field}__icontains" for field in fields))


class ChildOfProjectQuerySet(PortalQuerySet):
    """Rows that belong to a project and are internal: seen by staff who may see the project."""

    def visible_to(self, user: Any) -> Self:
        return scope_rows(self, user, department="project__department")


class ProgressReportQuerySet(ChildOfProjectQuerySet):
    def counted(self) -> Self:
        """Reports whose figures enter totals."""
        return self.filter(state__in=ReportState.counted())

    def of_month(self, month: date) -> Self:
        return self.filter(month=month_of(month))

    def with_year_to_date(self) -> Self:
        """Adds `invested_year_wan`: the project's counted months of the same year up to this one,
        this one included whatever its state, as the books stood at its end. No extra query."""
        earlier = (
            self.model.objects.filter(
                project=OuterRef("project"),
                month__year=OuterRef("month__year"),
                month__lt=OuterRef("month"),
                state__in=ReportState.counted(),
            )
            .order_by()
            .values("project")
            .annotate(total=Sum(booked(OuterRef(OuterRef("month")))))
            .values("total")
        )
        return self.annotate(
            invested_year_wan=Coalesce(Subquery(earlier, output_field=WAN), ZERO) + booked(OuterRef("month"))
        )


class MilestoneQuerySet(ChildOfProjectQuerySet):
    def missed(self, on: date) -> Self:
        """Planned before `on` and not reached by then."""
        return self.filter(planned_on__lt=on).filter(Q(actual_on__isnull=True) | Q(actual_on__gt=on))


class ProblemQuerySet(ChildOfProjectQuerySet):
    def open_on(self, on: date) -> Self:
        """Raised by `on` and not resolved by then."""
        return self.filter(raised_on__lte=on).filter(Q(resolved_on__isnull=True) | Q(resolved_on__gt=on))

    def overdue(self, on: date) -> Self:
        return self.open_on(on).filter(due_on__lt=on)


class OpportunityQuerySet(PortalQuerySet):
    def published(self) -> Self:
        return self.filter(is_published=True)

    def visible_to(self, user: Any) -> Self:
        if user and user.is_authenticated and user.has_perm("projects.view_opportunity"):
            return self
        return self.published()

    def search(self, text: str) -> Self:
        """Rows whose number, name, summary or conditions contain every word of `text`."""
        fields = ("number", "name", "summary", "conditions")
        return self.with_every_word(text, *(f"{field}__icontains" for field in fields))


class TargetQuerySet(PortalQuerySet):
    def goals(self) -> Self:
        """What is aimed at, without published results and layout words."""
        return self.filter(category=TargetCategory.TARGET)

    def of_year(self, year: int) -> Self:
        return self.filter(year=year)
