"""好差评: the invitation, the one rating, what is doubted, what may be published."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from freezegun import freeze_time

from services.actions import ratings as rate
from services.actions.clocks import close_delivered
from services.actions.entrustment_ends import follow_up
from services.choices_cases import CaseState, PaperKind
from services.choices_entrustments import EntrustmentState
from services.choices_ratings import (
    Doubt,
    RatingChannel,
    RatingGrade,
    RatingStanding,
    RemediationState,
)
from services.integrity import RatingFacts, doubts
from services.models import Case, PublishedAnswer, RatingInvitation, ServiceRating
from services.papers.render import qr_of, render_paper
from services.workflow_ratings import RATING_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory
from tests.factories.entrustments import HelpDesk
from tests.factories.ratings import RatingHall, TagFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
ROLES = ["window", "reviewer", "approver", "issuer", "supervisor", "official", "helper"]


@pytest.fixture
def hall():
    return RatingHall()


# --- The invitation ---------------------------------------------------------------------------


def test_a_case_that_is_done_is_invited_once_on_paper(hall):
    case = hall.case_in(CaseState.COMPLETED)
    invitation = case.rating_invitation
    assert invitation.is_open
    assert invitation.expires_on == timezone.localdate() + timedelta(days=30)
    assert (invitation.department, invitation.outlet, invitation.item) == (
        case.department,
        case.outlet,
        case.item,
    )
    paper = case.documents.get(kind=PaperKind.INVITATION)
    address, caption = qr_of(paper)
    assert address.endswith(f"/services/rate/{invitation.token}/?via=window_qr")
    assert caption == "扫码评价"
    assert invitation.token not in str(paper.content), "the frozen paper gives no link away"
    assert render_paper(paper) == render_paper(paper)
    with pytest.raises(IntegrityError), transaction.atomic():
        rate.invite(case=case, actor=None, at=timezone.now())


def test_an_instant_case_and_one_that_the_nightly_task_closes_are_invited_too():
    hall = RatingHall(handling_kind="instant")
    from services.actions.cases import finish_instantly

    assert finish_instantly(case=hall.record(), actor=hall.approver).rating_invitation.is_open
    left = hall.case_in(CaseState.COMPLETED)
    left.rating_invitation.delete()
    Case.objects.filter(pk=left.pk).update(state=CaseState.DELIVERED, closed_on=None)
    assert close_delivered() == 1
    assert RatingInvitation.objects.filter(case=left).count() == 1


@pytest.mark.parametrize(
    "state", [CaseState.WITHDRAWN, CaseState.DECLINED, CaseState.VOID, CaseState.REVIEWING]
)
def test_what_did_not_end_in_delivery_is_not_invited(hall, state):
    case = hall.case_in(state)
    assert not RatingInvitation.objects.filter(case=case).exists()


def test_the_database_holds_no_link(hall):
    invitation = hall.invitation()
    assert len(invitation.token) >= 22, "at least 128 bits"
    stored = (
        RatingInvitation.objects.filter(pk=invitation.pk).extra(select={"raw": "token"}).values_list("raw")
    )
    assert invitation.token not in str(stored)
    assert rate.find_invitation(invitation.token) == invitation
    assert rate.find_invitation("") is None
    assert rate.find_invitation(invitation.token_hash) is None


def test_an_invitation_is_about_exactly_one_thing(hall):
    with pytest.raises(IntegrityError), transaction.atomic():
        RatingInvitation.objects.create(
            title="无",
            outlet=hall.outlet,
            invited_at=timezone.now(),
            invited_on=timezone.localdate(),
            expires_on=timezone.localdate(),
        )


# --- One rating -------------------------------------------------------------------------------


@pytest.mark.parametrize("grade", RatingGrade)
def test_every_grade_is_taken_and_bad_ones_open_a_rectification(hall, grade):
    tag = TagFactory()
    rating = rate.submit_rating(invitation=hall.invitation(), grade=grade, tags=[tag.code], comment=" 好 ")
    assert (rating.grade, rating.comment, rating.tag_names) == (grade, "好", [tag.name])
    assert (rating.standing, rating.doubts) == (RatingStanding.CLEAR, [])
    remediation = getattr(rating, "remediation", None)
    assert (remediation is not None) == grade.is_bad == (grade <= 2)
    if remediation:
        assert remediation.state == RemediationState.VERIFYING
        assert (remediation.department, remediation.outlet) == (hall.department, hall.outlet)
    assert [e.action for e in history_of(rating)] == ["rate"]


def test_a_link_works_once(hall):
    invitation = hall.invitation()
    rate.submit_rating(invitation=invitation, grade=5)
    with pytest.raises(rate.RatingClosed, match="已经评价过"):
        rate.submit_rating(invitation=invitation, grade=1)
    with pytest.raises(rate.RatingClosed):
        rate.record_rating(invitation=invitation, actor=hall.supervisor, grade=1, channel="paper")
    assert ServiceRating.objects.get().grade == 5
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRating.objects.create(
            number="PJ-2", invitation=invitation, grade=1, channel="online", rated_at=timezone.now()
        )


def test_a_link_expires_the_day_after_its_last(hall):
    with freeze_time("2026-11-02 02:00:00") as frozen:
        invitation = hall.invitation()
        assert str(invitation.expires_on) == "2026-12-02"
        frozen.move_to("2026-12-02 15:59:00")  # 23:59 in the county
        assert RatingInvitation.objects.get().is_open
        frozen.move_to("2026-12-02 16:01:00")
        with pytest.raises(rate.RatingClosed, match="过期"):
            rate.submit_rating(invitation=invitation, grade=5)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"grade": 0}, "grade"),
        ({"grade": 6}, "grade"),
        ({"grade": None}, "grade"),
        ({"grade": 5, "comment": "长" * 501}, "comment"),
        ({"grade": 5, "tags": ["no-such-tag"]}, "tags"),
    ],
)
def test_bad_input_is_refused_by_field_and_the_link_stays_good(hall, values, field):
    invitation = hall.invitation()
    with pytest.raises(ValidationError) as caught:
        rate.submit_rating(invitation=invitation, **values)
    assert list(caught.value.message_dict) == [field]
    invitation.refresh_from_db()
    assert invitation.is_open


def test_five_hundred_characters_are_not_too_many(hall):
    assert len(hall.rating(comment="长" * 500).comment) == 500


def test_the_comment_is_sealed_and_no_address_is_kept(hall):
    from tuoxian_portal.audit.context import remote_address

    before = remote_address.set("203.0.113.77")
    try:
        rating = hall.rating(comment="打 13812345678 找我", address="203.0.113.77")
    finally:
        remote_address.reset(before)
    raw = str(list(ServiceRating.objects.extra(select={"raw": "comment"}).values_list("raw", "address_hash")))
    assert "13812345678" not in raw
    assert "203.0.113.77" not in raw
    assert rating.address_hash
    assert (
        not LogEntry.objects.filter(action__in=["rate", "open"], address="203.0.113.77", actor=None)
        .filter(object_id=str(rating.pk), action="rate")
        .exists()
    )


# --- Staff enter what came on paper -----------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_who_may_enter_a_rating(hall, role):
    invitation = hall.invitation()
    person = hall.person(role)

    def record():
        return rate.record_rating(invitation=invitation, actor=person, grade=4, channel="phone")

    if role in {"window", "supervisor"}:
        assert record().recorded_by == person
    else:
        with pytest.raises(NotPermitted):
            record()


def test_staff_enter_only_what_staff_can_and_only_of_their_outlet(hall):
    invitation = hall.invitation()
    with pytest.raises(ValidationError):
        rate.record_rating(invitation=invitation, actor=hall.clerk, grade=4, channel="online")
    with pytest.raises(NotPermitted):
        rate.record_rating(
            invitation=hall.other_case().rating_invitation, actor=hall.clerk, grade=4, channel="paper"
        )


# --- What is doubted --------------------------------------------------------------------------

PLAIN = {"channel": RatingChannel.ONLINE, "seconds_after_invitation": 3600.0}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"seconds_after_invitation": 20.0}, []),
        ({"seconds_after_invitation": 19.9}, [Doubt.TOO_FAST]),
        ({"seconds_after_invitation": 1.0, "channel": RatingChannel.PAPER}, []),
        ({"staff_session": True}, [Doubt.STAFF_SESSION]),
        ({"recorded_by_handler": True, "channel": RatingChannel.PAPER}, [Doubt.OWN_CASE]),
        ({"phone_is_offices": True}, [Doubt.STAFF_PHONE]),
        ({"from_phone": 2}, []),
        ({"from_phone": 3}, [Doubt.SAME_PHONE]),
        ({"from_address": 2}, []),
        ({"from_address": 3}, [Doubt.SAME_ADDRESS]),
        ({"from_address": 30, "hall_device": True}, []),
        ({"from_address": 30, "channel": RatingChannel.PHONE}, []),
        (
            {"staff_session": True, "from_phone": 9, "from_address": 9, "seconds_after_invitation": 0.0},
            [Doubt.STAFF_SESSION, Doubt.SAME_PHONE, Doubt.SAME_ADDRESS, Doubt.TOO_FAST],
        ),
    ],
)
def test_the_rules_of_doubt(facts, expected):
    assert doubts(RatingFacts(**{**PLAIN, **facts})) == [str(code) for code in expected]


def test_the_facts_are_gathered(hall):
    quick = hall.rating(minutes_ago=0.1)
    assert quick.doubts == [Doubt.TOO_FAST]
    phone = "13700001111"
    same = [hall.rating(applicant=hall.applicant(phone=phone)) for _ in range(4)]
    assert [bool(r.doubts) for r in same] == [False, False, False, True]
    assert same[-1].doubts == [Doubt.SAME_PHONE]
    near = [hall.rating(address="192.0.2.1") for _ in range(4)]
    assert [r.doubts for r in near] == [[], [], [], [Doubt.SAME_ADDRESS]]
    DepartmentFactory(phone="0471-8512345")
    assert hall.rating(applicant=hall.applicant(phone="8512345")).doubts == [Doubt.STAFF_PHONE]
    recorded = rate.record_rating(invitation=hall.invitation(), actor=hall.clerk, grade=5, channel="paper")
    assert recorded.doubts == [Doubt.OWN_CASE]


def test_an_hour_later_the_same_address_is_no_news(hall):
    with freeze_time("2026-11-02 02:00:00") as frozen:
        for _ in range(3):
            hall.rating(address="192.0.2.1")
        frozen.move_to("2026-11-02 03:00:01")
        assert hall.rating(address="192.0.2.1").doubts == []


def test_the_halls_own_device_may_be_used_often(hall, settings):
    settings.RATING_DEVICE_ADDRESSES = ["192.0.2.1"]
    assert all(hall.rating(address="192.0.2.1").doubts == [] for _ in range(5))


def test_a_doubtful_rating_is_kept_answered_and_not_counted(hall):
    rating = hall.doubtful(RatingGrade.DISSATISFIED)
    assert rating.standing == RatingStanding.DOUBTFUL
    assert rating.remediation.is_open
    figures = RatingInvitation.objects.satisfaction()
    assert (figures.invited, figures.rated, figures.n) == (1, 1, 0)
    rate.confirm_rating(rating=rating, actor=hall.supervisor, reason="电话核实是本人")
    assert RatingInvitation.objects.satisfaction().grades[2] == 1


def test_an_invalid_rating_ends_its_rectification_and_stays(hall):
    rating = hall.doubtful(RatingGrade.VERY_DISSATISFIED)
    rate.dismiss_rating(rating=rating, actor=hall.supervisor, reason="电话核实不是本人")
    rating.refresh_from_db()
    rating.remediation.refresh_from_db()
    assert rating.standing == RatingStanding.INVALID
    assert rating.judgement == "电话核实不是本人"
    assert rating.remediation.state == RemediationState.UNFOUNDED
    assert RatingInvitation.objects.satisfaction().n == 0
    assert [e.action for e in history_of(rating)] == ["dismiss", "rate"]


S = RatingStanding
MOVES = {
    "doubt": ({S.CLEAR}, S.DOUBTFUL),
    "confirm": ({S.DOUBTFUL}, S.VALID),
    "dismiss": ({S.DOUBTFUL}, S.INVALID),
    "publish": ({S.CLEAR, S.VALID}, None),
    "unpublish": ({S.CLEAR, S.VALID}, None),
}
VERBS = {
    "doubt": rate.doubt_rating,
    "confirm": rate.confirm_rating,
    "dismiss": rate.dismiss_rating,
    "publish": rate.publish_rating,
    "unpublish": rate.unpublish_rating,
}


def in_standing(hall, standing):
    if standing == S.CLEAR:
        return hall.rating()
    rating = hall.doubtful()
    if standing == S.VALID:
        rate.confirm_rating(rating=rating, actor=hall.supervisor, reason="已核实")
    if standing == S.INVALID:
        rate.dismiss_rating(rating=rating, actor=hall.supervisor, reason="已核实")
    return ServiceRating.objects.get(pk=rating.pk)


def do(hall, name, rating, actor):
    extra = {"answer": "谢谢您的评价。"} if name == "publish" else {}
    return VERBS[name](rating=rating, actor=actor, reason="已核实", **extra)


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("standing", S.values)
def test_every_standing_and_verb(hall, standing, name):
    rating = in_standing(hall, standing)
    sources, target = MOVES[name]
    if name == "unpublish" and standing in sources:
        do(hall, "publish", rating, hall.supervisor)
        rating = ServiceRating.objects.get(pk=rating.pk)
    if standing in sources:
        assert do(hall, name, rating, hall.supervisor).standing == (target or standing)
    else:
        with pytest.raises(WorkflowError):
            do(hall, name, rating, hall.supervisor)
        assert ServiceRating.objects.get(pk=rating.pk).standing == standing


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["doubt", "confirm", "publish"])
def test_only_a_supervisor_decides_and_publishes(hall, role, name):
    rating = in_standing(hall, S.DOUBTFUL if name == "confirm" else S.CLEAR)
    if role == "supervisor":
        do(hall, name, rating, hall.supervisor)
        return
    with pytest.raises(NotPermitted):
        do(hall, name, rating, hall.person(role))
    assert RATING_WORKFLOW.available(rating, hall.person(role)) == []


def test_who_handled_the_case_or_entered_the_rating_does_not_judge_it(hall):
    both = UserFactory(roles=["window", "supervisor"], outlet=hall.outlet)
    hall.clerk = both
    rating = hall.doubtful()
    with pytest.raises(WorkflowError, match="经办过"):
        rate.confirm_rating(rating=rating, actor=both, reason="没问题")
    entered = rate.record_rating(invitation=hall.invitation(), actor=hall.second, grade=5, channel="paper")
    with pytest.raises(WorkflowError, match="由您录入"):
        rate.doubt_rating(rating=entered, actor=hall.second, reason="存疑")


def test_the_second_of_two_supervisors_is_told(hall):
    rating = hall.doubtful()
    rate.confirm_rating(rating=rating, actor=hall.supervisor, reason="已核实", version=rating.version)
    with pytest.raises(EditConflict):
        rate.dismiss_rating(rating=rating, actor=hall.second, reason="已核实", version=rating.version)


# --- Publishing -------------------------------------------------------------------------------


def publish(hall, rating, **texts):
    rate.publish_rating(rating=rating, actor=hall.supervisor, **{"answer": "谢谢。", **texts})
    return PublishedAnswer.objects.get(rating=rating)


@pytest.mark.parametrize("field", ["comment", "answer"])
@pytest.mark.parametrize(
    "text",
    [
        "请打13812345678",
        "请打 138-1234-5678",
        "请打１３８１２３４５６７８",
        "一三八一二三四五六七八",
        "幺三八 一二三四 五六七八",
        "身份证11010519491231002X",
        "代码91350100M000100Y43",
        "办件150122-20261124-0001",
        "座机0471-8512345",
        "邮箱a@example.com",
        "蒙A·12345 停在门口",
        "测试申请人办得快",
        "测 试 申 请 人办得快",
        "找王女士办的",
        "李科长说的",
    ],
)
def test_what_could_point_at_somebody_is_not_published(hall, field, text):
    rating = hall.rating()
    with pytest.raises(ValidationError) as caught:
        publish(hall, rating, **{field: text})
    assert list(caught.value.message_dict) == [field]
    assert not PublishedAnswer.objects.exists()


def test_the_staffs_names_are_not_published_either(hall):
    with pytest.raises(ValidationError):
        publish(hall, hall.rating(), answer=f"已批评{hall.clerk.display_name}")


@pytest.mark.parametrize(
    "text",
    [
        "窗口叫号等了 2 个小时，跑了 3 次，材料交了 12 份。",
        "2026年11月的事，工作日 9:00 开门。",
        "姓名栏不清楚，主任窗口没有人。",
        "收费 20 元，有 15 个工作日。",
    ],
)
def test_ordinary_sentences_are_published(hall, text):
    assert publish(hall, hall.rating(), comment=text, answer=text).comment == text


def test_a_bad_rating_is_published_after_its_rectification(hall):
    remediation = hall.remediation_in(RemediationState.CALLING_BACK)
    with pytest.raises(WorkflowError, match="尚未办结"):
        publish(hall, remediation.rating)
    closed = hall.remediation_in(RemediationState.CLOSED)
    assert publish(hall, closed.rating, comment="等得太久", answer=closed.answer).answer == "已增开一个窗口"


def test_where_few_were_served_item_and_month_stay_out(hall):
    first = publish(hall, hall.rating())
    assert (first.item, first.department, first.month) == (None, None, "")
    hall.rating()
    third = publish(hall, hall.rating())
    assert (third.item, third.department) == (hall.item, hall.department)
    assert third.month == f"{timezone.localdate():%Y-%m}"


def test_it_can_be_taken_back_with_a_reason(hall):
    rating = hall.rating()
    publish(hall, rating)
    rating = ServiceRating.objects.get(pk=rating.pk)
    with pytest.raises(WorkflowError, match="已公开"):
        publish(hall, rating)
    with pytest.raises(WorkflowError, match="理由"):
        rate.unpublish_rating(rating=rating, actor=hall.supervisor, reason=" ")
    rate.unpublish_rating(rating=rating, actor=hall.supervisor, reason="答复有误")
    assert not PublishedAnswer.objects.exists()
    assert [e.action for e in history_of(rating)] == ["unpublish", "publish", "rate"]


# --- Help is rated too ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grade", "number"), [("very_satisfied", 5), ("dissatisfied", 2), ("unreached", None)]
)
def test_what_a_principal_says_when_called_back_is_her_rating(grade, number):
    desk = HelpDesk()
    entrustment = desk.entrustment_in(EntrustmentState.SIGNED_OFF)
    invitation = entrustment.rating_invitation
    assert invitation.is_open
    assert (invitation.subject, invitation.department) == (entrustment, None)
    caller = UserFactory(roles=["supervisor"])
    follow_up(entrustment=entrustment, actor=caller, grade=grade, note="说了原因")
    rating = ServiceRating.objects.filter(invitation=invitation).first()
    assert (rating.grade if rating else None) == number
    if rating:
        assert (rating.channel, rating.recorded_by, rating.comment) == ("phone", caller, "说了原因")
        assert hasattr(rating, "remediation") == (number == 2)


def test_who_has_rated_the_help_herself_is_not_rated_for(client):
    desk = HelpDesk()
    entrustment = desk.entrustment_in(EntrustmentState.SIGNED_OFF)
    page = {"number": entrustment.number, "code": entrustment.tracking_code}
    address = entrustment.rating_invitation.address()
    assert address in client.post("/track/", page).content.decode()
    assert client.post(address, {"grade": "5"}).status_code == 302
    follow_up(
        entrustment=entrustment, actor=UserFactory(roles=["supervisor"]), grade="dissatisfied", note="慢"
    )
    assert ServiceRating.objects.get().grade == 5
