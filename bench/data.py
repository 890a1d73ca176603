"""The data of the bench: deterministic, resumable, with progress.

Every row follows from its number. Rows are written in batches, each in one transaction, in the order
of their numbers; a run that was interrupted goes on after the last batch that was committed.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from functools import cached_property
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from projects.choices import ReportState, Stage, Status
from projects.models import KeyProject, ProgressReport
from services.choices import Necessity
from services.choices_cases import (
    DECISION_STATES,
    ApplicantKind,
    CaseOutcome,
    CaseState,
    ClockKind,
    MaterialState,
)
from services.models import Case, CaseMaterial, ClockInterval, ServiceItem
from tuoxian_portal.accounts.demo import ensure_demo_accounts
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.crypto import keyed_hash
from tuoxian_portal.core.months import month_of, previous_month
from tuoxian_portal.directory.models import Industry, Outlet, Park

BATCH = 2_000
DAYS = 396  # thirteen months
REPORTED = 100  # projects that hand in monthly figures, like the county's own list
OPEN_ONE_IN = 16
OPEN = (CaseState.REVIEWING, CaseState.RECEIVED, CaseState.ACCEPTED, CaseState.DECIDING)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Scale:
    """How much. `base_cases` is what a growing workload is compared with."""

    name: str
    base_cases: int
    cases: int
    projects: int
    documents: int


SCALES = {
    "tiny": Scale("tiny", 60, 200, 30, 40),
    "small": Scale("small", 2_000, 20_000, 1_000, 2_000),
    "medium": Scale("medium", 10_000, 100_000, 10_000, 10_000),
    "full": Scale("full", 10_000, 1_000_000, 10_000, 50_000),
}


def prepare(scale: Scale, say: Say) -> None:
    """Everything but the cases: schema, facts, people, projects."""
    for command in (["migrate", "--verbosity=0"], ["import_calendar"], ["load_reference"]):
        say(f"{command[0]} …")
        call_command(*command, stdout=StringIO())
    ensure_demo_accounts()
    _fill(KeyProject, "KP-B", scale.projects, Projects().make, say, "项目")


def fill_cases(count: int, say: Say) -> None:
    """Cases up to `count`, then the figures of the cockpit."""
    _fill(Case, "150122-", count, Cases().make, say, "办件")
    say("refresh_cockpit …")
    call_command("refresh_cockpit", stdout=StringIO())
    gather_statistics()


def fill_search(scale: Scale, say: Say) -> None:
    """The search index over every public record and the bench's own documents."""
    os.environ["BENCH_DOCUMENTS"] = str(scale.documents)
    say("rebuild_search …")
    call_command("rebuild_search", stdout=StringIO())
    gather_statistics()


def gather_statistics() -> None:
    """What a database that is in use does by itself: without figures of its rows the planner guesses."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _fill(model: Any, prefix: str, count: int, make: Callable[[range], None], say: Say, label: str) -> None:
    field = "case_number" if model is Case else "number"
    have = model.objects.filter(is_sample=True, **{f"{field}__startswith": prefix}).count()
    started, first = time.monotonic(), have
    while have < count:
        numbers = range(have, min(have + BATCH, count))
        with transaction.atomic():
            make(numbers)
        have = numbers.stop
        rate = (have - first) / max(time.monotonic() - started, 0.001)
        say(f"{label} {have:,} / {count:,}（{rate:,.0f} 条/秒）")


def at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock(hour)))


class Projects:
    """Published sample projects; the first hundred hand in thirteen months of figures."""

    @cached_property
    def industries(self) -> list[Industry]:
        return list(Industry.objects.order_by("pk"))

    @cached_property
    def parks(self) -> list[Park]:
        return list(Park.objects.order_by("pk"))

    def make(self, numbers: range) -> None:
        made = KeyProject.objects.bulk_create(self.project(n) for n in numbers)
        reports = [
            report
            for n, row in zip(numbers, made, strict=True)
            if n < REPORTED
            for report in self.reports(row)
        ]
        ProgressReport.objects.bulk_create(reports)

    def project(self, number: int) -> KeyProject:
        chance = random.Random(number)
        return KeyProject(
            number=f"KP-B{number:06d}",
            name=f"示例项目{number}：年产{chance.randint(1, 50)}万吨示例产品",
            enterprise_name=f"示例企业{number % 3000}",
            industry=self.industries[number % len(self.industries)],
            park=self.parks[number % len(self.parks)],
            stage=chance.choice(Stage.values),
            status=Status.NORMAL,
            total_investment_wan=Decimal(chance.choice([800, 3_000, 12_000, 60_000, 120_000])),
            annual_plan_wan=Decimal(chance.choice([200, 1_000, 5_000])),
            annual_plan_year=today().year,
            summary="示例简介。" * 10,
            is_published=True,
            published_at=at(today() - timedelta(days=chance.randint(1, 300)), 9),
            source_title="示例数据",
            is_sample=True,
        )

    def reports(self, project: KeyProject) -> Iterator[ProgressReport]:
        chance = random.Random(project.number)
        month = month_of(today())
        for back in range(13):
            month = previous_month(month)
            yield ProgressReport(
                project=project,
                month=month,
                invested_month_wan=Decimal(chance.randint(10, 400)),
                physical_progress=Decimal(max(0, 80 - 5 * back)),
                progress_text="示例进展。",
                state=ReportState.ACCEPTED,
                is_sample=True,
            )


class Cases:
    """Cases spread over thirteen months: most are closed, the newest are where the work is."""

    @cached_property
    def start(self) -> date:
        """The first day; kept by the first row, so that a later run numbers on from it."""
        first = Case.objects.filter(is_sample=True).order_by("pk").values_list("received_on", flat=True)
        return first.first() or today() - timedelta(days=DAYS)

    @cached_property
    def items(self) -> list[ServiceItem]:
        return list(ServiceItem.objects.filter(department__isnull=False).order_by("pk"))

    @cached_property
    def outlet(self) -> Outlet:
        return Outlet.objects.order_by("pk")[0]

    @cached_property
    def clerk(self) -> User:
        return User.objects.filter(groups__role__code="window").order_by("pk")[0]

    def make(self, numbers: range) -> None:
        made = Case.objects.bulk_create(self.case(n) for n in numbers)
        # The rows around a case matter to its page only: those of open cases and of every tenth.
        detailed = [case for n, case in zip(numbers, made, strict=True) if case.is_open or n % 10 == 0]
        CaseMaterial.objects.bulk_create(
            CaseMaterial(
                case=case,
                name=f"示例材料{order}",
                necessity=Necessity.REQUIRED,
                state=MaterialState.HANDED_IN,
                originals=1,
                order=order,
            )
            for case in detailed
            for order in range(1, 6)
        )
        ClockInterval.objects.bulk_create(interval for case in detailed for interval in self.intervals(case))

    def case(self, number: int) -> Case:
        chance = random.Random(number)
        day = self.start + timedelta(days=number % DAYS)
        item = self.items[number % len(self.items)]
        holder = f"{number % 50_000:05d}"
        credit_code = f"91150122MA0{holder}X9"[:18]
        case = Case(
            case_number=f"150122-{day:%Y%m%d}-{number // DAYS + 1:04d}",
            state=CaseState.COMPLETED,
            item=item,
            department_id=item.department_id,
            outlet=self.outlet,
            applicant_kind=ApplicantKind.ORGANISATION,
            applicant_name=f"示例单位{holder}",
            applicant_number=credit_code,
            applicant_hash=keyed_hash(credit_code),
            phone="13800000000",
            tracking_code="SAMPLE22",
            created_by=self.clerk,
            received_by=self.clerk,
            received_at=at(day, 10),
            received_on=day,
            accepted_on=day,
            decide_by=day + timedelta(days=28),
            is_sample=True,
        )
        turn, is_closed = divmod(number, OPEN_ONE_IN)
        if not is_closed:
            case.state = OPEN[turn % len(OPEN)]
            case.due_on = day + timedelta(days=28)
            case.due_kind = ClockKind.STATUTORY if case.state in DECISION_STATES else ClockKind.INTAKE
        else:
            case.outcome = CaseOutcome.APPROVED if chance.random() < 0.97 else CaseOutcome.REFUSED
            case.decided_on = day + timedelta(days=chance.randint(0, 32))
            case.delivered_on = case.closed_on = case.decided_on
        return case

    def intervals(self, case: Case) -> Iterator[ClockInterval]:
        yield ClockInterval(
            case=case,
            kind=ClockKind.STATUTORY,
            started_on=case.received_on,
            ended_on=case.decided_on,
            days=20,
            ground="示例依据",
        )
