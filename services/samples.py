"""Sample cases (示例) over thirteen months, in every state, told by one small simulator.

It goes through the same table of transitions, the same clock, papers and audit entries as the actions
do, but in memory and by day, so that 600 cases take seconds. Sample numbers start at 9001 of their day
and leave the real series unbroken.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from services import samples_ratings  # noqa: F401  # registers itself; only this module is looked for
from services.actions.acting import set_deadlines
from services.actions.cases import LAW
from services.actions.recording import COUNTY_CODE
from services.choices import HandlingKind, Necessity
from services.choices_cases import (
    CLOSED_STATES,
    ApplicantKind,
    CaseOutcome,
    CaseState,
    ClockKind,
    DeliveryMethod,
    MaterialState,
    PaperKind,
    SpecialProcedure,
)
from services.clock import DELIVERY_DAYS, DUE_SOON_DAYS, INTAKE_DAYS, limits_of
from services.models import (
    Case,
    CaseDocument,
    CaseMaterial,
    ClockInterval,
    CorrectionNotice,
    Licence,
    LicenceKind,
    ServiceItem,
)
from services.papers.compose import new_document
from services.samples_custody import licence_kinds, make_custody, sample_licence
from services.workflow import CASE_WORKFLOW
from tuoxian_portal.accounts.demo import demo_people
from tuoxian_portal.accounts.models import User
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core import crypto
from tuoxian_portal.core.calendar import WorkingCalendar, load_calendar
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers
from tuoxian_portal.directory.models import Outlet

CASES = 600
DAYS = 395
STEMS = "甲乙丙丁戊己庚辛壬癸"
TAIL = "子丑寅卯辰巳午未申酉戌亥"
# What becomes of a case, with weights. The rest takes the plain way.
WAYS = {
    "plain": 66,
    "corrected": 13,
    "special": 5,
    "extended": 3,
    "refused": 3,
    "declined": 2,
    "returned": 2,
    "withdrawn": 2,
    "terminated": 1,
    "deemed": 1,
    "void": 1,
}
OVERDUE = 4  # open cases past their deadline, and as many about to be, in a scale step
WAY_TO = {
    CaseState.SPECIAL: "special",
    CaseState.CORRECTING: "corrected",
    CaseState.RETURNED: "returned",
    CaseState.DECLINED: "declined",
    CaseState.WITHDRAWN: "withdrawn",
    CaseState.TERMINATED: "terminated",
    CaseState.VOID: "void",
}
LATE = 0.07  # share of decisions that come after their deadline


class Stopped(Exception):
    """The simulated day lies in the future: the case stands where it stands today."""


@dataclass
class Told:
    """Everything that belongs to one simulated case, unsaved."""

    case: Case
    intervals: list[ClockInterval] = field(default_factory=list)
    materials: list[CaseMaterial] = field(default_factory=list)
    documents: list[CaseDocument] = field(default_factory=list)
    corrections: list[CorrectionNotice] = field(default_factory=list)
    entries: list[LogEntry] = field(default_factory=list)
    licences: list[Licence] = field(default_factory=list)


class Teller:
    """Tells the life of one case day by day, until today."""

    def __init__(
        self,
        case: Case,
        context: SampleContext,
        calendar: WorkingCalendar,
        people: dict[str, User],
        kinds: dict[str, LicenceKind] | None = None,
    ) -> None:
        self.kinds = kinds or {}
        self.told = Told(case)
        self.case, self.random = case, context.random
        self.today = context.today - timedelta(days=1)  # nothing is told of hours still to come
        self.calendar, self.people = calendar, people
        self.day = self.today
        self.minute = 9 * 60

    # --- one act -----------------------------------------------------------------------------

    def at(self) -> datetime:
        """A moment of the working day, later than the one before."""
        self.minute = min(self.minute + self.random.randint(5, 40), 17 * 60 + 25)
        moment = datetime.combine(self.day, time(self.minute // 60, self.minute % 60))
        return timezone.make_aware(moment)

    def wait(self, working_days: int) -> None:
        """Goes on by working days; raises `Stopped` past today."""
        if working_days:
            self.day, self.minute = self.calendar.add(self.day, working_days), 9 * 60
        if self.day > self.today:
            raise Stopped

    def act(self, name: str, who: str = "", reason: str = "", papers: tuple = (), **extra: Any) -> datetime:
        """Writes one transition down as the action would have."""
        transition, at = CASE_WORKFLOW.by_name[name], self.at()
        if self.case.state not in transition.sources:
            raise AssertionError(f"{name} from {self.case.state}")
        before = self.case.state
        if transition.target:
            self.case.state = transition.target
        if self.case.state in CLOSED_STATES:
            self.stop()
            self.case.closed_on = self.day
        set_deadlines(self.case, self.told.intervals)
        self.case.version += 1
        self.log(name, at, who, reason, {"state": [before, self.case.state]} if transition.target else {})
        for kind in papers:
            self.told.documents.append(
                new_document(
                    kind,
                    self.case,
                    sequence=len(self.told.documents) + 1,
                    at=at,
                    by=self.people.get(who),
                    materials=self.told.materials,
                    reason=reason,
                    **extra,
                )
            )
        return at

    def log(self, action: str, at: datetime, who: str, reason: str = "", changes: Any = None) -> None:
        self.told.entries.append(
            LogEntry(
                at=at,
                actor=self.people.get(who),
                action=action,
                object_repr=self.case.case_number,
                reason=reason,
                changes=changes or {},
                is_sample=True,
            )
        )

    def start(self, kind: str, days: int | None, ground: str, **more: Any) -> None:
        more.setdefault("started_on", self.day)
        self.told.intervals.append(
            ClockInterval(case=self.case, kind=kind, days=days, ground=ground[:200], **more)
        )

    def stop(self, *kinds: str) -> None:
        for interval in self.told.intervals:
            if interval.ended_on is None and (not kinds or interval.kind in kinds):
                interval.ended_on = max(self.day, interval.started_on)

    # --- the life of a case ------------------------------------------------------------------

    def tell(self, day: date, way: str, until: str = "") -> Told:
        """Registers the case on `day` and goes its `way` until today, or until it is in `until`."""
        self.day = day
        try:
            self._register(way)
            for step in self._steps(way):
                if self.case.state == until:
                    break
                step()
        except Stopped:
            pass
        return self.told

    def _register(self, way: str) -> None:
        self.case.created_by = self.people["window"]
        self.log("register", self.at(), "window")
        missing = way in {"corrected", "returned"}
        for line in self.case.item.materials.all():
            required = line.necessity in {Necessity.REQUIRED, Necessity.DEFERRABLE}
            there = required or self.random.random() < 0.4
            state = MaterialState.HANDED_IN if there else MaterialState.NOT_NEEDED
            if required and missing:
                state, missing, there = MaterialState.MISSING, False, False
            licence = self._licence(line) if there else None
            if licence is not None:
                state, there = MaterialState.LICENSED, False
            self.told.materials.append(
                CaseMaterial(
                    case=self.case,
                    material_id=line.material_id,
                    name=line.name[:160],
                    necessity=line.necessity,
                    condition=line.condition,
                    originals_wanted=line.originals,
                    copies_wanted=line.copies,
                    state=state,
                    originals=(line.originals or 1) if there else 0,
                    copies=(line.copies or 0) if there else 0,
                    received_by=self.people["window"] if there or licence else None,
                    licence=licence,
                    order=line.order,
                )
            )

    def _licence(self, line: Any) -> Licence | None:
        """Of every third applicant the register holds what can replace `line`."""
        kind = self.kinds.get(line.material.electronic_licence)
        if kind is None or int(self.case.applicant_number[-4:-1]) % 3:
            return None
        self.told.licences.append(sample_licence(kind, self.case, len(self.told.licences)))
        return self.told.licences[-1]

    def _steps(self, way: str) -> list[Any]:
        early = {
            "void": [self._receive, self._void],
            "declined": [self._receive, self._decline],
            "returned": [self._receive, self._ask, self._send_back],
        }
        if way in early:
            return early[way]
        steps = [self._receive]
        if way == "corrected":
            steps += [self._ask, self._answer]
        steps += [self._deem if way == "deemed" else self._accept, self._hand_over, self._sign]
        if way == "withdrawn":
            return [*steps, self._withdraw]
        if way == "terminated":
            return [*steps, self._terminate]
        if way == "special":
            steps += [self._special, self._resume]
        if way == "extended":
            steps.append(self._extend)
        refused = way == "refused"
        return [
            *steps,
            lambda: self._submit(refused),
            lambda: self._decide(refused),
            self._deliver,
            self._complete,
        ]

    def _receive(self) -> None:
        self.case.received_by = self.people["window"]
        self._received("receive", PaperKind.RECEIPT)

    def _received(self, name: str, paper: str) -> None:
        self.case.received_on = self.day
        self.start(ClockKind.INTAKE, INTAKE_DAYS, f"{LAW}第三十二条")
        self.case.received_at = self.at()
        for material in self.told.materials:
            if material.state == MaterialState.HANDED_IN and material.received_at is None:
                material.received_at = self.case.received_at
        self.act(name, "window", papers=(paper,))

    def _void(self) -> None:
        self.act("void", "window", "录入时选错事项")

    def _decline(self) -> None:
        self.wait(self.random.randint(0, 2))
        self.case.decline_proposed_by = self.people["window"]
        self.act("propose_decline", "window", "申请事项不属于本县管辖")
        self.wait(1)
        self.case.approver = self.people["approver"]
        reason = "申请事项依法不属于本机关职权范围"
        self.case.decision_reason = reason
        self.act("decline", "approver", reason, papers=(PaperKind.DECLINE,))

    def _ask(self) -> None:
        self.wait(self.random.randint(0, 3))
        lacking = [m.name for m in self.told.materials if m.blocks_acceptance][:3] or ["申请表签字不全"]
        texts, days = [f"补交：{name}" for name in lacking], 10
        self.stop(ClockKind.INTAKE)
        self.start(ClockKind.CORRECTION, days, f"{LAW}第三十二条第一款第（四）项")
        self.case.corrections_made += 1
        self.told.corrections.append(
            CorrectionNotice(
                case=self.case,
                items=texts,
                told_on=self.day,
                due_on=self.calendar.add(self.day, days),
                told_by=self.people["window"],
            )
        )
        self.act("request_correction", "window", papers=(PaperKind.CORRECTION,), missing=texts, days=days)

    def _answer(self) -> None:
        self.wait(self.random.randint(1, 9))
        self.stop(ClockKind.CORRECTION)
        self.told.corrections[-1].answered_on = self.day
        for material in self.told.materials:
            if material.blocks_acceptance:
                material.state, material.originals = MaterialState.HANDED_IN, 1
                material.received_by = self.people["window"]
        self._received("receive_correction", PaperKind.CORRECTION_RECEIPT)

    def _send_back(self) -> None:
        self.wait(self.random.randint(11, 14))
        self.act("return_case", "window", "期满未提交补正材料", papers=(PaperKind.RETURN,))

    def _accept(self) -> None:
        self.wait(self.random.choices([0, 1, 2], [6, 3, 1])[0])
        self._accepted(self.day, deemed=False)
        self.act("accept", "window", papers=(PaperKind.ACCEPTANCE,))

    def _deem(self) -> None:
        self.wait(INTAKE_DAYS + 1)
        self._accepted(self.case.received_on or self.day, deemed=True)
        self.act("deem_accepted", "", "收件满 5 个工作日未答复", papers=(PaperKind.ACCEPTANCE,))

    def _accepted(self, on: date, *, deemed: bool) -> None:
        self.case.accepted_on, self.case.deemed_accepted = on, deemed
        self.case.item_snapshot = self.case.item.snapshot()
        self.stop(ClockKind.INTAKE)
        for kind, days, unit, ground in limits_of(self.case.item_snapshot):
            self.start(kind, days, ground, unit=unit, started_on=on)

    def _hand_over(self) -> None:
        self.wait(self.random.choices([0, 1], [7, 3])[0])
        self.case.handed_over_at = self.act("hand_over", "window", papers=(PaperKind.HANDOVER,))

    def _sign(self) -> None:
        self.wait(self.random.choices([0, 1], [6, 4])[0])
        self.case.signed_by = self.people["reviewer"]
        self.case.signed_at = self.act("sign_in", "reviewer")

    def _withdraw(self) -> None:
        self.wait(self.random.randint(1, 3))
        self.act("withdraw", "window", "申请人书面要求撤回", papers=(PaperKind.WITHDRAWAL,))

    def _terminate(self) -> None:
        self.wait(self.random.randint(2, 6))
        self.case.decision_reason = "申请人不再具备申请条件"
        self.case.approver = self.people["approver"]
        self.act("terminate", "approver", self.case.decision_reason, papers=(PaperKind.TERMINATION,))

    def _special(self) -> None:
        self.wait(1)
        procedure, days = self.random.choice(list(SpecialProcedure)), self.random.choice([5, 10, 15])
        reason = "需要组织现场核查并出具意见"
        self.planned = days
        self.start(ClockKind.SPECIAL, days, f"{LAW}第四十五条", procedure=procedure, note=reason)
        self.act(
            "start_special",
            "approver",
            reason,
            papers=(PaperKind.SPECIAL,),
            procedure=procedure,
            days=days,
        )

    def _resume(self) -> None:
        self.wait(max(1, self.planned + self.random.randint(-3, 1)))
        self.stop(ClockKind.SPECIAL)
        self.act("end_special", "reviewer")

    def _extend(self) -> None:
        self.wait(1)
        if self.case.decide_by is None or self.case.decide_by < self.day:
            return
        days, reason = self.random.choice([5, 10]), "案情复杂，需要进一步核实"
        self.start(ClockKind.EXTENSION, days, f"{LAW}第四十二条", ended_on=self.day, note=reason)
        self.case.extended = True
        self.act("extend", "approver", reason, papers=(PaperKind.EXTENSION,), days=days)

    def _submit(self, refused: bool) -> None:
        left = self.calendar.between(self.day, self.case.decide_by) if self.case.decide_by else 8
        if self.random.random() < LATE:
            self.wait(left + self.random.randint(1, 4))
        else:
            self.wait(int(max(left - 1, 0) * self.random.betavariate(1.8, 3)))
        self.case.reviewer = self.people["reviewer"]
        self.case.proposed_outcome = CaseOutcome.REFUSED if refused else CaseOutcome.APPROVED
        self.case.opinion = "不符合规定的条件" if refused else "材料齐全，符合条件"
        self.act("submit", "reviewer", self.case.opinion)

    def _decide(self, refused: bool) -> None:
        self.wait(self.random.choices([0, 1], [6, 4])[0])
        case = self.case
        case.approver = self.people["approver"]
        case.outcome = CaseOutcome.REFUSED if refused else CaseOutcome.APPROVED
        case.decision_reason = "申请人现有条件不符合规定的标准" if refused else case.opinion
        case.decided_on = self.day
        self.stop(ClockKind.STATUTORY, ClockKind.PROMISED)
        self.start(ClockKind.DELIVERY, DELIVERY_DAYS, f"{LAW}第四十四条")
        self.act(
            "refuse" if refused else "approve",
            "approver",
            case.decision_reason,
            papers=(PaperKind.REFUSAL if refused else PaperKind.APPROVAL,),
        )

    def _deliver(self) -> None:
        self.wait(self.random.choices([0, 1, 2, 4, 7], [4, 3, 2, 2, 1])[0])
        self.case.delivered_on = self.day
        self.case.recipient = self.case.agent_name or self.case.applicant_name[:60]
        self.case.delivery_method = self.random.choices([DeliveryMethod.WINDOW, DeliveryMethod.POST], [8, 2])[
            0
        ]
        self.stop(ClockKind.DELIVERY)
        self.act("deliver", "issuer", papers=(PaperKind.DELIVERY,))

    def _complete(self) -> None:
        expires = self.day + timedelta(days=settings.RATING_INVITATION_DAYS)
        self.act("complete", papers=(PaperKind.INVITATION,), expires=expires)


def make(context: SampleContext) -> None:
    """600 cases a scale step, most of them done, and one at least in every state."""
    items = list(ServiceItem.objects.published().filter(department__isnull=False).for_guide())
    outlet = Outlet.objects.filter(is_active=True).order_by("order", "pk").first()
    if not items or outlet is None:
        context.say("没有已发布的事项或服务网点，未生成示例办件。请先执行 load_reference。")
        return
    calendar = load_calendar()
    kinds = licence_kinds()
    towns = list(Outlet.objects.filter(is_active=True, level=Outlet.Level.TOWN))
    people = demo_people()
    days = _days(context, calendar, CASES * context.scale)
    numbers: dict[date, int] = defaultdict(lambda: 9000)
    told: list[Told] = []
    home = people["reviewer"].department_id
    weights = [3 if item.department_id == home else 1 for item in items]

    def tell(day: date, way: str, until: str = "") -> Told:
        item = context.random.choices(items, weights)[0]
        index = len(told)
        # One in seventeen comes to a town; no draw of lots, so that the rest of the story stays.
        place = towns[index // 17 % len(towns)] if towns and index % 17 == 16 else outlet
        case = _case(context, index, item, place, day, numbers[day] + 1)
        return Teller(case, context, calendar, people, kinds).tell(day, way, until)

    def keep(one: Told, day: date) -> None:
        numbers[day] += 1
        told.append(one)

    def seek(way: str, until: str, fits: Callable[[Case], bool]) -> None:
        """Keeps the first case that fits, looking further and further back for its first day."""
        for back in range(1, 90):
            day = context.today - timedelta(days=back)
            if calendar.is_working_day(day) and fits((one := tell(day, way, until)).case):
                keep(one, day)
                return

    for day in days:
        keep(tell(day, context.random.choices(list(WAYS), list(WAYS.values()))[0]), day)
    for state in CaseState.values:
        way = WAY_TO.get(CaseState(state), "plain")
        seek(way, state, lambda case, state=state: case.state == state)  # type: ignore[misc]  # mypy cannot infer a default
    soon = calendar.add(context.today, DUE_SOON_DAYS)
    for _ in range(OVERDUE * context.scale):
        seek(
            "plain",
            "reviewing",
            lambda case: case.in_decision and case.due_on is not None and case.due_on < context.today,
        )
        seek(
            "plain",
            "deciding",
            lambda case: (
                case.in_decision and case.due_on is not None and context.today <= case.due_on <= soon
            ),
        )
    _save(told)


def _days(context: SampleContext, calendar: WorkingCalendar, count: int) -> list[date]:
    """Working days of thirteen months, busier towards today, in order."""
    first = context.today - timedelta(days=DAYS + 1)
    working = [day for n in range(DAYS + 1) if calendar.is_working_day(day := first + timedelta(days=n))]
    weights = [1 + n / len(working) for n in range(len(working))]
    return sorted(context.random.choices(working, weights, k=count))


def _case(
    context: SampleContext, index: int, item: ServiceItem, outlet: Outlet, day: date, serial: int
) -> Case:
    organisation = item.for_organisations or not item.for_individuals
    name = f"{STEMS[index % 10]}{TAIL[index // 10 % 12]}{index // 120 + 1}"
    number = _credit_code(index) if organisation else _identity(index)
    return Case(
        case_number=f"{COUNTY_CODE}-{day:%Y%m%d}-{serial:04d}",
        item=item,
        is_instant=item.handling_kind == HandlingKind.INSTANT,
        department=item.department,
        outlet=outlet,
        applicant_kind=ApplicantKind.ORGANISATION if organisation else ApplicantKind.PERSON,
        applicant_name=f"示例企业（{name}）" if organisation else f"示例申请人{name}",
        applicant_number=number,
        applicant_hash=crypto.keyed_hash(number),
        phone=f"1380000{index % 10000:04d}",
        tracking_code="".join(context.random.choices("23456789ABCDEFGHJKMNPQRSTUVWXYZ", k=8)),
        is_sample=True,
    )


def _credit_code(index: int) -> str:
    """A code that passes its check digit and that no registry has given: body 0000…."""
    body = f"91{COUNTY_CODE}{index:09d}"
    return body + uscc.calc_check_digit(body)


def _identity(index: int) -> str:
    """A number of somebody born on the first day of 1900."""
    body = f"{COUNTY_CODE}19000101{index % 1000:03d}"
    return body + mod_11_2.calc_check_digit(body)


def _save(told: list[Told]) -> None:
    """Everything in bulk; audit entries keep the times that were told."""
    cases = [one.case for one in told]
    Case.objects.bulk_create(cases, batch_size=200)
    for one in told:
        one.case.created_at = one.entries[0].at
        one.case.updated_at = one.entries[-1].at
    Case.objects.bulk_update(cases, ["created_at", "updated_at"], batch_size=200)
    Licence.objects.bulk_create((licence for one in told for licence in one.licences), batch_size=200)
    for line in (line for one in told for line in one.materials if line.licence):
        line.licence_id = line.licence.pk  # type: ignore[union-attr]  # asked in the line above
    for model, name in (
        (CaseMaterial, "materials"),
        (ClockInterval, "intervals"),
        (CorrectionNotice, "corrections"),
        (CaseDocument, "documents"),
    ):
        rows = [row for one in told for row in getattr(one, name)]
        for row in rows:
            row.case_id = row.case.pk
        model._default_manager.bulk_create(rows, batch_size=400)
    kind = ContentType.objects.get_for_model(Case)
    entries = []
    for one in told:
        for entry in one.entries:
            entry.content_type, entry.object_id = kind, str(one.case.pk)
            entries.append(entry)
    LogEntry.objects.bulk_create(entries, batch_size=400)


sample_makers.register("services", SampleMaker(name="services", order=50, make=make))
sample_makers.register("services-custody", SampleMaker(name="services-custody", order=51, make=make_custody))


def make_entrustments(context: SampleContext) -> None:
    """帮办 entrustments around the sample cases; see `samples_entrustments`, which tells cases too."""
    from services.samples_entrustments import make

    make(context)


sample_makers.register(
    "services-entrustments", SampleMaker(name="services-entrustments", order=60, make=make_entrustments)
)


def make_bundles(context: SampleContext) -> None:
    """Bundle cases; see `samples_bundles`, which tells their cases with this simulator."""
    from services.samples_bundles import make

    make(context)


sample_makers.register("services-bundles", SampleMaker(name="services-bundles", order=70, make=make_bundles))
