"""A case is recorded: its number, its applicant, its materials."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from freezegun import freeze_time

from services.actions import cases as do
from services.actions.recording import HandedIn, LikelyDuplicate
from services.choices import Necessity, PublicationState
from services.choices_cases import CaseState, ClockKind, MaterialState, PaperKind
from services.models import Case
from tests.factories.accounts import UserFactory
from tests.factories.cases import CREDIT_CODE, IDENTITY, Hall, ItemFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
MONDAY = "2026-11-02 02:00:00"  # ten o'clock in the county


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def hall():
    return Hall()


def actions_of(case):
    return [entry.action for entry in history_of(case)][::-1]


# --- Recording --------------------------------------------------------------------------------


@freeze_time(MONDAY)
def test_recording_gives_a_number_receives_and_prints_the_receipt(hall):
    case = hall.record()
    assert case.case_number == "150122-20261102-0001"
    assert case.state == CaseState.RECEIVED
    assert (case.due_on, case.due_kind) == (date(2026, 11, 9), ClockKind.INTAKE)
    assert case.outlet == hall.outlet
    assert case.department == hall.department
    assert actions_of(case) == ["register", "receive"]
    assert [d.kind for d in case.documents.all()] == [PaperKind.RECEIPT]
    assert {m.state for m in case.materials.all()} == {MaterialState.HANDED_IN}
    assert hall.record().case_number == "150122-20261102-0002"


@freeze_time(MONDAY)
def test_personal_numbers_are_sealed_in_the_database_and_found_by_hash(hall):
    case = hall.record()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT applicant_number, phone, tracking_code FROM services_case WHERE id = %s", [case.pk]
        )
        row = cursor.fetchone()
    assert all(value.startswith("v2:") for value in row)
    fresh = Case.objects.get(pk=case.pk)
    assert fresh.applicant_number == IDENTITY
    assert fresh.masked_number == "110105********002X"
    assert Case.objects.get(applicant_hash=fresh.applicant_hash) == fresh


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "110105194912310021"}, "applicant_number"),
        ({"number": "11010519491331002X"}, "applicant_number"),
        ({"number": "123"}, "applicant_number"),
        ({"kind": "organisation", "number": "91350100M000100Y44"}, "applicant_number"),
        ({"kind": "organisation", "number": IDENTITY}, "applicant_number"),
        ({"kind": "nobody"}, "applicant_kind"),
        ({"name": "  "}, "applicant_name"),
        ({"name": "长" * 121}, "applicant_name"),
        ({"phone": "138000056"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"agent_phone": "12"}, "agent_phone"),
        ({"agent_name": "长" * 61}, "agent_name"),
    ],
)
def test_wrong_input_is_refused_at_its_field_and_gives_no_number(hall, changes, field):
    with pytest.raises(ValidationError) as caught:
        hall.record(applicant=hall.applicant(**changes))
    assert set(caught.value.message_dict) == {field}
    assert not Case.objects.exists()


def test_spaces_hyphens_and_full_width_are_forgiven(hall):
    case = hall.record(
        applicant=hall.applicant(
            kind="organisation", name=" 示例  企业 ", number="9135 0100-M000 100Ｙ43", phone="138-0000 5678"
        )
    )
    assert case.applicant_number == CREDIT_CODE
    assert case.applicant_name == "示例 企业"
    assert case.phone == "13800005678"


def test_a_second_submit_of_the_same_form_finds_the_first_case(hall):
    submission = uuid4()
    first = hall.record(submission=submission)
    again = hall.record(submission=submission)
    assert again == first
    assert Case.objects.count() == 1
    assert actions_of(first) == ["register", "receive"]


def test_the_same_applicant_and_item_within_thirty_days_asks_for_confirmation(hall):
    with freeze_time(MONDAY) as frozen:
        first = hall.record()
        with pytest.raises(LikelyDuplicate, match=first.case_number):
            hall.record(confirmed=False)
        assert Case.objects.count() == 1
        hall.record(confirmed=True)
        frozen.tick(timedelta(days=31))
        hall.record(confirmed=False)
    assert Case.objects.count() == 3


def test_only_a_published_item_of_a_department_can_be_applied_for(hall):
    hall.item.state = PublicationState.RETIRED
    hall.item.save()
    with pytest.raises(WorkflowError, match="尚未发布"):
        hall.record()
    outside = ItemFactory(department=None, authority="供电企业")
    with pytest.raises(WorkflowError, match="供电企业"):
        hall.record(item=outside, materials={})


def test_a_clerk_needs_an_outlet_and_the_permission(hall):
    with pytest.raises(NotPermitted, match="服务网点"):
        hall.record(actor=UserFactory(roles=["window"]))
    with pytest.raises(NotPermitted, match="权限"):
        hall.record(actor=hall.reviewer)


def test_a_failed_recording_gives_its_number_back(hall, monkeypatch):
    first = hall.record()
    monkeypatch.setattr("services.actions.acting.new_document", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        hall.record()
    monkeypatch.undo()
    assert int(hall.record().case_number[-4:]) == int(first.case_number[-4:]) + 1


def test_a_closed_case_is_corrected_by_a_linked_one_only(hall):
    closed = hall.case_in(CaseState.WITHDRAWN)
    linked = hall.record(corrects=closed)
    assert linked.corrects == closed
    with pytest.raises(WorkflowError, match="尚未结束"):
        hall.record(corrects=linked)


# --- Materials --------------------------------------------------------------------------------


def test_acceptance_waits_for_required_materials():
    hall = Hall(materials=[Necessity.REQUIRED, Necessity.CONDITIONAL])
    required, conditional = hall.item.materials.all()
    case = hall.record(materials={conditional.pk: HandedIn(MaterialState.HANDED_IN)})
    with pytest.raises(WorkflowError, match=required.name):
        do.accept_case(case=case, actor=hall.clerk)
    case = hall.record(materials={required.pk: HandedIn(MaterialState.HANDED_IN)})
    assert do.accept_case(case=case, actor=hall.clerk).state == CaseState.ACCEPTED


@pytest.mark.parametrize("promised", [None, date(2020, 1, 1)])
def test_deferring_needs_a_promised_date(promised):
    hall = Hall(materials=[Necessity.DEFERRABLE])
    with pytest.raises(ValidationError, match="承诺补齐日期"):
        hall.record(materials=hall.handed_in(MaterialState.DEFERRED, promised_on=promised))


def test_only_a_deferrable_material_can_be_deferred(hall):
    later = date.today() + timedelta(days=9)
    with pytest.raises(ValidationError, match="不能容缺"):
        hall.record(materials=hall.handed_in(MaterialState.DEFERRED, promised_on=later))


def test_approval_is_blocked_until_a_deferred_material_came():
    hall = Hall(materials=[Necessity.REQUIRED, Necessity.DEFERRABLE])
    first, deferred = hall.item.materials.all()
    later = date.today() + timedelta(days=9)
    case = hall.record(
        materials={
            first.pk: HandedIn(MaterialState.HANDED_IN),
            deferred.pk: HandedIn(MaterialState.DEFERRED, promised_on=later),
        }
    )
    case = hall.bring(case, CaseState.DECIDING)
    assert PaperKind.DEFERRAL in {d.kind for d in case.documents.all()}
    with pytest.raises(WorkflowError, match=deferred.name):
        do.approve_case(case=case, actor=hall.approver)
    owed = case.materials.get(state=MaterialState.DEFERRED)
    with pytest.raises(ValidationError, match="不属于本件"):
        do.supply_deferred(case=case, actor=hall.clerk, materials=[owed.pk + 999])
    case = do.supply_deferred(case=case, actor=hall.clerk, materials=[owed.pk])
    owed.refresh_from_db()
    assert (owed.state, owed.received_by) == (MaterialState.HANDED_IN, hall.clerk)
    assert do.approve_case(case=case, actor=hall.approver).outcome == "approved"
