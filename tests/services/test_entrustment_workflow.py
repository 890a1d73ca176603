"""Every state × action × role of an entrustment, its guards, and what a helper may not decide."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from services.actions import cases as case_do
from services.actions import entrustment_acts as acts
from services.actions import entrustment_ends as ends
from services.actions import entrustments as do
from services.actions.entrustment_acts import PaperLine
from services.choices_cases import CaseState, PaperKind
from services.choices_entrustments import EntrustmentState
from services.models import Case, Entrustment, RatingInvitation
from services.papers.render import qr_of, rating_address
from services.workflow import CASE_WORKFLOW
from services.workflow_entrustments import ENTRUSTMENT_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall
from tests.factories.directory import OutletFactory
from tests.factories.entrustments import HelpDesk
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.chinese import plain_date
from tuoxian_portal.core.errors import EditConflict, NotPermitted, PortalError, WorkflowError

pytestmark = pytest.mark.django_db
S = EntrustmentState
ROLES = ["window", "reviewer", "approver", "issuer", "supervisor", "official", "helper"]
OPEN = {S.CONSULTED, S.PROMISED, S.DRAWN_UP, S.HELPING, S.SUSPENDED}
# Who may do what, from where to where, written down a second time. `None` leaves the state.
ALLOWED = {
    "assign": {"supervisor"},
    "amend": {"helper"},
    "promise": {"helper"},
    "draw_up": {"helper"},
    "sign": {"helper"},
    "record_step": {"helper"},
    "link_case": {"helper"},
    "receive_papers": {"helper"},
    "return_papers": {"helper"},
    "record_visit": {"helper"},
    "issue_plan": {"helper"},
    "renew": {"helper"},
    "suspend": {"helper"},
    "resume": {"helper"},
    "sign_off": {"helper"},
    "follow_up": {"window", "supervisor"},
    "withdraw": {"helper"},
    "terminate": {"supervisor"},
}
MOVES: dict[str, tuple[set[str], str | None]] = {
    "assign": ({S.CONSULTED, S.PROMISED}, None),
    "amend": ({S.CONSULTED, S.PROMISED}, None),
    "promise": ({S.CONSULTED}, S.PROMISED),
    "draw_up": ({S.PROMISED, S.DRAWN_UP}, S.DRAWN_UP),
    "sign": ({S.DRAWN_UP}, S.HELPING),
    "record_step": ({S.HELPING}, None),
    "link_case": ({S.HELPING}, None),
    "receive_papers": ({S.HELPING}, None),
    "record_visit": ({S.PROMISED, S.DRAWN_UP, S.HELPING}, None),
    "renew": ({S.HELPING}, None),
    "suspend": ({S.HELPING}, S.SUSPENDED),
    "resume": ({S.SUSPENDED}, S.HELPING),
    "sign_off": ({S.HELPING}, S.SIGNED_OFF),
    "follow_up": ({S.SIGNED_OFF}, S.CLOSED),
    "withdraw": (OPEN, S.TERMINATED),
    "terminate": (OPEN, S.TERMINATED),
    # Their guards refuse in the plain case of each state; tested one by one elsewhere.
    "return_papers": (set(), None),
    "issue_plan": (set(), None),
}


def call(name: str, desk: HelpDesk, entrustment: Entrustment, actor: Any) -> Entrustment:
    """Does `name` with arguments that are good."""
    who: dict[str, Any] = {"entrustment": entrustment, "actor": actor}
    calls = {
        "assign": lambda: do.assign_helper(**who, helper=desk.other_helper),
        "amend": lambda: do.amend_entrustment(
            **who, principal=desk.principal(phone="", number=""), mode="window", outlet=desk.outlet
        ),
        "promise": lambda: do.promise_help(**who),
        "draw_up": lambda: desk.draw_up(entrustment, actor=actor),
        "sign": lambda: do.sign_authority(**who, signer="测试申请人"),
        "record_step": lambda: desk.step(entrustment, actor=actor),
        "link_case": lambda: acts.link_case(**who, case_number=desk.record().case_number),
        "receive_papers": lambda: acts.receive_papers(
            **who, papers=[PaperLine("营业执照")], handed_by="测试申请人"
        ),
        "return_papers": lambda: acts.return_papers(**who, papers=[1], returned_to="测试申请人"),
        "record_visit": lambda: acts.record_visit(
            **who,
            at=entrustment.created_at,
            address="双河镇测试路1号",
            visitors="测试人员",
            what="说明材料",
            outcome="已说明",
            signer="测试申请人",
        ),
        "issue_plan": lambda: acts.issue_plan(**who),
        "renew": lambda: do.renew_authority(**who, signer="测试申请人", ends_on=today() + timedelta(days=90)),
        "suspend": lambda: do.suspend_help(**who, reason="委托人外出"),
        "resume": lambda: do.resume_help(**who, signer="测试申请人"),
        "sign_off": lambda: ends.sign_off(**who, signer="测试申请人", result="已办好"),
        "follow_up": lambda: ends.follow_up(**who, grade="satisfied"),
        "withdraw": lambda: ends.withdraw_entrustment(**who, reason="自己办理"),
        "terminate": lambda: ends.terminate_entrustment(**who, reason="帮办员离岗"),
    }
    return calls[name]()


def test_the_tables_of_this_test_name_every_act_of_people() -> None:
    people = {t.name for t in ENTRUSTMENT_WORKFLOW.transitions if t.permission}
    assert people == set(ALLOWED) == set(MOVES)


@pytest.mark.parametrize("state", EntrustmentState.values)
def test_every_act_in_every_state_by_every_role(state: str) -> None:
    desk = HelpDesk()
    entrustment = desk.entrustment_in(state)
    for name, (sources, target) in MOVES.items():
        for role in ROLES:
            if role not in ALLOWED[name]:
                with pytest.raises(NotPermitted):
                    ENTRUSTMENT_WORKFLOW.check(entrustment, name, desk.person(role), reason="理由")
        for role in ALLOWED[name]:
            point = transaction.savepoint()
            before = LogEntry.objects.filter(action=name).count()
            error: PortalError | None = None
            try:
                saved = call(name, desk, entrustment, desk.person(role))
            except PortalError as raised:
                error = raised
            written = LogEntry.objects.filter(action=name).count() - before
            transaction.savepoint_rollback(point)
            where = (state, name, role, error)
            if state in sources:
                assert error is None, where
                assert saved.state == (target or state), where
                assert written == 1, where
            else:
                assert isinstance(error, WorkflowError), where
                assert written == 0, where


def test_an_older_page_overwrites_nothing() -> None:
    desk = HelpDesk()
    seen = desk.ask()
    do.promise_help(entrustment=seen, actor=desk.helper, version=seen.version)
    with pytest.raises((EditConflict, WorkflowError)):
        do.promise_help(entrustment=seen, actor=desk.helper, version=seen.version)
    helping = desk.helping()
    desk.step(helping, version=helping.version)
    with pytest.raises(EditConflict):
        desk.step(helping, version=helping.version)
    assert helping.steps.count() == 1


# --- Who -------------------------------------------------------------------------------------------


def test_another_helper_of_the_outlet_cannot_act_under_the_authority() -> None:
    desk = HelpDesk()
    entrustment = desk.helping()
    with pytest.raises(WorkflowError, match="请由本人或协办人办理"):
        desk.step(entrustment, actor=desk.other_helper)
    Entrustment.objects.filter(pk=entrustment.pk).update(co_helper=desk.other_helper)
    assert desk.step(entrustment, actor=desk.other_helper).steps.count() == 1


def test_a_stranger_of_another_outlet_sees_and_does_nothing() -> None:
    desk = HelpDesk()
    entrustment = desk.ask()
    stranger = UserFactory(roles=["helper"], outlet=OutletFactory())
    assert not Entrustment.objects.visible_to(stranger).exists()
    with pytest.raises(NotPermitted):
        do.promise_help(entrustment=entrustment, actor=stranger)
    do.assign_helper(entrustment=entrustment, actor=desk.supervisor, helper=stranger)
    assert Entrustment.objects.visible_to(stranger).get() == entrustment


def test_only_a_helper_can_be_assigned() -> None:
    desk = HelpDesk()
    entrustment = desk.ask()
    for person in (desk.clerk, desk.reviewer, None):
        with pytest.raises(ValidationError):
            do.assign_helper(entrustment=entrustment, actor=desk.supervisor, helper=person)
    with pytest.raises(ValidationError, match="同一人"):
        do.assign_helper(
            entrustment=entrustment, actor=desk.supervisor, helper=desk.helper, co_helper=desk.helper
        )


def test_the_helper_does_not_call_back_herself() -> None:
    desk = HelpDesk()
    both = UserFactory(roles=["helper", "window"], outlet=desk.outlet)
    desk.helper = both
    entrustment = desk.entrustment_in(S.SIGNED_OFF)
    with pytest.raises(WorkflowError, match="回访须由另一人办理"):
        ends.follow_up(entrustment=entrustment, actor=both, grade="satisfied")


def test_dissatisfaction_needs_its_reason() -> None:
    desk = HelpDesk()
    entrustment = desk.entrustment_in(S.SIGNED_OFF)
    with pytest.raises(ValidationError, match="不满意的原因"):
        ends.follow_up(entrustment=entrustment, actor=desk.supervisor, grade="dissatisfied")
    with pytest.raises(ValidationError):
        ends.follow_up(entrustment=entrustment, actor=desk.supervisor, grade="excellent")
    closed = ends.follow_up(
        entrustment=entrustment, actor=desk.supervisor, grade="dissatisfied", note="等了太久"
    )
    assert (closed.state, closed.followed_up_by) == (S.CLOSED, desk.supervisor)


# --- Sign-off --------------------------------------------------------------------------------------


def test_sign_off_names_the_originals_that_are_not_back() -> None:
    desk = HelpDesk()
    entrustment = desk.hand_in(desk.entrustment_in(S.HELPING))
    with pytest.raises(WorkflowError, match="营业执照") as refused:
        ends.sign_off(entrustment=entrustment, actor=desk.helper, signer="测试申请人", result="已办好")
    assert "章程" not in refused.value.message  # a copy may stay
    original = entrustment.papers.get(form="original")
    acts.return_papers(
        entrustment=entrustment, actor=desk.helper, papers=[original.pk], returned_to="测试申请人"
    )
    with pytest.raises(ValidationError, match="已经退还"):
        acts.return_papers(
            entrustment=entrustment, actor=desk.helper, papers=[original.pk], returned_to="测试申请人"
        )
    signed = ends.sign_off(entrustment=entrustment, actor=desk.helper, signer="测试申请人", result="已办好")
    assert signed.state == S.SIGNED_OFF


def test_who_signs_off_is_given_the_invitation_on_paper() -> None:
    desk = HelpDesk()
    signed = desk.entrustment_in(S.SIGNED_OFF)
    paper = signed.documents.get(kind=PaperKind.INVITATION)
    invitation = RatingInvitation.objects.get(entrustment=signed)
    assert qr_of(paper) == (rating_address(signed), "扫码评价")
    assert invitation.address() in rating_address(signed)
    # The link is on paper only: not in what is frozen, and none is printed for who ends early.
    assert invitation.token not in str(paper.content)
    assert f"{plain_date(invitation.expires_on)}前有效" in paper.content["after"][0]
    ended = ends.withdraw_entrustment(entrustment=desk.helping(), actor=desk.helper, reason="自己办理")
    assert not ended.documents.filter(kind=PaperKind.INVITATION).exists()


def test_sign_off_waits_for_the_cases() -> None:
    desk = HelpDesk()
    entrustment = desk.helping()
    case = desk.linked_case(entrustment)
    with pytest.raises(WorkflowError, match=case.case_number):
        ends.sign_off(entrustment=entrustment, actor=desk.helper, signer="测试申请人", result="已办好")
    desk.bring(case, CaseState.WITHDRAWN)
    assert list(Entrustment.objects.ready_to_sign_off()) == [entrustment]
    ends.sign_off(entrustment=entrustment, actor=desk.helper, signer="测试申请人", result="申请人撤回")


def test_nothing_done_is_not_signed_off() -> None:
    desk = HelpDesk()
    with pytest.raises(WorkflowError, match="还没有任何帮办记录"):
        ends.sign_off(entrustment=desk.helping(), actor=desk.helper, signer="测试申请人", result="已办好")


def test_papers_go_back_after_the_end_too() -> None:
    desk = HelpDesk()
    entrustment = desk.hand_in(desk.helping())
    ended = ends.withdraw_entrustment(entrustment=entrustment, actor=desk.helper, reason="自己办理")
    assert list(Entrustment.objects.holding_originals()) == [ended]
    notice = ended.documents.get(kind="help_end")
    assert "营业执照" in str(notice.content["table"]["rows"])
    papers = list(ended.papers.values_list("pk", flat=True))
    # Somebody else of the outlet may give them back: the helper may be gone.
    acts.return_papers(entrustment=ended, actor=desk.other_helper, papers=papers, returned_to="测试申请人")
    assert not Entrustment.objects.holding_originals().exists()


# --- The helper decides nothing about the case -----------------------------------------------------

DECIDING_ACTS = {
    "sign_in": ("reviewer", CaseState.ACCEPTED),
    "submit": ("reviewer", CaseState.REVIEWING),
    "start_special": ("approver", CaseState.REVIEWING),
    "end_special": ("reviewer", CaseState.SPECIAL),
    "extend": ("approver", CaseState.REVIEWING),
    "approve": ("approver", CaseState.DECIDING),
    "refuse": ("approver", CaseState.DECIDING),
    "return_to_review": ("approver", CaseState.DECIDING),
    "decline": ("approver", CaseState.RECEIVED),
    "terminate": ("approver", CaseState.REVIEWING),
    "finish_instantly": ("approver", CaseState.RECEIVED),
}


@pytest.mark.parametrize("name", DECIDING_ACTS)
def test_a_helper_neither_reviews_nor_decides_her_case(name: str) -> None:
    desk = HelpDesk()
    role, state = DECIDING_ACTS[name]
    # Somebody with both roles: the permission alone would let her.
    both = UserFactory(roles=["helper", role], outlet=desk.outlet, department=desk.department)
    desk.helper = both
    entrustment = desk.helping()
    case = desk.linked_case(entrustment)
    fresh = Case.objects.get(pk=case.pk)
    fresh.state = state
    with pytest.raises(WorkflowError, match="您是本件的帮办员"):
        CASE_WORKFLOW.check(fresh, name, both, reason="理由")
    assert name not in {t.name for t in CASE_WORKFLOW.available(fresh, both)}


def test_who_once_helped_stays_out_of_the_decision() -> None:
    desk = HelpDesk()
    both = UserFactory(roles=["helper", "reviewer"], outlet=desk.outlet, department=desk.department)
    first, desk.helper = desk.helper, both
    entrustment = desk.helping()
    case = desk.linked_case(entrustment)
    do.renew_authority(entrustment=entrustment, actor=both, signer="测试申请人", helper=first)
    case = case_do.accept_case(case=case, actor=desk.clerk)
    case = case_do.hand_over(case=case, actor=desk.clerk)
    with pytest.raises(WorkflowError, match="您是本件的帮办员"):
        case_do.sign_in(case=case, actor=both)
    case_do.sign_in(case=case, actor=desk.reviewer)


def test_a_reviewer_of_the_case_cannot_become_its_helper() -> None:
    desk = HelpDesk()
    both = UserFactory(roles=["helper", "reviewer"], outlet=desk.outlet, department=desk.department)
    reviewer, desk.reviewer = desk.reviewer, both
    case = desk.case_in(CaseState.REVIEWING)
    desk.reviewer = reviewer
    entrustment = desk.helping()
    acts.link_case(entrustment=entrustment, actor=desk.helper, case_number=case.case_number)
    with pytest.raises(ValidationError, match="审查或审批人"):
        do.renew_authority(entrustment=entrustment, actor=desk.helper, signer="测试申请人", helper=both)
    desk.helper = both
    own = desk.helping()
    ends.withdraw_entrustment(entrustment=entrustment, actor=entrustment.helper, reason="换人")
    with pytest.raises(WorkflowError, match="审查或审批人"):
        acts.link_case(entrustment=own, actor=both, case_number=case.case_number)


def test_the_clerk_who_helps_does_not_review_an_instant_case() -> None:
    desk = HelpDesk(handling_kind="instant")
    both = UserFactory(roles=["helper", "window"], outlet=desk.outlet)
    desk.helper = desk.clerk = both
    case = desk.linked_case(desk.helping())
    with pytest.raises(WorkflowError, match="收件人是本件的帮办员"):
        case_do.finish_instantly(case=case, actor=desk.approver)


def test_cases_without_help_are_decided_as_before() -> None:
    hall = Hall()
    assert hall.case_in(CaseState.COLLECTING).outcome == "approved"
