"""差评整改: every state × action × role; the rated person and who answered do not close it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from freezegun import freeze_time

from services.actions import remediations as remedy
from services.choices_cases import PaperKind
from services.choices_ratings import CallBackVerdict, RatingStanding, RemediationState
from services.models import RatingRemediation
from services.papers.render import render_paper
from services.workflow_ratings import REMEDIATION_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory
from tests.factories.ratings import RatingHall
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
ROLES = ["window", "reviewer", "approver", "issuer", "supervisor", "official", "helper"]
R = RemediationState
MOVES = {
    "verify": ({R.VERIFYING}, R.RECTIFYING),
    "reject": ({R.VERIFYING}, R.UNFOUNDED),
    "answer": ({R.RECTIFYING}, R.CALLING_BACK),
    "call_back": ({R.CALLING_BACK}, R.CALLING_BACK),
    "close": ({R.CALLING_BACK}, R.CLOSED),
}
ALLOWED = {
    "verify": {"supervisor"},
    "reject": {"supervisor"},
    "answer": {"window", "reviewer", "approver"},
    "call_back": {"supervisor"},
    "close": {"supervisor"},
}
VERBS = {
    "verify": remedy.verify_remediation,
    "reject": remedy.reject_remediation,
    "answer": remedy.answer_remediation,
    "call_back": remedy.call_back,
    "close": remedy.close_remediation,
}


@pytest.fixture
def hall():
    return RatingHall()


def do(name, remediation, actor, **more):
    extra = {"verdict": CallBackVerdict.SATISFIED} if name == "call_back" else {}
    return VERBS[name](remediation=remediation, actor=actor, reason="写明情况", **{**extra, **more})


def ready_for(hall, name, state):
    remediation = hall.remediation_in(state)
    if name == "close" and state == R.CALLING_BACK:
        remediation = do("call_back", remediation, hall.second)
    return remediation


def doer(hall, name):
    return hall.clerk if name == "answer" else hall.supervisor


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("state", R.values)
def test_every_state_and_action(hall, state, name):
    remediation = ready_for(hall, name, state)
    sources, target = MOVES[name]
    if state in sources:
        assert do(name, remediation, doer(hall, name)).state == target
        assert history_of(remediation)[0].action == name
    else:
        with pytest.raises(WorkflowError):
            do(name, remediation, doer(hall, name))
        assert RatingRemediation.objects.get(pk=remediation.pk).state == state


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", MOVES)
def test_every_action_and_role(hall, name, role):
    remediation = ready_for(hall, name, next(iter(MOVES[name][0])))
    person = hall.person(role)
    if role in ALLOWED[name]:
        assert do(name, remediation, person).state == MOVES[name][1]
        return
    with pytest.raises(NotPermitted):
        do(name, remediation, person)
    assert name not in {t.name for t in REMEDIATION_WORKFLOW.available(remediation, person)}


@pytest.mark.parametrize("name", ["verify", "reject", "call_back", "close"])
@pytest.mark.parametrize("part", ["clerk", "reviewer", "approver", "issuer"])
def test_the_rated_people_decide_nothing_even_as_supervisors(name, part):
    hall = RatingHall()
    role = {"clerk": "window"}.get(part, part)
    rated = UserFactory(roles=[role, "supervisor"], outlet=hall.outlet, department=hall.department)
    setattr(hall, part, rated)
    answerer = UserFactory(roles=["window"], outlet=hall.outlet)
    remediation = hall.rating(1).remediation
    if name in {"call_back", "close"}:
        remediation = do("verify", remediation, hall.supervisor)
        remediation = do("answer", remediation, answerer)
    if name == "close":
        remediation = do("call_back", remediation, hall.supervisor)
    with pytest.raises(WorkflowError, match="经办过"):
        do(name, remediation, rated)
    assert name not in {t.name for t in REMEDIATION_WORKFLOW.available(remediation, rated)}
    do(name, remediation, hall.second)


def test_who_answered_in_any_round_neither_calls_back_nor_closes(hall):
    answerer = UserFactory(roles=["approver", "supervisor"], department=hall.department)
    remediation = hall.remediation_in(R.RECTIFYING)
    remediation = do("answer", remediation, answerer)
    with pytest.raises(WorkflowError, match="由您提交"):
        do("call_back", remediation, answerer)
    remediation = do("call_back", remediation, hall.supervisor, verdict=CallBackVerdict.DISSATISFIED)
    remediation = do("answer", remediation, hall.clerk)
    remediation = do("call_back", remediation, hall.supervisor)
    with pytest.raises(WorkflowError, match="由您提交"):
        do("close", remediation, answerer)
    assert do("close", remediation, hall.second).closed_by == hall.second


def test_the_database_holds_it_too(hall):
    remediation = hall.remediation_in(R.CALLING_BACK)
    with pytest.raises(IntegrityError), transaction.atomic():
        RatingRemediation.objects.filter(pk=remediation.pk).update(closed_by=remediation.answered_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        RatingRemediation.objects.filter(pk=remediation.pk).update(state=R.CLOSED)


def test_who_is_still_dissatisfied_sends_it_back(hall):
    remediation = hall.remediation_in(R.CALLING_BACK)
    back = do("call_back", remediation, hall.supervisor, verdict=CallBackVerdict.DISSATISFIED)
    assert (back.state, back.rounds, back.verdict) == (R.RECTIFYING, 1, CallBackVerdict.DISSATISFIED)
    assert [e.action for e in history_of(back)][:2] == ["send_back", "call_back"]
    again = do("answer", back, hall.clerk)
    assert again.verdict == "", "the new answer asks for a call-back of its own"
    with pytest.raises(WorkflowError, match="尚未回访"):
        do("close", again, hall.supervisor)


def test_it_is_called_back_once_a_round(hall):
    remediation = do("call_back", hall.remediation_in(R.CALLING_BACK), hall.supervisor)
    with pytest.raises(WorkflowError, match="已登记回访"):
        do("call_back", remediation, hall.supervisor)


def test_what_is_unfounded_no_longer_counts_and_stays(hall):
    remediation = hall.remediation_in(R.UNFOUNDED)
    rating = remediation.rating
    rating.refresh_from_db()
    assert rating.standing == RatingStanding.INVALID
    assert "不属实" in rating.judgement
    assert rating.comment == "等了两个小时"


@pytest.mark.parametrize("name", MOVES)
def test_every_step_says_why(hall, name):
    remediation = ready_for(hall, name, next(iter(MOVES[name][0])))
    extra = {"verdict": CallBackVerdict.SATISFIED} if name == "call_back" else {}
    with pytest.raises(WorkflowError, match="理由"):
        VERBS[name](remediation=remediation, actor=doer(hall, name), reason="  ", **extra)
    with pytest.raises(ValidationError):
        VERBS[name](remediation=remediation, actor=doer(hall, name), reason="长" * 1001, **extra)


def test_the_deadline_counts_working_days(hall, settings):
    settings.RATING_REMEDIATION_WORKING_DAYS = 3
    with freeze_time("2026-11-05 02:00:00") as frozen:  # a Thursday
        remediation = hall.rating(2).remediation
        assert str(remediation.due_on) == "2026-11-10"
        assert not remediation.is_overdue
        frozen.move_to("2026-11-11 02:00:00")
        assert remediation.is_overdue
        assert RatingRemediation.objects.queue_counts() == {
            "verifying": 1,
            "rectifying": 0,
            "calling_back": 0,
            "overdue": 1,
        }
        assert RatingRemediation.objects.in_queue("overdue").get() == remediation


def test_another_department_can_be_made_responsible(hall):
    other = DepartmentFactory()
    theirs = UserFactory(roles=["reviewer"], department=other)
    remediation = hall.remediation_in(R.VERIFYING)
    assert not RatingRemediation.objects.visible_to(theirs).exists()
    remediation = do("verify", remediation, hall.supervisor, department=other)
    assert RatingRemediation.objects.visible_to(theirs).get() == remediation
    assert not RatingRemediation.objects.visible_to(hall.reviewer).exists()


def test_two_people_at_once(hall):
    remediation = hall.remediation_in(R.VERIFYING)
    do("verify", remediation, hall.supervisor, version=remediation.version)
    with pytest.raises(EditConflict):
        do("reject", remediation, hall.second, version=remediation.version)


def test_its_papers_name_the_matter_and_no_applicant(hall):
    remediation = hall.remediation_in(R.CLOSED)
    papers = list(remediation.documents.all())
    assert [p.kind for p in papers] == [PaperKind.REMEDIATION, PaperKind.REMEDIATION_RESULT]
    for paper in papers:
        assert "测试申请人" not in str(paper.content)
        assert "等了两个小时" in str(paper.content)
        assert render_paper(paper).startswith(b"%PDF")
    assert "对整改满意" in str(papers[1].content)


def test_who_sees_which(hall):
    remediation = hall.remediation_in(R.RECTIFYING)
    RatingHall().remediation_in(R.RECTIFYING)
    for role, seen in {
        "window": 1,
        "reviewer": 1,
        "approver": 1,
        "supervisor": 2,
        "official": 2,
        "helper": 0,
    }.items():
        rows = RatingRemediation.objects.visible_to(hall.person(role))
        assert rows.count() == seen, role
        assert seen != 1 or rows.get() == remediation
