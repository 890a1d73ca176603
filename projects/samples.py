"""Sample projects (示例) with thirteen months of reports, so that every screen has something to show.

No invented figure is attached to a real project; sample numbers (`SL…`) stay outside the real series.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from projects.actions.confidence_history import record_confidence
from projects.choices import (
    Comparison,
    FundsSource,
    LeadSource,
    LeadState,
    MilestoneKind,
    Nature,
    ProjectType,
    ReportState,
    Stage,
    Status,
    TargetCategory,
    TargetScope,
)
from projects.choices_commitment import CommitmentKind, PromisedBy
from projects.choices_notice import NoticeEntryKind, NoticeState
from projects.choices_pipeline import (
    ConflictDecision,
    ConflictGround,
    PursuitState,
    TargetKind,
    VisitKind,
)
from projects.models import (
    Commitment,
    FundsReceipt,
    InvestmentLead,
    KeyProject,
    LeadConflict,
    LeadVisit,
    NoticeEntry,
    Opportunity,
    ProgressReport,
    ProjectMilestone,
    ProjectProblem,
    PromotionTarget,
    SupervisionNotice,
    Target,
)
from projects.names import enterprise_key
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.crypto import keyed_hash
from tuoxian_portal.core.months import month_of
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers
from tuoxian_portal.directory.models import Department, Enterprise, Industry, Park

MONTHS = 13
LEADS = 26
SAMPLE_SOURCE = "示例数据，不是真实情况"
STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地"

# One scale step: how many projects stand in each stage.
STAGES = (
    [Stage.RESERVE] * 3
    + [Stage.NEGOTIATING] * 3
    + [Stage.SIGNED] * 3
    + [Stage.FILED] * 2
    + [Stage.STARTED] * 3
    + [Stage.BUILDING] * 6
    + [Stage.IN_PRODUCTION] * 3
    + [Stage.AT_CAPACITY] * 1
)
KINDS = {
    "clean-energy": ("储能装置", "光伏组件"),
    "chemicals": ("精细化学品", "特种材料"),
    "biomedicine": ("发酵制品", "制剂车间"),
    "new-materials": ("铝材深加工", "复合材料"),
    "circular-economy": ("固废利用", "再生资源"),
}
# How a project fares: factor of the monthly plan, and what stands in its way.
ON_TIME, TROUBLED, WAITING, LATE, SILENT = "on_time", "troubled", "waiting", "late", "silent"
FORTUNES = (ON_TIME, TROUBLED, ON_TIME, WAITING, ON_TIME, LATE, ON_TIME, SILENT, TROUBLED)
PROBLEMS = ("供电专线审批尚未完成", "用地组卷材料待补", "配套管网接入方案未定", "施工图审查意见未闭合")
NEEDS = (
    "想了解园区标准厂房和用电价格。",
    "计划建设配套生产线，询问用地条件。",
    "咨询招商项目的合作方式和建设条件。",
    "希望安排实地考察，了解蒸汽和污水处理能力。",
)


def months_back(day: date, count: int) -> date:
    """The first day of the month `count` months before `day`'s."""
    index = day.year * 12 + day.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


class Maker:
    """Makes one data set from `context.random` alone, so that a seed gives the same rows every time."""

    def __init__(self, context: SampleContext) -> None:
        self.random = context.random
        self.scale = context.scale
        self.today = context.today
        self.industries = {i.slug: i for i in Industry.objects.all()}
        self.parks = list(Park.objects.all())
        self.departments = list(Department.objects.all()[:6])
        self.enterprises = list(Enterprise.objects.samples().order_by("pk"))
        self.officer = User.objects.filter(groups__role__code="project_officer").order_by("pk").first()
        self.supervisor = User.objects.filter(groups__role__code="supervisor").order_by("pk").first()
        self.fortunes: dict[str, str] = {}

    def make(self) -> None:
        projects = [self.project(n) for n in range(len(STAGES) * self.scale)]
        KeyProject.objects.bulk_create(projects)
        rows: dict[type, list[Any]] = {
            ProgressReport: [],
            ProjectMilestone: [],
            ProjectProblem: [],
            FundsReceipt: [],
        }
        for project in projects:
            rows[ProjectMilestone] += self.milestones(project)
            rows[ProjectProblem] += self.problems(project)
            if project.stage in Stage.from_(Stage.SIGNED) and project.status != Status.TERMINATED:
                rows[ProgressReport] += self.reports(project)
                rows[FundsReceipt] += self.receipts(project)
        for model, instances in rows.items():
            model._default_manager.bulk_create(instances, batch_size=1000)  # type: ignore[attr-defined]  # any model
        self.oversight(projects)
        record_confidence(on=self.today, projects=KeyProject.objects.samples())
        opportunities = self.opportunities()
        Opportunity.objects.bulk_create(opportunities)
        self.leads(opportunities)
        self.targets(projects)

    # --- projects -------------------------------------------------------------------------------
    def project(self, n: int) -> KeyProject:
        stage = STAGES[n % len(STAGES)]
        fortune = FORTUNES[n % len(FORTUNES)]
        slug, kinds = list(KINDS.items())[n % len(KINDS)]
        kind = kinds[n // len(KINDS) % len(kinds)]
        stem = STEMS[n % len(STEMS)] + (str(n // len(STEMS) + 1) if n >= len(STEMS) else "")
        total = Decimal(self.random.choice([800, 3_000, 6_500, 12_000, 26_000, 48_000, 120_000]))
        signed = self.today - timedelta(days=self.random.randint(40, 620))
        start = signed + timedelta(days=self.random.randint(60, 150))
        production = start + timedelta(days=self.random.randint(300, 520))
        if stage == Stage.BUILDING and fortune == LATE:
            production = self.today - timedelta(days=75)
            start, signed = production - timedelta(days=400), production - timedelta(days=520)
        if stage in (Stage.STARTED, Stage.BUILDING):
            start = min(start, self.today - timedelta(days=35))
            signed = min(signed, start - timedelta(days=60))
            if fortune != LATE:
                production = max(production, self.today + timedelta(days=60))
        if stage in (Stage.IN_PRODUCTION, Stage.AT_CAPACITY):
            production = self.today - timedelta(days=self.random.randint(40, 200))
            start, signed = production - timedelta(days=380), production - timedelta(days=500)
        if stage in (Stage.SIGNED, Stage.FILED):
            signed = self.today - timedelta(days=self.random.randint(45, 160))
            start = self.today + timedelta(days=self.random.randint(20, 120))
            production = start + timedelta(days=400)
        past_signing, built = stage in Stage.from_(Stage.SIGNED), stage in Stage.from_(Stage.STARTED)
        producing = stage in Stage.from_(Stage.IN_PRODUCTION)
        enterprise = self.enterprises[n % len(self.enterprises)] if self.enterprises else None
        plan = (total * self.random.choice([30, 40, 50]) / 100).quantize(Decimal(1)) if past_signing else None
        number = f"SL{self.today.year}-{n + 1:03d}"
        self.fortunes[number] = fortune
        return KeyProject(
            number=number,
            name=f"示例项目（{stem}）{kind}",
            nature=Nature.PROJECT,
            enterprise=enterprise,
            enterprise_name="" if enterprise else "示例企业",
            industry=self.industries.get(slug),
            park=self.random.choice(self.parks) if self.parks else None,
            project_type=ProjectType.NEW if n % 3 else ProjectType.CONTINUING,
            project_code=f"2501-150122-04-01-{100000 + n}" if stage in Stage.from_(Stage.FILED) else "",
            capacity=f"{kind}生产线（示例）",
            summary="演示用的示例项目，企业、金额和日期均为虚构。",
            stage=stage,
            status=self.status(n, stage),
            total_investment_wan=total if past_signing or n % 2 else None,
            annual_plan_wan=plan,
            annual_plan_year=self.today.year if past_signing else None,
            land_mu=Decimal(self.random.randint(20, 400)) if built else None,
            department=self.departments[n % len(self.departments)] if self.departments else None,
            responsible="示例领导" if past_signing else "",
            helper=self.officer if past_signing else None,
            signed_on=signed if past_signing else None,
            planned_start=start if past_signing else None,
            actual_start=start if built else None,
            planned_production=production if past_signing else None,
            actual_production=production if producing else None,
            at_capacity_on=self.today - timedelta(days=20) if stage == Stage.AT_CAPACITY else None,
            is_published=past_signing,
            published_at=at(self.today - timedelta(days=30)) if past_signing else None,
            source_title=SAMPLE_SOURCE,
            source_date=f"{self.today.year}",
            is_sample=True,
        )

    @staticmethod
    def status(n: int, stage: Stage) -> Status:
        if stage == Stage.BUILDING and n % len(STAGES) == 18:
            return Status.STALLED
        if stage == Stage.RESERVE and n % len(STAGES) == 2:
            return Status.TERMINATED
        return Status.NORMAL

    # --- what belongs to a project --------------------------------------------------------------
    def milestones(self, project: KeyProject) -> list[ProjectMilestone]:
        if not project.signed_on or not project.planned_start or not project.planned_production:
            return []
        span = (project.planned_start - project.signed_on).days
        planned = {
            MilestoneKind.FILING: project.signed_on + timedelta(days=span // 5),
            MilestoneKind.LAND: project.signed_on + timedelta(days=2 * span // 5),
            MilestoneKind.ENVIRONMENT: project.signed_on + timedelta(days=3 * span // 5),
            MilestoneKind.PERMIT: project.signed_on + timedelta(days=4 * span // 5),
            MilestoneKind.START: project.planned_start,
            MilestoneKind.PRODUCTION: project.planned_production,
        }
        late = self.fortunes[project.number] == TROUBLED and project.stage in (Stage.SIGNED, Stage.FILED)
        rows = []
        for kind, day in planned.items():
            actual = None
            if day <= self.today:
                actual = min(day + timedelta(days=self.random.randint(0, 12)), self.today)
            if late and kind == MilestoneKind.LAND:
                actual = None
            if kind == MilestoneKind.START:
                actual = project.actual_start
            if kind == MilestoneKind.PRODUCTION:
                actual = project.actual_production
            rows.append(
                ProjectMilestone(project=project, kind=kind, planned_on=day, actual_on=actual, is_sample=True)
            )
        return rows

    def problems(self, project: KeyProject) -> list[ProjectProblem]:
        fortune = self.fortunes[project.number]
        if fortune not in (TROUBLED, LATE) or project.stage not in (Stage.STARTED, Stage.BUILDING):
            return []
        raised = self.today - timedelta(days=self.random.randint(30, 70))
        days = 90 if fortune == TROUBLED else 20
        return [
            ProjectProblem(
                project=project,
                text=self.random.choice(PROBLEMS),
                owner="示例责任人",
                owner_department=project.department,
                raised_on=raised,
                due_on=raised + timedelta(days=days),
                is_sample=True,
            )
        ]

    def reports(self, project: KeyProject) -> list[ProgressReport]:
        """Thirteen months up to the last full one; the newest may still wait, a silent project stopped."""
        fortune = self.fortunes[project.number]
        factor = Decimal("0.62") if fortune == LATE else Decimal("0.97")
        end_progress = {Stage.SIGNED: 0, Stage.FILED: 2, Stage.STARTED: 18, Stage.BUILDING: 74}.get(
            Stage(project.stage), 100
        )
        rows: list[ProgressReport] = []
        closing = Decimal(0)
        for back in range(MONTHS, 0, -1):
            month = months_back(self.today, back)
            if project.signed_on and month < month_of(project.signed_on):
                continue
            if fortune == SILENT and back <= 2:
                continue
            share = Decimal(self.random.randint(80, 120)) / 100
            invested = self.invested(project, month) * factor * share
            waits = back == 1 and fortune == WAITING
            handed_in = at(months_back(self.today, back - 1) + timedelta(days=2))
            done = Decimal(end_progress) * (MONTHS + 1 - back) / MONTHS
            rows.append(
                ProgressReport(
                    project=project,
                    month=month,
                    invested_month_wan=invested.quantize(Decimal(1)),
                    physical_progress=done.quantize(Decimal("0.1")),
                    progress_text="示例：按计划施工。",
                    problems_text="" if fortune == ON_TIME else "示例：存在需协调的问题。",
                    state=self.report_state(back, waits=waits),
                    submitted_by=self.officer,
                    submitted_at=handed_in,
                    accepted_by=None if waits else self.supervisor,
                    accepted_at=None if waits else min(handed_in + timedelta(days=2), timezone.now()),
                    frozen_at=handed_in + timedelta(days=8) if back > 2 else None,
                    is_sample=True,
                )
            )
            if rows[-1].state == ReportState.FROZEN:
                closing = self.close(rows[-1], closing)
        return rows

    @staticmethod
    def close(report: ProgressReport, opening: Decimal) -> Decimal:
        """Writes the report's page of the book and returns its closing figure."""
        report.frozen_wan, report.frozen_progress = report.invested_month_wan, report.physical_progress
        report.opening_wan, report.restated_wan = opening, Decimal(0)
        report.closing_wan = opening + report.invested_month_wan
        return report.closing_wan

    @staticmethod
    def invested(project: KeyProject, month: date) -> Decimal:
        """The month's even share of the plan: from the start of works on, a little before it."""
        plan = project.annual_plan_wan or Decimal(0)
        start = month_of(project.actual_start) if project.actual_start else None
        if start is None or month < start:
            return plan / 60
        first = start.month if start.year == month.year else 1
        return plan / (13 - first)

    @staticmethod
    def report_state(back: int, *, waits: bool) -> ReportState:
        if waits:
            return ReportState.SUBMITTED
        return ReportState.FROZEN if back > 2 else ReportState.ACCEPTED

    def receipts(self, project: KeyProject) -> list[FundsReceipt]:
        if not project.total_investment_wan:
            return []
        return [
            FundsReceipt(
                project=project,
                received_on=self.today - timedelta(days=self.random.randint(5, 330)),
                amount_wan=(project.total_investment_wan * self.random.randint(8, 16) / 100).quantize(
                    Decimal(1)
                ),
                payer="示例出资方",
                source_kind=self.random.choice([FundsSource.OWN, FundsSource.LOAN, FundsSource.EQUITY]),
                evidence=f"示例回单 {i + 1} 号",
                is_sample=True,
            )
            for i in range(self.random.randint(1, 2))
        ]

    # --- promises and notices -------------------------------------------------------------------
    def oversight(self, projects: list[KeyProject]) -> None:
        """Promises of both sides in every standing, and notices that are late, answered and closed."""
        signed = [p for p in projects if p.signed_on and p.department and p.status != Status.TERMINATED]
        promises = []
        for n, project in enumerate(signed):
            common = {
                "project": project,
                "source": "示例投资协议",
                "made_on": project.signed_on,
                "owner_department": project.department,
                "is_sample": True,
            }
            if project.annual_plan_wan:
                promises.append(
                    Commitment(
                        promised_by=PromisedBy.ENTERPRISE,
                        kind=CommitmentKind.INVESTMENT,
                        text="示例：按年度计划完成投资",
                        amount=project.annual_plan_wan * (1 + n % 3),
                        unit="万元",
                        due_on=self.today + timedelta(days=(60, -20, 200)[n % 3]),
                        **common,
                    )
                )
            promises.append(
                Commitment(
                    promised_by=PromisedBy.COUNTY,
                    kind=(CommitmentKind.POWER, CommitmentKind.LAND, CommitmentKind.SUBSIDY)[n % 3],
                    text=("示例：架设供电专线", "示例：按时交付用地", "示例：兑现落户奖补")[n % 3],
                    due_on=self.today + timedelta(days=self.random.randint(-30, 120)),
                    **common,
                )
            )
        Commitment.objects.bulk_create(promises)
        calendar = load_calendar()
        troubled = [p for p in signed if self.fortunes[p.number] in (TROUBLED, LATE)]
        states = (NoticeState.ISSUED, NoticeState.ANSWERED, NoticeState.CLOSED, NoticeState.ISSUED)
        for n, project in enumerate(troubled[: 4 * self.scale]):
            state = states[n % len(states)]
            issued = self.today - timedelta(days=(20, 9, 40, 1)[n % 4])
            due = calendar.add(issued, 5)
            notice = SupervisionNotice.objects.create(
                number=f"SLDB{self.today.year}-{n + 1:03d}",
                project=project,
                title=f"示例：{PROBLEMS[n % len(PROBLEMS)]}",
                requirement="示例：请说明原因，提出解决办法和完成时间。",
                owner_department=project.department,
                reply_days=5,
                issued_on=issued,
                reply_due=due,
                issued_by=self.supervisor,
                state=state,
                ended_on=self.today if state == NoticeState.CLOSED else None,
                is_sample=True,
            )
            if state != NoticeState.ISSUED:
                NoticeEntry.objects.create(
                    notice=notice,
                    kind=NoticeEntryKind.ANSWER,
                    text="示例：已与供电公司对接，预计月底完成。",
                    due_on=due,
                    at=at(min(due, self.today)),
                    by=self.officer,
                    is_sample=True,
                )

    # --- investment ------------------------------------------------------------------------------
    def opportunities(self) -> list[Opportunity]:
        names = ("标准厂房招租（示例）", "配套仓储合作（示例）", "再生资源分拣中心（示例）")
        slugs = list(KINDS)
        return [
            Opportunity(
                number=f"SLZS{self.today.year}-{n + 1:03d}",
                name=f"{names[n % len(names)]}",
                industry=self.industries.get(slugs[n % len(slugs)]),
                park=self.random.choice(self.parks) if self.parks else None,
                summary="演示用的示例招商项目，内容为虚构。",
                conditions="示例：水、电、汽接入条件以实际为准。",
                cooperation=self.random.choice(["独资", "合资", "租赁"]),
                scale="示例规模",
                total_investment_wan=Decimal(self.random.choice([1_500, 8_000, 20_000])),
                is_published=True,
                published_at=at(self.today - timedelta(days=20)),
                source_title=SAMPLE_SOURCE,
                source_date=f"{self.today.year}",
                is_sample=True,
            )
            for n in range(3 * self.scale)
        ]

    def leads(self, opportunities: list[Opportunity]) -> None:
        calendar = load_calendar()
        states = (
            [LeadState.NEW] * 3
            + [LeadState.CONTACTED] * 2
            + [LeadState.FOLLOWING] * 3
            + [LeadState.CLOSED] * 2
        )
        rows = []
        for n in range(LEADS * self.scale):
            # The newest first; what is still open came lately.
            back = n * 15 if n >= 3 else n
            day = self.today - timedelta(days=back % 395)
            state = (
                states[n % len(states)] if back > 30 else (LeadState.NEW if n < 3 else LeadState.CONTACTED)
            )
            if state == LeadState.NEW and back > 30:
                state = LeadState.FOLLOWING
            due = calendar.add(day, 3)
            answered = None if state == LeadState.NEW else at(min(due, self.today), 15)
            phone = f"1380000{n % 10000:04d}"
            rows.append(
                InvestmentLead(
                    number=f"SLXS-{day:%Y%m%d}-{n + 1:04d}",
                    source=self.random.choice(LeadSource.values),
                    source_note="示例来源",
                    enterprise_name=(name := f"示例意向企业（{STEMS[n % len(STEMS)]}）" if n % 4 else ""),
                    name_key=enterprise_key(name),
                    contact_name="示例联系人",
                    phone=phone,
                    phone_hash=keyed_hash(phone),
                    industry=self.industries.get(self.random.choice(list(KINDS))),
                    opportunity=self.random.choice(opportunities) if n % 3 == 0 else None,
                    intended_investment_wan=Decimal(self.random.choice([500, 3_000, 12_000])),
                    intended_land_mu=Decimal(self.random.randint(10, 120)),
                    needs=self.random.choice(NEEDS),
                    consented_at=at(day),
                    state=state,
                    owner=None if state == LeadState.NEW else self.officer,
                    next_step="安排实地考察" if state == LeadState.FOLLOWING else "",
                    next_on=self.today + timedelta(days=7 - n % 11) if state == LeadState.FOLLOWING else None,
                    answer_due=due,
                    answered_at=answered,
                    close_reason="示例：暂无投资计划" if state == LeadState.CLOSED else "",
                    is_sample=True,
                )
            )
        InvestmentLead.objects.bulk_create(rows)
        for lead in rows:
            lead.created_at = lead.consented_at or timezone.now()
        InvestmentLead.objects.bulk_update(rows, ["created_at"], batch_size=500)
        self.lead_records(rows)

    def lead_records(self, leads: list[InvestmentLead]) -> None:
        """Visits, one conflict that waits and one that is settled, whom the county goes after."""
        following = [lead for lead in leads if lead.state == LeadState.FOLLOWING]
        LeadVisit.objects.bulk_create(
            LeadVisit(
                lead=lead,
                kind=(VisitKind.OUT, VisitKind.RECEPTION)[n % 2],
                held_on=self.today - timedelta(days=3 + n % 40),
                place=("示例外地", "示例园区")[n % 2],
                people="示例参加人员",
                outcome="示例：对方有意实地考察，索要用电用汽价格。",
                recorded_by=self.officer,
                is_sample=True,
            )
            for n, lead in enumerate(following)
        )
        named = sorted((lead for lead in leads if lead.name_key), key=lambda lead: (lead.created_at, lead.pk))
        if len(named) > 3:
            pairs = ((named[-2], named[-1], ""), (named[0], named[1], ConflictDecision.SEPARATE))
            for first, later, decision in pairs:
                later.enterprise_name, later.name_key = first.enterprise_name, first.name_key
                later.save(update_fields=["enterprise_name", "name_key"])
                LeadConflict.objects.create(
                    first=first,
                    later=later,
                    ground=ConflictGround.NAME,
                    decision=decision,
                    reason="示例：两个不同的意向项目" if decision else "",
                    decided_by=self.supervisor if decision else None,
                    decided_at=at(self.today) if decision else None,
                    is_sample=True,
                )
        PromotionTarget.objects.bulk_create(
            PromotionTarget(
                kind=kind,
                name=name,
                industry=self.industries.get("clean-energy"),
                why="示例：与县内产业互补。",
                owner=self.officer,
                next_step="示例：联系对方投资部门",
                next_on=self.today + timedelta(days=10),
                state=state,
                is_sample=True,
            )
            for kind, name, state in (
                (TargetKind.REGION, "示例目标地区", PursuitState.CONTACTED),
                (TargetKind.ENTERPRISE, "示例目标企业（甲）", PursuitState.TALKING),
                (TargetKind.ENTERPRISE, "示例目标企业（乙）", PursuitState.PLANNED),
            )
        )

    def targets(self, projects: list[KeyProject]) -> None:
        """This year's sample targets in the shape of 双一百, and the industries' output."""
        year = self.today.year
        live = [p for p in projects if p.status != Status.TERMINATED and p.signed_on]
        works = [p for p in live if p.actual_start]
        plan = sum((p.annual_plan_wan or Decimal(0) for p in works), Decimal(0)) / 10_000
        common = {
            "year": year,
            "category": TargetCategory.TARGET,
            "comparison": Comparison.AT_LEAST,
            "source_title": SAMPLE_SOURCE,
            "source_date": str(year),
            "is_sample": True,
        }
        figures = [
            ("500 万元以上项目数（双一百之一）", Decimal(len(live) + 2), "个", "projects_500"),
            ("当年完成投资（双一百之二）", plan.quantize(Decimal("0.1")), "亿元", "invested"),
            ("引进亿元以上项目数", Decimal(max(2, len(live) // 3)), "个", "introduced_1yi"),
            ("招商到位资金", (plan * Decimal("0.6")).quantize(Decimal("0.1")), "亿元", "received"),
        ]
        rows = [
            Target(indicator=name, value=value, unit=unit, rule=rule, order=n, **common)
            for n, (name, value, unit, rule) in enumerate(figures, start=1001)
        ]
        for n, slug in enumerate(KINDS, start=1011):
            industry = self.industries.get(slug)
            if industry is None:
                continue
            value = Decimal(self.random.choice([20, 40, 60, 80]))
            actual = (value * self.random.randint(60, 104) / 100).quantize(Decimal("0.1"))
            rows.append(
                Target(
                    indicator=f"{industry.name}总产值",
                    value=value,
                    unit="亿元",
                    scope=TargetScope.INDUSTRY,
                    industry=industry,
                    typed_actual=actual,
                    typed_actual_source=SAMPLE_SOURCE,
                    typed_actual_on=months_back(self.today, 0),
                    order=n,
                    **common,
                )
            )
        Target.objects.bulk_create(rows)


def make(context: SampleContext) -> None:
    Maker(context).make()


sample_makers.register("projects", SampleMaker(name="projects", order=30, make=make))
