"""Review, special procedures, extension, decision, delivery; 即办件 in one step."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from freezegun import freeze_time

from services.actions import cases as do
from services.choices_cases import CaseState, ClockKind, PaperKind
from services.models import Case
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


def actions_of(case):
    return [entry.action for entry in history_of(case)][::-1]


# --- Review and decision ----------------------------------------------------------------------


def test_who_reviewed_a_case_never_approves_it(hall):
    both = UserFactory(roles=["reviewer", "approver"], department=hall.department)
    case = hall.case_in(CaseState.REVIEWING)
    case = do.submit_opinion(case=case, actor=both, outcome="approved", reason="符合条件")
    for decide in (do.approve_case, do.refuse_case, do.return_to_review):
        with pytest.raises(WorkflowError, match="另一人"):
            decide(case=case, actor=both, reason="理由")
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(approver=both)
    assert do.approve_case(case=case, actor=hall.approver).approver == hall.approver


def test_an_opinion_that_was_sent_back_is_still_a_review(hall):
    both = UserFactory(roles=["reviewer", "approver"], department=hall.department)
    case = hall.case_in(CaseState.REVIEWING)
    case = do.submit_opinion(case=case, actor=both, outcome="approved", reason="符合条件")
    case = do.return_to_review(case=case, actor=hall.approver, reason="请核对面积")
    case = do.submit_opinion(case=case, actor=hall.reviewer, outcome="approved", reason="面积已核对")
    with pytest.raises(WorkflowError, match="另一人"):
        do.approve_case(case=case, actor=both)


def test_a_special_procedure_gives_back_the_days_it_really_took(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.case_in(CaseState.REVIEWING)
        assert case.decide_by == date(2026, 11, 16)
        case = do.start_special(
            case=case, actor=hall.approver, procedure="testing", days=15, reason="需要检测"
        )
        assert case.due_kind == ClockKind.SPECIAL
        assert case.decide_by == date(2026, 12, 7)  # planned days in it
        frozen.tick(timedelta(days=7))
        case = do.end_special(case=case, actor=hall.reviewer)
        assert case.decide_by == date(2026, 11, 23)  # five working days given back
        assert case.due_on == case.decide_by


@pytest.mark.parametrize(("procedure", "days"), [("nap", 5), ("testing", 0), ("testing", 181)])
def test_a_special_procedure_has_a_kind_and_a_planned_length(hall, procedure, days):
    case = hall.case_in(CaseState.REVIEWING)
    with pytest.raises(ValidationError):
        do.start_special(case=case, actor=hall.approver, procedure=procedure, days=days, reason="理由")


def test_an_extension_is_given_once_before_expiry_and_not_for_more_than_ten_days(hall):
    with freeze_time(MONDAY) as frozen:
        case = hall.case_in(CaseState.REVIEWING)
        late = hall.case_in(CaseState.REVIEWING)
        with pytest.raises(ValidationError):
            do.extend_case(case=case, actor=hall.approver, days=11, reason="复杂")
        case = do.extend_case(case=case, actor=hall.approver, days=10, reason="复杂")
        assert case.decide_by == date(2026, 11, 30)
        with pytest.raises(WorkflowError, match="一次"):
            do.extend_case(case=case, actor=hall.approver, days=1, reason="复杂")
        frozen.tick(timedelta(days=15))
        with pytest.raises(WorkflowError, match="届满"):
            do.extend_case(case=late, actor=hall.approver, days=5, reason="复杂")


def test_a_decision_against_the_opinion_needs_a_reason(hall):
    case = hall.case_in(CaseState.REVIEWING)
    case = do.submit_opinion(case=case, actor=hall.reviewer, outcome="refused", reason="面积不足")
    with pytest.raises(WorkflowError, match="不一致"):
        do.approve_case(case=case, actor=hall.approver)
    case = do.approve_case(case=case, actor=hall.approver, reason="复核后面积符合规定")
    assert case.decision_reason == "复核后面积符合规定"


def test_a_refusal_states_reason_and_remedies(hall):
    case = hall.case_in(CaseState.DECIDING)
    case = do.refuse_case(case=case, actor=hall.approver, reason="经营场所不符合规定")
    content = case.documents.last().content
    assert content["title"] == "不予行政许可决定书"
    assert "经营场所不符合规定。" in content["body"]
    assert any("六十日" in text and "六个月" in text for text in content["after"])
    assert (case.due_kind, case.outcome) == (ClockKind.DELIVERY, "refused")
    # What is handed over is named as it is, and there is no result beside a refusal.
    case = do.deliver_case(case=case, actor=hall.issuer, recipient="测试申请人", method="window")
    receipt = case.documents.get(kind="delivery").content
    assert receipt["body"] == [f"受送达人已收到“{case.item_name}”的《不予行政许可决定书》。"]


def test_lateness_is_judged_by_the_deadline_at_the_decision(hall):
    with freeze_time(MONDAY) as frozen:
        early = do.approve_case(case=hall.case_in(CaseState.DECIDING), actor=hall.approver)
        late = hall.case_in(CaseState.DECIDING)
        frozen.tick(timedelta(days=15))
        assert late in Case.objects.overdue()
        late = do.approve_case(case=late, actor=hall.approver)
        rows = Case.objects.on_time(date(2026, 11, 1), date(2026, 11, 30))
    assert (early.is_late, late.is_late) == (False, True)
    assert (rows.decided, rows.with_limit, rows.on_time, rows.rate) == (2, 2, 1, 0.5)


def test_delivery_closes_the_case(hall):
    case = hall.case_in(CaseState.COLLECTING)
    with pytest.raises(ValidationError):
        do.deliver_case(case=case, actor=hall.issuer, recipient=" ")
    case = do.deliver_case(case=case, actor=hall.issuer, recipient="示例领取人", method="post")
    assert case.state == CaseState.COMPLETED
    assert case.closed_on == case.delivered_on
    assert actions_of(case)[-2:] == ["deliver", "complete"]


def test_an_unknown_limit_runs_no_clock(hall):
    hall = Hall(item_type="filing", statutory_days=None, promised_days=None, statutory_kind="")
    case = hall.case_in(CaseState.ACCEPTED)
    assert case.decide_by is None
    assert case.due_on is None
    assert "尚未公布" in str(case.documents.get(kind=PaperKind.ACCEPTANCE).content)


# --- 即办件 -----------------------------------------------------------------------------------


def test_an_instant_case_runs_the_same_events_at_once():
    hall = Hall(handling_kind="instant")
    case = hall.record()
    done = do.finish_instantly(case=case, actor=hall.approver)
    assert done.state == CaseState.COMPLETED
    assert (done.reviewer, done.approver) == (hall.clerk, hall.approver)
    assert actions_of(done) == [
        "register",
        "receive",
        "accept",
        "hand_over",
        "sign_in",
        "submit",
        "approve",
        "deliver",
        "complete",
    ]
    kinds = [d.kind for d in done.documents.all()]
    assert kinds == [
        PaperKind.RECEIPT,
        PaperKind.ACCEPTANCE,
        PaperKind.APPROVAL,
        PaperKind.DELIVERY,
        PaperKind.INVITATION,
    ]


def test_an_instant_case_still_needs_two_people_and_is_all_or_nothing(monkeypatch):
    hall = Hall(handling_kind="instant")
    both = UserFactory(roles=["window", "approver"], outlet=hall.outlet, department=hall.department)
    case = hall.record(actor=both)
    with pytest.raises(WorkflowError, match="收件人"):
        do.finish_instantly(case=case, actor=both)
    monkeypatch.setattr("services.actions.cases.deliver_case", lambda **k: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        do.finish_instantly(case=case, actor=hall.approver)
    case.refresh_from_db()
    assert case.state == CaseState.RECEIVED
    with pytest.raises(WorkflowError, match="即办件"):
        do.finish_instantly(case=Hall().record(), actor=UserFactory(is_superuser=True))
