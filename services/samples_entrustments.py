"""Sample entrustments (示例): in every state and mode, with sample cases, and one whole project.

Told like the sample cases: by day, through the table of transitions, with papers and audit entries of
that day. Sample numbers start at 9001 of their day and leave the real series unbroken.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from projects.models import KeyProject
from services.actions.recording import COUNTY_CODE
from services.assistance import proposed_items
from services.choices import ProjectStage
from services.choices_cases import CLOSED_STATES, ApplicantKind, CaseState, PaperKind
from services.choices_entrustments import (
    ENDED_STATES,
    AssistanceMode,
    EntrustmentChannel,
    EntrustmentState,
    FollowUpGrade,
    PaperForm,
    Power,
)
from services.models import (
    Case,
    Entrustment,
    EntrustmentCase,
    EntrustmentMatter,
    EntrustmentPaper,
    EntrustmentPause,
    EntrustmentStep,
    EntrustmentVisit,
    ServiceItem,
)
from services.papers.entrustment_texts import new_entrustment_paper
from services.samples import Teller, _case, _save
from services.workflow_entrustments import ENTRUSTMENT_WORKFLOW
from tuoxian_portal.accounts.demo import demo_people
from tuoxian_portal.accounts.models import User
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import WorkingCalendar, load_calendar
from tuoxian_portal.core.samples import SampleContext
from tuoxian_portal.directory.models import Enterprise, Outlet, Park

S = EntrustmentState
# How far an entrustment of the samples has come, each as often as it stands here in a scale step.
# The rare ones come first, while there are cases enough.
STORIES = [S.SUSPENDED, S.TERMINATED, S.DRAWN_UP, S.PROMISED, S.CONSULTED, S.SIGNED_OFF, S.HELPING]
STORIES += [S.CONSULTED] * 2 + [S.PROMISED, S.DRAWN_UP, S.SUSPENDED, S.TERMINATED, S.SIGNED_OFF]
STORIES += [S.HELPING] * 7 + [S.CLOSED] * 12
SAID = [
    FollowUpGrade.VERY_SATISFIED,
    FollowUpGrade.SATISFIED,
    FollowUpGrade.DISSATISFIED,
    FollowUpGrade.FAIRLY_SATISFIED,
    FollowUpGrade.VERY_DISSATISFIED,
    *[FollowUpGrade.VERY_SATISFIED] * 7,
]
POWERS = [Power.GUIDE, Power.FILL, Power.SUBMIT, Power.RUN, Power.COLLECT]
NEEDS = {
    AssistanceMode.WINDOW: "第一次办，不清楚要带什么材料",
    AssistanceMode.ON_SITE: "行动不便，请工作人员上门",
    AssistanceMode.PARK: "企业在园区，请在服务站代办",
    AssistanceMode.FULL: "项目手续多，请从立项到竣工全程帮办",
}


class HelpTeller:
    """Tells the life of one entrustment day by day; each act as its action would write it."""

    def __init__(
        self,
        context: SampleContext,
        calendar: WorkingCalendar,
        people: dict[str, User],
        record: Entrustment,
        grades: Iterator[str] | None = None,
    ) -> None:
        self.grades = grades or cycle(SAID)  # what principals say when they are called back
        self.context, self.calendar, self.people, self.record = context, calendar, people, record
        self.day = record.created_at.date()
        self.minute = 9 * 60

    def wait(self, working_days: int) -> None:
        """Goes on by working days, never past yesterday: nothing is told of hours still to come."""
        if working_days:
            day = min(self.calendar.add(self.day, working_days), self.context.today - timedelta(days=1))
            if day > self.day:
                self.day, self.minute = day, 9 * 60

    def at(self) -> datetime:
        self.minute = min(self.minute + self.context.random.randint(3, 20), 17 * 60 + 25)
        return timezone.make_aware(datetime.combine(self.day, time(self.minute // 60, self.minute % 60)))

    def act(self, name: str, who: str, *papers: str, reason: str = "", **extra: Any) -> None:
        """One transition: state, papers and entry of that day."""
        at = self.at()
        record = self.record
        if name != "register":
            transition = ENTRUSTMENT_WORKFLOW.by_name[name]
            if record.state not in transition.sources:
                raise AssertionError(f"{name} from {record.state}")
            if transition.target:
                record.state = transition.target
            if record.state in ENDED_STATES and record.closed_on is None:
                record.closed_on = self.day
            record.version += 1
            record.save()
        for kind in papers:
            paper = new_entrustment_paper(
                kind,
                record,
                sequence=record.documents.count() + 1,
                at=at,
                by=self.people.get(who),
                reason=reason,
                **extra,
            )
            paper.save()
        LogEntry.objects.create(
            at=at,
            actor=self.people.get(who),
            action=name,
            content_type=_content_type(),
            object_id=str(record.pk),
            object_repr=record.number,
            reason=reason,
            is_sample=True,
        )

    # --- the life of an entrustment --------------------------------------------------------------

    def promise(self) -> None:
        self.record.helper, self.record.promised_on = self.people["helper"], self.day
        self.act("promise", "helper", PaperKind.HELP_PROMISE)

    def draw_up(self, items: list[ServiceItem], stages: list[str], days: int) -> None:
        self.wait(self.context.random.randint(0, 2))
        self.record.powers = list(POWERS)
        self.record.starts_on, self.record.ends_on = self.day, self.day + timedelta(days=days)
        for stage in stages:
            EntrustmentMatter.objects.create(entrustment=self.record, stage=stage)
        for item in items:
            EntrustmentMatter.objects.create(entrustment=self.record, item=item)
        self.act("draw_up", "helper", PaperKind.HELP_AUTHORITY)

    def sign(self) -> None:
        self.record.signer = self.record.contact_name or self.record.principal_name[:60]
        self.record.signed_on = self.day
        self.act("sign", "helper")

    def receive(self) -> None:
        rows = [
            EntrustmentPaper(
                entrustment=self.record,
                name=name,
                form=form,
                count=count,
                handed_by=self.record.signer,
                received_on=self.day,
                received_by=self.people["helper"],
            )
            for name, form, count in (
                ("申请表（已签字）", PaperForm.ORIGINAL, 1),
                ("委托人身份证件", PaperForm.COPY, 2),
            )
        ]
        EntrustmentPaper.objects.bulk_create(rows)
        self.act("receive_papers", "helper", PaperKind.HELP_PAPERS, papers=rows)

    def link(self, case: Case) -> None:
        EntrustmentCase.objects.create(
            entrustment=self.record,
            case=case,
            power=Power.SUBMIT,
            helper=self.people["helper"],
            linked_by=self.people["helper"],
            linked_on=self.day,
        )
        self.act("link_case", "helper")

    def step(self, what: str, result: str, *, case: Case | None = None, power: str = Power.SUBMIT) -> None:
        EntrustmentStep.objects.create(
            entrustment=self.record,
            on=self.day,
            power=power,
            case=case,
            item=case.item if case else None,
            what=what,
            place=self.record.outlet.name,
            result=result,
            by=self.people["helper"],
        )
        self.act("record_step", "helper")

    def visit(self) -> None:
        row = EntrustmentVisit.objects.create(
            entrustment=self.record,
            at=self.at(),
            address=self.record.visit_address,
            visitors=str(self.people["helper"]),
            what="说明办理材料和流程，核对证件",
            outcome="材料已当面核对",
            signer=self.record.signer or self.record.principal_name[:60],
            by=self.people["helper"],
        )
        self.act("record_visit", "helper", PaperKind.HELP_VISIT, visit=row)

    def give_back(self) -> None:
        rows = [row for row in self.record.papers.all() if row.is_held]
        for row in rows:
            row.returned_on, row.returned_by = self.day, self.people["helper"]
            row.returned_to = self.record.signer
            row.save()
        self.act("return_papers", "helper", PaperKind.HELP_PAPERS, papers=rows, returning=True)

    def suspend(self) -> None:
        reason = "委托人外出，暂缓办理"
        EntrustmentPause.objects.create(entrustment=self.record, started_on=self.day, reason=reason)
        self.act("suspend", "helper", PaperKind.HELP_PAUSE, reason=reason)

    def sign_off(self) -> None:
        self.record.sign_off_signer, self.record.signed_off_on = self.record.signer, self.day
        self.record.result = "受托事项已办结，结果已交委托人"
        expires = self.day + timedelta(days=settings.RATING_INVITATION_DAYS)
        self.act("sign_off", "helper", PaperKind.HELP_SIGN_OFF, PaperKind.INVITATION, expires=expires)

    def follow_up(self) -> None:
        self.wait(self.context.random.randint(1, 3))
        grade = next(self.grades)
        self.record.follow_up_grade, self.record.followed_up_on = grade, self.day
        self.record.followed_up_by = self.people["supervisor"]
        if grade in {FollowUpGrade.DISSATISFIED, FollowUpGrade.VERY_DISSATISFIED}:
            self.record.follow_up_note = "进度没有及时告知，已说明改进"
        self.act("follow_up", "supervisor")

    def withdraw(self) -> None:
        reason = "委托人改为自行办理"
        self.record.end_reason, self.record.closed_on = reason, self.day
        self.act("withdraw", "helper", PaperKind.HELP_END, reason=f"因委托人取消委托：{reason}")

    def tell(self, until: str, case: Case | None, mode: str) -> None:
        """Brings the entrustment to `until` around the life of `case`."""
        if until == S.CONSULTED:
            return
        self.wait(self.context.random.randint(0, 2))
        self.promise()
        if mode == AssistanceMode.ON_SITE:
            self.visit()
        if until == S.PROMISED or case is None:
            return
        left = (self.context.today - self.day).days
        running = until in {S.DRAWN_UP, S.HELPING, S.SUSPENDED}
        self.draw_up([case.item], [], left + self.context.random.choice([3, 5, 40, 90]) if running else 90)
        if until == S.DRAWN_UP:
            return
        self.sign()
        self.receive()
        if until == S.TERMINATED:
            self.wait(2)
            self.give_back()
            return self.withdraw()
        self.link(case)
        self.step("代交申请材料", "窗口已收件", case=case)
        if until == S.SUSPENDED:
            self.wait(2)
            return self.suspend()
        if until == S.HELPING:
            return
        closed = case.closed_on or self.day
        self.wait(max(1, self.calendar.between(self.day, closed)))
        self.step("代领办理结果", "已当面交委托人", case=case, power=Power.COLLECT)
        self.give_back()
        self.sign_off()
        if until == S.CLOSED:
            self.follow_up()


def _content_type() -> ContentType:
    return ContentType.objects.get_for_model(Entrustment)


def make(context: SampleContext) -> None:
    """Some thirty entrustments a scale step, and one whole project with three cases."""
    outlet = Outlet.objects.filter(is_active=True).order_by("order", "pk").first()
    cases = Case.objects.filter(is_sample=True, corrects=None).select_related("item").order_by("pk")
    if outlet is None or not cases.exists():
        context.say("没有示例办件或服务网点，未生成示例帮办委托。")
        return
    calendar = load_calendar()
    people = demo_people()
    # The latest of each kind: what is in work is recent, what is done may be older.
    still_open = list(cases.filter(state__in=[CaseState.RECEIVED, *_IN_WORK]).order_by("-received_on", "pk"))
    done = list(cases.filter(state=CaseState.COMPLETED).order_by("-closed_on", "pk"))
    numbers: dict[date, int] = defaultdict(lambda: 9000)
    modes = [AssistanceMode.WINDOW, AssistanceMode.WINDOW, AssistanceMode.ON_SITE, AssistanceMode.PARK]
    grades = cycle(SAID)
    for index, story in enumerate(STORIES * context.scale):
        pool = done if story in {S.SIGNED_OFF, S.CLOSED} else still_open
        if not pool:
            continue
        case = pool.pop(0)
        mode = AssistanceMode.PARK if index % 4 == 3 else modes[index % 4]
        day = case.received_on or context.today - timedelta(days=3)
        record = _record(context, case, outlet, mode, day, numbers)
        teller = HelpTeller(context, calendar, people, record, grades)
        teller.act("register", "window")
        teller.tell(story, case, mode)
    _whole_project(context, calendar, people, outlet, numbers)


_IN_WORK = [CaseState.ACCEPTED, CaseState.REVIEWING, CaseState.DECIDING, CaseState.COLLECTING]


def _record(
    context: SampleContext,
    case: Case,
    outlet: Outlet,
    mode: str,
    day: date,
    numbers: dict[date, int],
    **more: Any,
) -> Entrustment:
    numbers[day] += 1
    organisation = case.applicant_kind == ApplicantKind.ORGANISATION
    record = Entrustment.objects.create(
        number=f"BB-{day:%Y%m%d}-{numbers[day]:04d}",
        mode=mode,
        channel=context.random.choice(EntrustmentChannel.values),
        principal_kind=case.applicant_kind,
        principal_name=case.applicant_name,
        principal_number=case.applicant_number,
        contact_name="示例联系人" if organisation else "",
        phone=case.phone,
        needs=f"{case.item.name}：{NEEDS[AssistanceMode(mode)]}。",
        visit_address="示例地址" if mode == AssistanceMode.ON_SITE else "",
        outlet=outlet,
        park=Park.objects.filter(is_active=True).order_by("order", "pk").first()
        if mode == AssistanceMode.PARK
        else None,
        is_sample=True,
        **more,
    )
    opened = timezone.make_aware(datetime.combine(day, time(9, 0)))
    Entrustment.objects.filter(pk=record.pk).update(created_at=opened)
    record.created_at = opened
    return record


def _whole_project(
    context: SampleContext,
    calendar: WorkingCalendar,
    people: dict[str, User],
    outlet: Outlet,
    numbers: dict[date, int],
) -> None:
    """全帮办 of a sample project: two permits done, one in review."""
    project = KeyProject.objects.filter(is_sample=True).order_by("number").first()
    items = [item for item in proposed_items()[0] if item.department_id]
    enterprise = Enterprise.objects.filter(is_sample=True).order_by("pk").first()
    if project is None or len(items) < 3:
        return
    start = calendar.add(context.today - timedelta(days=120), 1)
    told = []
    ways = [("plain", ""), ("plain", ""), ("plain", CaseState.REVIEWING)]
    for index, (way, until) in enumerate(ways):
        day = (
            calendar.add(start, 5 + index * 12)
            if not until
            else calendar.add(context.today - timedelta(days=8), 1)
        )
        item = ServiceItem.objects.for_guide().get(pk=items[index].pk)
        case = _case(context, 9_000, item, outlet, day, 9901)
        case.applicant_name = project.owner_name[:120] or "示例企业（全程帮办）"
        case.case_number = f"{COUNTY_CODE}-{day:%Y%m%d}-99{index + 1:02d}"
        told.append(Teller(case, context, calendar, people).tell(day, way, until))
    _save(told)
    cases = [one.case for one in told]
    record = _record(
        context,
        cases[0],
        outlet,
        AssistanceMode.FULL,
        start,
        numbers,
        project=project,
        enterprise=enterprise,
    )
    teller = HelpTeller(context, calendar, people, record)
    teller.act("register", "window")
    teller.promise()
    present = {item.stage for item in items}
    teller.draw_up([], [stage.value for stage in ProjectStage if stage.value in present], 365)
    teller.sign()
    teller.receive()
    events = [(case.received_on or start, 0, case) for case in cases]
    events += [(case.closed_on, 1, case) for case in cases if case.closed_on and case.state in CLOSED_STATES]
    for day, kind, case in sorted(events, key=lambda event: event[:2]):
        teller.wait(calendar.between(teller.day, day))
        if kind:
            teller.step("代领办理结果", "已当面交委托人", case=case, power=Power.COLLECT)
        else:
            teller.link(case)
            teller.step("代交申请材料", "窗口已收件", case=case)
