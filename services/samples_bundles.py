"""Sample bundle cases (示例): some of each bundle of several items, in the states a parent can have.

Each case is told by the simulator of `samples`; what waits for another begins when that one is granted.
Papers of the whole are printed where they say what is still true: 减负单 and, by state, one more.
"""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from services import samples
from services.actions.bundle_recording import Parts, parts_of
from services.actions.following import follow_cases
from services.actions.recording import COUNTY_CODE
from services.choices_cases import CaseOutcome, CaseState, DeliveryMethod, MaterialState, PaperKind
from services.composition import Composition, compose, to_snapshot
from services.models import (
    BundleCase,
    BundleDocument,
    BundleMaterial,
    Case,
    CaseMaterial,
    ServiceBundle,
)
from services.papers.bundles import new_bundle_document
from tuoxian_portal.accounts.demo import demo_people
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.samples import SampleContext
from tuoxian_portal.directory.models import Outlet

# (working days ago, way of the first case, way of the others, how far, picked up)
SCENES: tuple[tuple[int, str, str, str, bool], ...] = (
    (2, "plain", "plain", CaseState.RECEIVED, False),
    (5, "corrected", "corrected", CaseState.CORRECTING, False),
    (9, "plain", "plain", CaseState.REVIEWING, False),
    (45, "plain", "plain", CaseState.COLLECTING, False),
    (70, "plain", "plain", CaseState.COLLECTING, True),
    (80, "plain", "refused", CaseState.COLLECTING, True),
    (30, "withdrawn", "withdrawn", "", False),
    (40, "declined", "plain", CaseState.REVIEWING, False),
)
BUNDLES = 3
FIRST_SERIAL = 9800  # beyond the sample cases of any day
# Printed once for the whole instead of once a case.
OF_THE_WHOLE = {
    PaperKind.CORRECTION,
    PaperKind.CORRECTION_RECEIPT,
    PaperKind.DELIVERY,
    PaperKind.INVITATION,
}


AT_DELIVERY = {PaperKind.BUNDLE_DELIVERY, PaperKind.INVITATION}


class MemberTeller(samples.Teller):
    """Tells a case of a bundle."""

    waits = False

    def tell_member(self, day: date, way: str, until: str, released: date | None) -> samples.Told:
        """From recording on `day`; one that `waits` begins on `released`, or not at all."""
        self.day = day
        try:
            self._register(way)
            if self.waits:
                self.act("wait")
                if released is None:
                    if way == "withdrawn":
                        self.wait(2)
                        self._withdraw()
                    return self.told
                self.day, self.minute = released, 9 * 60
            for step in self._steps(way):
                if self.case.state == until:
                    break
                step()
        except samples.Stopped:
            pass
        return self.told

    def _licence(self, line: Any) -> None:
        return None

    def _receive(self) -> None:
        self.case.received_by = self.people["window"]
        self._received("release" if self.waits else "receive", PaperKind.RECEIPT)
        if not self.waits:
            self.told.documents.clear()  # the receipt of the whole stands for it

    def pick_up(self, day: date) -> None:
        self.day, self.minute = day, 10 * 60
        self.case.delivered_on = day
        self.case.recipient = self.case.applicant_name[:60]
        self.case.delivery_method = DeliveryMethod.WINDOW
        self.stop(samples.ClockKind.DELIVERY)
        self.act("deliver", "issuer")
        self.act("complete")


def make(context: SampleContext) -> None:
    """Every scene for some bundles that have at least two items in the hall."""
    outlet = Outlet.objects.filter(is_active=True).order_by("order", "pk").first()
    if outlet is None:
        return
    people = demo_people()
    serials: dict[date, int] = defaultdict(lambda: FIRST_SERIAL)
    made = 0
    for bundle in ServiceBundle.objects.published().for_composition().order_by("order", "pk"):
        answers = {q.key: q.answers.all()[0].value for q in bundle.questions.all() if q.answers.all()}
        composition = compose(bundle, answers)
        parts = parts_of(composition)
        if len(parts.members) < 2 or any(not item.is_public for item in parts.items.values()):
            continue
        for scene in SCENES:
            _Scene(context, bundle, composition, parts, outlet, people, serials, made).play(*scene)
            made += 1
        if made >= BUNDLES * len(SCENES):
            break
    if not made:
        context.say("没有两个以上事项的已发布一次办，未生成示例一次办办件。")


class _Scene:
    def __init__(
        self,
        context: SampleContext,
        bundle: ServiceBundle,
        composition: Composition,
        parts: Parts,
        outlet: Outlet,
        people: dict[str, Any],
        serials: dict[date, int],
        index: int,
    ) -> None:
        self.context, self.bundle, self.composition, self.parts = context, bundle, composition, parts
        self.outlet, self.people, self.serials, self.index = outlet, people, serials, index
        self.calendar = load_calendar()

    @transaction.atomic
    def play(self, back: int, first_way: str, way: str, until: str, picked_up: bool) -> None:
        day = self.context.today
        for _ in range(back):
            day -= timedelta(days=1)
            while not self.calendar.is_working_day(day):
                day -= timedelta(days=1)
        tellers = self._tell(day, first_way, way, until)
        record = self._parent(day, tellers)
        done = max((t.case.decided_on for t in tellers.values() if t.case.decided_on), default=None)
        pick_up = None
        if picked_up and done and all(t.case.state == CaseState.COLLECTING for t in tellers.values()):
            pick_up = min(self.calendar.add(done, 1), self.context.today - timedelta(days=1))
            for teller in tellers.values():
                teller.pick_up(max(pick_up, teller.case.decided_on or pick_up))
        rows = self._materials(record, tellers)
        for teller in tellers.values():
            _own_papers(teller.told)
            teller.case.bundle_case = record
        samples._save([teller.told for teller in tellers.values()])
        self._links(tellers)
        follow_cases(record.pk)
        self._papers(record.pk, rows, day, until, pick_up)

    def _tell(self, day: date, first_way: str, way: str, until: str) -> dict[int, MemberTeller]:
        """The cases, earlier ones first; all of one applicant."""
        tellers: dict[int, MemberTeller] = {}
        told: dict[int, MemberTeller] = {}
        rest = list(self.parts.members)
        while rest:
            member = next(m for m in rest if self.parts.before[m.pk] <= set(told))
            rest.remove(member)
            self.serials[day] += 1
            case = samples._case(
                self.context,
                5000 + self.index,
                self.parts.items[member.pk],
                self.outlet,
                day,
                self.serials[day],
            )
            if told:
                lead = next(iter(told.values())).case
                for name in ("kind", "name", "number", "hash"):
                    setattr(case, f"applicant_{name}", getattr(lead, f"applicant_{name}"))
                case.phone, case.tracking_code = lead.phone, lead.tracking_code
            case.bundle_member = member
            teller = MemberTeller(case, self.context, self.calendar, self.people)
            teller.waits = bool(self.parts.before[member.pk])
            released = self._released([told[pk].case for pk in self.parts.before[member.pk]])
            teller.tell_member(day, way if told else first_way, until, released)
            if teller.waits and case.state == CaseState.WAITING:
                for line in teller.told.materials:
                    if (member.pk, line.material_id) in self.parts.issuer:
                        line.state, line.originals, line.copies = MaterialState.MISSING, 0, 0
                        line.received_by = None
            told[member.pk] = teller
        for member in self.parts.members:
            tellers[member.pk] = told[member.pk]
        return tellers

    def _released(self, earlier: list[Case]) -> date | None:
        """The day on which the last of `earlier` was granted; None while one is not."""
        if not earlier or any(case.outcome != CaseOutcome.APPROVED for case in earlier):
            return None
        return max(case.decided_on for case in earlier if case.decided_on)

    def _at(self, day: date, hour: int = 9) -> datetime:
        return timezone.make_aware(datetime.combine(day, time(hour)))

    def _parent(self, day: date, tellers: dict[int, MemberTeller]) -> BundleCase:
        lead = next(iter(tellers.values())).case
        number = BundleCase.objects.filter(number__startswith=f"{COUNTY_CODE}-{day:%Y%m%d}-B9").count()
        record = BundleCase.objects.create(
            number=f"{COUNTY_CODE}-{day:%Y%m%d}-B{9001 + number}",
            bundle=self.bundle,
            answers=self.composition.answers,
            composition=to_snapshot(self.composition),
            department=self.bundle.department,
            outlet=self.outlet,
            created_by=self.people["window"],
            promised_days=self.bundle.promised_days,
            received_on=day,
            applicant_kind=lead.applicant_kind,
            applicant_name=lead.applicant_name,
            applicant_number=lead.applicant_number,
            phone=lead.phone,
            tracking_code=lead.tracking_code,
            is_sample=True,
        )
        BundleCase.objects.filter(pk=record.pk).update(created_at=self._at(day))
        LogEntry.objects.create(
            at=self._at(day),
            actor=self.people["window"],
            action="register",
            content_type=ContentType.objects.get_for_model(BundleCase),
            object_id=str(record.pk),
            object_repr=record.number,
            is_sample=True,
        )
        return record

    def _materials(self, record: BundleCase, tellers: dict[int, MemberTeller]) -> list[BundleMaterial]:
        lines: dict[int, list[CaseMaterial]] = defaultdict(list)
        for teller in tellers.values():
            for line in teller.told.materials:
                lines[line.material_id or 0].append(line)
        rows = []
        for order, merged in enumerate(self.parts.asked):
            mine = lines.get(merged.material.pk, [])
            if not mine:
                continue
            here = any(line.state == MaterialState.HANDED_IN for line in mine)
            row = BundleMaterial(
                bundle_case=record,
                material=merged.material,
                name=merged.name,
                necessity=merged.necessity,
                condition="；".join(merged.conditions)[:300],
                originals_wanted=merged.originals,
                copies_wanted=merged.copies,
                originals=(merged.originals or 1) if here else 0,
                copies=(merged.copies or 0) if here else 0,
                received_by=self.people["window"] if here else None,
                order=order,
            )
            rows.append(row)
            for line in mine:
                line.bundle_material = row
        BundleMaterial.objects.bulk_create(rows)
        for found in lines.values():
            for line in found:
                if line.bundle_material is not None:
                    line.bundle_material_id = line.bundle_material.pk
        return rows

    def _links(self, tellers: dict[int, MemberTeller]) -> None:
        link = Case.waits_for.through
        link._default_manager.bulk_create(
            link(from_case_id=tellers[later].case.pk, to_case_id=tellers[earlier].case.pk)
            for later, before in self.parts.before.items()
            for earlier in sorted(before)
        )
        for (member, material), giver in self.parts.issuer.items():
            CaseMaterial.objects.filter(case=tellers[member].case, material=material).update(
                supplied_by=tellers[giver].case
            )

    def _papers(
        self, pk: int, rows: list[BundleMaterial], day: date, until: str, pick_up: date | None
    ) -> None:
        record = BundleCase.objects.with_children().get(pk=pk)
        everything = {
            "materials": list(record.materials.all()),
            "lines": [line for case in record.cases for line in case.materials.all()],
            "outside": [(member.name, member.handled_by) for member in self.parts.outside],
        }
        wanted: list[tuple[str, list[Case], date, dict[str, Any]]] = [
            (PaperKind.BUNDLE_SAVING, record.cases, day, everything)
        ]
        if until == CaseState.RECEIVED:
            wanted.insert(0, (PaperKind.BUNDLE_RECEIPT, record.cases, day, everything))
        told = [case for case in record.cases if case.state == CaseState.CORRECTING]
        if told:
            notices = {case.pk: case.corrections.order_by("-pk")[0] for case in told}
            last = max(notices.values(), key=lambda notice: notice.due_on)
            more = {"missing": {pk: n.items for pk, n in notices.items()}, "days": 10, "due": last.due_on}
            wanted.append((PaperKind.BUNDLE_CORRECTION, told, last.told_on, more))
        if pick_up:
            who = {"recipient": record.applicant_name[:60], "method": DeliveryMethod.WINDOW}
            wanted.append((PaperKind.BUNDLE_DELIVERY, record.cases, pick_up, who))
            expires = pick_up + timedelta(days=settings.RATING_INVITATION_DAYS)
            wanted.append((PaperKind.INVITATION, [], pick_up, {"expires": expires}))
        BundleDocument.objects.bulk_create(
            new_bundle_document(
                kind,
                record,
                cases,
                sequence=sequence,
                at=self._at(on, 10),
                by=self.people["issuer" if kind in AT_DELIVERY else "window"],
                **extra,
            )
            for sequence, (kind, cases, on, extra) in enumerate(wanted, 1)
        )


def _own_papers(told: samples.Told) -> None:
    """Leaves out what is printed for the whole, and numbers the rest again."""
    told.documents[:] = [document for document in told.documents if document.kind not in OF_THE_WHOLE]
    for place, document in enumerate(told.documents, 1):
        document.number = f"{told.case.case_number}-{place:02d}"
        document.content["number"] = document.number
