"""The five days after receipt, corrections, sending back and declining."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from freezegun import freeze_time

from services.actions import cases as do
from services.actions.recording import HandedIn
from services.choices import Necessity
from services.choices_cases import CaseState, ClockKind, MaterialState
from services.tasks import run_clock
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import WorkflowError

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


# --- The five days ----------------------------------------------------------------------------


@pytest.mark.parametrize("late", [8, 9, 30])
def test_a_receipt_left_unanswered_is_accepted_by_law_and_dated_back(hall, late):
    with freeze_time(MONDAY) as frozen:
        case = hall.record()
        frozen.tick(timedelta(days=7))  # the fifth working day: still time
        assert run_clock()["deemed_accepted"] == 0
        frozen.tick(timedelta(days=late - 7))
        assert run_clock()["deemed_accepted"] == 1
        assert run_clock()["deemed_accepted"] == 0
        case.refresh_from_db()
    assert case.state == CaseState.ACCEPTED
    assert case.deemed_accepted
    assert case.accepted_on == date(2026, 11, 2)
    assert case.decide_by == date(2026, 11, 16)  # ten working days promised, from receipt
    last = history_of(case)[0]
    assert (last.action, last.actor) == ("deem_accepted", None)


def test_after_the_fifth_day_the_window_can_only_accept_and_that_is_dated_back(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.record()
        frozen.tick(timedelta(days=8))
        with pytest.raises(WorkflowError, match="视为受理"):
            do.request_correction(case=case, actor=hall.clerk, missing=["缺章"], days=5)
        with pytest.raises(WorkflowError, match="视为受理"):
            do.propose_decline(case=case, actor=hall.clerk, reason="不属于本机关")
        case = do.accept_case(case=case, actor=hall.clerk)
    assert case.accepted_on == date(2026, 11, 2)
    assert case.deemed_accepted


# --- Corrections ------------------------------------------------------------------------------


def test_a_correction_stops_the_check_and_its_answer_starts_a_new_one():
    hall = Hall(materials=[Necessity.REQUIRED, Necessity.REQUIRED])
    first, second = hall.item.materials.all()
    with freeze_time(MONDAY) as frozen:
        case = hall.record(materials={first.pk: HandedIn(MaterialState.HANDED_IN)})
        frozen.tick(timedelta(days=1))
        case = do.request_correction(
            case=case, actor=hall.clerk, missing=[f"补交：{second.name}", "  "], days=10
        )
        assert (case.due_on, case.due_kind) == (date(2026, 11, 17), ClockKind.CORRECTION)
        assert not case.is_overdue
        notice = case.corrections.get()
        assert notice.items == [f"补交：{second.name}"]
        frozen.tick(timedelta(days=3))
        lacking = case.materials.get(state=MaterialState.MISSING)
        case = do.receive_correction(case=case, actor=hall.clerk, materials=[lacking.pk])
        assert (case.due_on, case.due_kind) == (date(2026, 11, 13), ClockKind.INTAKE)
        notice.refresh_from_db()
        assert notice.answered_on == date(2026, 11, 6)
        assert do.accept_case(case=case, actor=hall.clerk).state == CaseState.ACCEPTED


def test_what_a_clerk_numbered_herself_is_numbered_once():
    hall = Hall()
    told = [
        "一、总平面图缺转弯半径",
        "2. 委托书未写权限",
        "（3）缺专家意见",
        "3.5 米以下车道未标注",
        "2、3号楼图纸不清",
    ]
    case = do.request_correction(case=hall.record(), actor=hall.clerk, missing=told, days=5)
    rows = case.documents.last().content["table"]["rows"]
    assert [text for _n, text in rows] == [
        *["总平面图缺转弯半径", "委托书未写权限", "缺专家意见"],
        *["3.5 米以下车道未标注", "2、3号楼图纸不清"],
    ]


def test_a_paper_that_comes_in_later_counts_as_one_at_least():
    """Where the list says no number: it must be on the receipt, and can be given back."""
    hall = Hall(materials=[Necessity.REQUIRED])
    hall.item.materials.update(originals=None, copies=None)
    case = hall.record(materials={})
    case = do.request_correction(case=case, actor=hall.clerk, missing=["补交"], days=5)
    case = do.receive_correction(
        case=case, actor=hall.clerk, materials=case.materials.values_list("pk", flat=True)
    )
    assert case.materials.get().originals == 1
    assert case.documents.last().content["table"]["rows"][0][2] == "1"


def test_a_second_correction_needs_a_supervisors_reason(hall):
    case = hall.case_in(CaseState.CORRECTING)
    case = do.receive_correction(case=case, actor=hall.clerk)
    with pytest.raises(WorkflowError, match="督办"):
        do.request_correction(case=case, actor=hall.clerk, missing=["又缺一页"], days=5)
    with pytest.raises(WorkflowError, match="理由"):
        do.allow_second_correction(case=case, actor=hall.supervisor, reason=" ")
    case = do.allow_second_correction(case=case, actor=hall.supervisor, reason="补正件出现新问题")
    case = do.request_correction(case=case, actor=hall.clerk, missing=["又缺一页"], days=5)
    assert case.corrections.last().override_reason == "补正件出现新问题"
    case = do.receive_correction(case=case, actor=hall.clerk)
    with pytest.raises(WorkflowError, match="督办"):
        do.request_correction(case=case, actor=hall.clerk, missing=["第三次"], days=5)


@pytest.mark.parametrize(("missing", "days"), [([], 5), (["  "], 5), (["缺章"], 0), (["缺章"], 61)])
def test_a_correction_says_what_is_missing_and_until_when(hall, missing, days):
    case = hall.record()
    with pytest.raises(ValidationError):
        do.request_correction(case=case, actor=hall.clerk, missing=missing, days=days)


def test_papers_are_sent_back_only_after_the_applicants_deadline(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.case_in(CaseState.CORRECTING)
        with pytest.raises(WorkflowError, match="补正期限"):
            do.return_case(case=case, actor=hall.clerk, reason="未补正")
        frozen.tick(timedelta(days=15))
        assert do.return_case(case=case, actor=hall.clerk, reason="未补正").state == CaseState.RETURNED


def test_who_proposes_to_decline_cannot_approve_it(hall):
    both = UserFactory(roles=["window", "approver"], outlet=hall.outlet, department=hall.department)
    case = do.propose_decline(case=hall.record(), actor=both, reason="不属于本机关职权")
    with pytest.raises(WorkflowError, match="不能自己批准"):
        do.decline_case(case=case, actor=both, reason="不属于本机关职权")
    case = do.decline_case(case=case, actor=hall.approver, reason="不属于本机关职权")
    text = str(case.documents.last().content)
    assert "不属于本机关职权" in text
    assert "行政复议" in text
    assert "行政诉讼" in text
