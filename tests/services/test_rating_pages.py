"""Ratings through their doors: the link, `/track/`, the public list, the workbench, the API."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time

from services.actions import ratings as rate
from services.choices_cases import CaseState
from services.choices_ratings import RatingChannel, RatingGrade, RatingStanding, RemediationState
from services.disclosure import hidden_cells
from services.models import PublishedAnswer, RatingInvitation, RatingRemediation, ServiceRating
from tests.factories.cases import IDENTITY
from tests.factories.ratings import RatingHall, TagFactory

pytestmark = pytest.mark.django_db
LIST = "/services/ratings/"


@pytest.fixture
def hall():
    return RatingHall()


def send(client, address, **data):
    return client.post(address, {"grade": "4", "comment": "", **data})


# --- The link ---------------------------------------------------------------------------------


@pytest.mark.parametrize("grade", RatingGrade.values)
def test_anybody_with_the_link_rates_without_signing_in(client, hall, grade):
    good, bad = TagFactory(), TagFactory(side="bad")
    invitation = hall.invitation()
    address = invitation.address(RatingChannel.WINDOW_QR)
    page = client.get(address)
    text = page.content.decode()
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert hall.item.name in text
    assert good.name in text
    assert bad.name in text
    for secret in ("测试申请人", IDENTITY, invitation.case.phone, invitation.case.tracking_code):
        assert secret not in text
    assert "<script>" not in text.replace("<script src", "")
    assert RatingInvitation.objects.get().is_open, "opening the page uses nothing up"
    done = send(client, address, grade=grade, good_tags=good.code, bad_tags=bad.code, comment="好")
    assert done.status_code == 302
    rating = ServiceRating.objects.get()
    assert (rating.grade, rating.channel, rating.comment) == (grade, "window_qr", "好")
    assert set(rating.tag_names) == {good.name, bad.name}
    assert rating.standing == RatingStanding.CLEAR
    assert RatingRemediation.objects.count() == (grade <= 2)
    thanks = client.get(done.url)
    assert thanks.status_code == 200
    assert "评价已收到" in thanks.content.decode()


def test_a_double_click_rates_once_and_both_see_thanks(client, hall):
    invitation = hall.invitation()
    first = send(client, invitation.address(), grade="5")
    second = send(client, invitation.address(), grade="1")
    assert first.status_code == 302
    assert second.status_code == 200
    assert "评价已收到" in second.content.decode()
    assert ServiceRating.objects.get().grade == 5
    assert "非常满意" not in second.content.decode(), "what was said is not shown to whoever finds the link"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"grade": ""}, "请选择一项"),
        ({"grade": "9"}, "请从五项中选择一项"),
        ({"grade": "abc"}, "请从五项中选择一项"),
        ({"comment": "长" * 5000}, "意见不超过 500 字，现有 5000 字"),
        ({"good_tags": "forged"}, "标签已停用"),
        ({"comment": "字\x00字"}, "不允许是用空字符串"),
    ],
)
def test_bad_input_is_answered_in_chinese_and_nothing_typed_is_lost(client, hall, data, words):
    TagFactory()
    invitation = hall.invitation()
    response = send(client, invitation.address(), **{"comment": "原来写的话", **data})
    text = response.content.decode()
    assert response.status_code == 400
    assert words in text
    assert data.get("comment", "原来写的话") in text
    assert RatingInvitation.objects.get().is_open


def test_a_script_in_the_comment_stays_text(client, hall):
    evil = "<script>alert(1)</script>"
    invitation = hall.invitation()
    assert send(client, invitation.address(), comment=evil).status_code == 302
    rating = ServiceRating.objects.get()
    assert rating.comment == "<script>alert(1)</script>"
    client.force_login(hall.supervisor)
    page = client.get(rating.get_absolute_url()).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("token", ["x", "a" * 24, "é" * 30, "9" * 2000, "..%2f..%2fetc", "a\x00b"])
def test_a_forged_link_gets_one_clear_page(client, hall, token):
    response = client.get(f"/services/rate/{token}/")
    assert response.status_code in {404, 410}
    if response.status_code == 410:
        assert "打不开这个评价链接" in response.content.decode()


def test_trying_links_is_slowed_down(client, hall):
    for _ in range(20):
        assert client.get("/services/rate/nothing-of-ours/").status_code == 410
    assert client.get("/services/rate/nothing-of-ours/").status_code == 429
    assert client.get(hall.invitation().address()).status_code == 200, "a good link works on"


def test_an_expired_link_says_so(client, hall):
    with freeze_time("2026-11-02 02:00:00") as frozen:
        invitation = hall.invitation()
        frozen.move_to("2027-01-02 02:00:00")
        for response in (client.get(invitation.address()), send(client, invitation.address())):
            assert response.status_code == 410
            assert "已过期" in response.content.decode()
    assert not ServiceRating.objects.exists()


def test_an_unknown_door_is_online(client, hall):
    invitation = hall.invitation()
    send(client, invitation.address() + "?via=paper")
    assert ServiceRating.objects.get().channel == RatingChannel.ONLINE


def test_a_signed_in_browser_of_staff_is_doubted(client, hall):
    client.force_login(hall.clerk)
    send(client, hall.invitation().address(), grade="5")
    assert ServiceRating.objects.get().doubts == ["staff_session"]


def test_the_form_asks_for_its_token(hall):
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, hall.invitation().address()).status_code == 403


def test_the_page_takes_few_queries(client, hall, django_assert_max_num_queries):
    TagFactory()
    invitation = hall.invitation()
    with django_assert_max_num_queries(12):  # eight of them for the menu
        client.get(invitation.address())
    with django_assert_max_num_queries(32):
        send(client, invitation.address(), grade="1")


# --- /track/ ----------------------------------------------------------------------------------


def track(client, case):
    return client.post("/track/", {"number": case.case_number, "code": case.tracking_code}).content.decode()


def test_the_finished_case_offers_its_rating_where_it_is_tracked(client, hall):
    assert "/services/rate/" not in track(client, hall.case_in(CaseState.COLLECTING))
    invitation = hall.invitation()
    assert invitation.address() in track(client, invitation.case)
    rate.submit_rating(invitation=invitation, grade=5)
    text = track(client, invitation.case)
    assert "/services/rate/" not in text
    assert "您已评价过" in text


def test_an_expired_invitation_is_not_offered(client, hall):
    invitation = hall.invitation()
    RatingInvitation.objects.update(expires_on=timezone.localdate() - timezone.timedelta(days=1))
    assert "/services/rate/" not in track(client, invitation.case)


# --- What the public reads --------------------------------------------------------------------


def publish(hall, rating, comment="排队有点久", answer="已增加窗口"):
    rate.publish_rating(rating=rating, actor=hall.supervisor, comment=comment, answer=answer)


def test_the_list_shows_answers_and_figures_and_nobody(client, hall):
    for grade in (5, 5, 4, 3):
        rating = hall.rating(grade, comment="我是测试申请人 电话13812345678")
        publish(hall, rating)
    response = client.get(LIST)
    text = response.content.decode()
    assert response.status_code == 200
    assert "排队有点久" in text
    assert "已增加窗口" in text
    assert "收到有效评价 4 份，满意率 100%（样本不足）" in text
    for secret in ["测试申请人", "13812345678", IDENTITY, rating.number]:
        assert secret not in text
    for invitation in RatingInvitation.objects.select_related("case"):
        for secret in (invitation.token, invitation.case.case_number, invitation.case.phone):
            assert secret not in text
    for staff in (hall.clerk, hall.reviewer, hall.supervisor):
        assert staff.display_name not in text
    assert not re.search(r"1[3-9]\d{9}", text)


def test_it_narrows_by_grade_item_department_and_month(client, hall):
    for grade in (5, 4, 4, 3):
        publish(hall, hall.rating(grade))
    shown = client.get(LIST)
    facets = {f.name: {o.value: o.count for o in f.options} for f in shown.context["listing"].facets}
    assert facets["grade"] == {"5": 1, "4": 2, "3": 1}
    # The first two were published while fewer than three had rated this item.
    assert facets["item"] == {hall.item.code: 2}
    assert facets["department"] == {hall.department.name: 2}
    assert facets["month"] == {f"{timezone.localdate():%Y-%m}": 2}
    assert client.get(LIST, {"grade": "4"}).context["listing"].total == 2
    assert client.get(LIST, {"grade": "x", "q": "没有这样的词"}).status_code == 200


def test_few_ratings_are_not_shown_at_all(client, hall):
    hall.rating(5), hall.rating(1)
    text = client.get(LIST).content.decode()
    assert "还不足以公布" in text
    assert "份，满意率" not in text


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({}, set()),
        ({"a": 0, "b": 3}, set()),
        ({"a": 2, "b": 9, "c": 5}, {"a", "c"}),
        ({"a": 2, "b": 1, "c": 5}, {"a", "b"}),
        ({"a": 2}, {"a"}),
        ({"a": 1, "b": 1, "c": 40}, {"a", "b", "c"}),
    ],
)
def test_small_cells_and_what_would_give_them_away_are_hidden(counts, hidden):
    assert hidden_cells(counts) == hidden


def test_the_public_api_says_the_same_and_no_more(api_client, hall):
    for grade in (5, 5, 4):
        publish(hall, hall.rating(grade, comment="电话13812345678"))
    rows = api_client.get("/api/v1/services/published-ratings/").json()["results"]
    assert {tuple(sorted(row)) for row in rows} == {
        (
            "answer",
            "comment",
            "department",
            "grade",
            "grade_label",
            "is_sample",
            "item",
            "item_name",
            "month",
            "tags",
        )
    }
    assert "13812345678" not in str(rows)
    figures = api_client.get("/api/v1/services/published-ratings/figures/").json()
    assert (figures["n"], figures["is_small"]) == (3, True)
    assert len(figures["months"]) == 13
    for path in ("ratings", "rating-remediations"):
        assert api_client.get(f"/api/v1/services/{path}/").status_code in {401, 403}


def test_the_list_costs_the_same_for_two_and_for_twenty(client, hall, django_assert_max_num_queries):
    for _ in range(2):
        publish(hall, hall.rating())
    with django_assert_max_num_queries(20):
        client.get(LIST)
    for _ in range(8):
        publish(hall, hall.rating())
    with django_assert_max_num_queries(20):
        client.get(LIST + "?x=1")


# --- The workbench ----------------------------------------------------------------------------


def test_the_queue_of_what_waits_for_a_rating(client, hall):
    invitation, rated = hall.invitation(), hall.rating().invitation
    client.force_login(hall.clerk)
    page = client.get("/admin/services/case/?queue=to_rate")
    text = page.content.decode()
    assert invitation.case.case_number in text
    assert rated.case.case_number not in text
    assert "待评价 <b>1</b>" in text


def test_the_clerk_enters_a_paper_rating_from_the_case(client, hall):
    invitation = hall.invitation()
    client.force_login(hall.clerk)
    case = invitation.case
    assert "登记纸质、电话评价" in client.get(case.get_absolute_url()).content.decode()
    url = f"{reverse('admin:services_servicerating_record')}?case={case.case_number}"
    assert client.get(url).status_code == 200
    refused = client.post(url, {"channel": "paper", "grade": "", "comment": "原话"})
    assert refused.status_code == 200
    assert "原话" in refused.content.decode()
    saved = client.post(url, {"channel": "paper", "grade": "2", "comment": "原话"})
    assert saved.url == case.get_absolute_url()
    rating = ServiceRating.objects.get()
    assert (rating.recorded_by, rating.channel, rating.is_bad) == (hall.clerk, "paper", True)
    again = client.get(url, follow=True)
    assert "没有待评价的邀请" in again.content.decode()


@pytest.mark.parametrize("role", ["reviewer", "approver", "issuer", "official", "helper"])
def test_others_do_not_enter_ratings(client, hall, role):
    invitation = hall.invitation()
    client.force_login(hall.person(role))
    url = f"{reverse('admin:services_servicerating_record')}?case={invitation.case.case_number}"
    assert client.get(url).status_code == 403


def test_a_case_of_another_outlet_is_not_found(client, hall):
    client.force_login(hall.clerk)
    url = reverse("admin:services_servicerating_record")
    assert client.get(f"{url}?case={hall.other_case().case_number}").status_code == 404
    assert client.get(url).status_code == 404


def test_a_rectification_from_queue_to_closing_in_the_workbench(client, hall):
    remediation = hall.remediation_in(RemediationState.VERIFYING)
    changelist = reverse("admin:services_ratingremediation_changelist")
    page = remediation.get_absolute_url()

    def do(person, verb, **data):
        client.force_login(person)
        assert remediation.number in client.get(changelist).content.decode()
        assert client.get(page).status_code == 200
        url = reverse("admin:services_ratingremediation_do", args=[remediation.pk, verb])
        assert client.get(url).status_code == 200
        response = client.post(url, {"reason": "写明情况", **data})
        assert response.status_code == 302, response.content.decode()
        remediation.refresh_from_db()
        return remediation.state

    R = RemediationState
    assert do(hall.supervisor, "verify") == R.RECTIFYING
    assert do(hall.reviewer, "answer") == R.CALLING_BACK
    assert do(hall.supervisor, "call_back", verdict="satisfied") == R.CALLING_BACK
    assert do(hall.supervisor, "close") == R.CLOSED
    paper = remediation.documents.last()
    response = client.get(reverse("admin:services_ratingremediation_paper", args=[paper.pk]))
    assert response.headers["Content-Type"] == "application/pdf"
    assert client.get(reverse("admin:services_ratingremediation_print", args=[paper.pk])).status_code == 200


def test_a_rating_is_published_from_the_workbench_and_a_number_is_refused_with_the_text_kept(client, hall):
    rating = hall.rating(comment="打 13812345678 找我")
    client.force_login(hall.supervisor)
    url = reverse("admin:services_servicerating_do", args=[rating.pk, "publish"])
    assert "打 13812345678 找我" in client.get(url).content.decode()
    refused = client.post(url, {"comment": "打 13812345678 找我", "answer": "谢谢您"})
    text = refused.content.decode()
    assert refused.status_code == 200
    assert "像电话、证件或编号的数字" in text
    assert "谢谢您" in text
    assert client.post(url, {"comment": "请联系我", "answer": "谢谢您"}).status_code == 302
    assert PublishedAnswer.objects.get().comment == "请联系我"
    for address in (rating.get_absolute_url(), reverse("admin:services_servicerating_changelist")):
        assert client.get(address).status_code == 200


def test_who_opens_which_list(client, hall):
    hall.remediation_in(RemediationState.RECTIFYING)
    ratings = reverse("admin:services_servicerating_changelist")
    remediations = reverse("admin:services_ratingremediation_changelist")
    for role, seen in {
        "window": (403, 200),
        "reviewer": (403, 200),
        "approver": (200, 200),
        "issuer": (403, 403),
        "helper": (403, 403),
        "supervisor": (200, 200),
        "official": (200, 200),
    }.items():
        client.force_login(hall.person(role))
        assert (client.get(ratings).status_code, client.get(remediations).status_code) == seen, role


def test_outside_the_scope_a_rectification_does_not_exist(client, hall):
    theirs = RatingHall().remediation_in(RemediationState.RECTIFYING)
    client.force_login(hall.reviewer)
    assert client.get(theirs.get_absolute_url()).status_code == 302  # Django's admin: not found, to the index
    url = reverse("admin:services_ratingremediation_do", args=[theirs.pk, "answer"])
    assert client.post(url, {"reason": "写明"}).status_code == 404


def test_lists_cost_the_same_for_two_and_for_twenty(client, hall, django_assert_max_num_queries):
    client.force_login(hall.supervisor)
    addresses = [
        reverse(f"admin:services_{name}_changelist") for name in ("servicerating", "ratingremediation")
    ]
    for total in (2, 8):
        for _ in range(total):
            hall.rating(2)
        for address in addresses:
            client.get(address)
            with django_assert_max_num_queries(22):
                client.get(address)


# --- The API for staff ------------------------------------------------------------------------


def test_the_api_does_every_verb(api_client, hall):
    base = "/api/v1/services"
    remediation = hall.remediation_in(RemediationState.VERIFYING)
    path = f"{base}/rating-remediations/{remediation.number}"

    def post(person, address, **data):
        api_client.force_authenticate(person)
        return api_client.post(address, {"reason": "写明情况", **data})

    assert post(hall.clerk, f"{path}/verify/").status_code == 403
    assert post(hall.supervisor, f"{path}/verify/").json()["state"] == "rectifying"
    assert post(hall.supervisor, f"{path}/close/").status_code == 409
    assert post(hall.reviewer, f"{path}/answer/", reason="").status_code == 409
    assert post(hall.reviewer, f"{path}/answer/").json()["state"] == "calling_back"
    assert post(hall.supervisor, f"{path}/call-back/", verdict="nonsense").status_code == 400
    back = post(hall.supervisor, f"{path}/call-back/", verdict="dissatisfied").json()
    assert (back["state"], back["rounds"]) == ("rectifying", 1)
    detail = api_client.get(f"{path}/").json()
    assert detail["available_actions"] == []
    rating = f"{base}/ratings/{remediation.rating.number}"
    api_client.force_authenticate(hall.supervisor)
    assert api_client.get(f"{rating}/").json()["comment"] == "等了两个小时"
    assert post(hall.supervisor, f"{rating}/doubt/").json()["standing"] == "doubtful"
    assert post(hall.supervisor, f"{rating}/dismiss/").json()["is_counted"] is False
    assert api_client.get(f"{path}/").json()["state"] == "unfounded"
    assert api_client.get(f"{base}/rating-remediations/", {"overdue": "true"}).json()["results"] == []
    api_client.force_authenticate(RatingHall().reviewer)
    assert api_client.get(f"{path}/").status_code == 404


def test_the_api_records_a_rating(api_client, hall):
    invitation = hall.invitation()
    body = {"case_number": invitation.case.case_number, "channel": "phone", "grade": 5}
    address = "/api/v1/services/recorded-ratings/"
    assert api_client.post(address, body).status_code in {401, 403}
    api_client.force_authenticate(hall.clerk)
    assert api_client.post(address, {**body, "grade": 7}).status_code == 400
    made = api_client.post(address, body)
    assert made.status_code == 201
    assert ServiceRating.objects.get().number == made.json()["number"]
    again = api_client.post(address, body)
    assert (again.status_code, again.json()["code"]) == (409, "rating_closed")
    assert api_client.post(address, {**body, "case_number": "150122-20200101-0001"}).status_code == 404


def test_api_lists_cost_the_same_for_two_and_for_ten(api_client, hall, django_assert_max_num_queries):
    api_client.force_authenticate(hall.supervisor)
    for total in (2, 8):
        for _ in range(total):
            hall.rating(1)
        for name in ("ratings", "rating-remediations"):
            with django_assert_max_num_queries(6):
                rows = api_client.get(f"/api/v1/services/{name}/").json()["results"]
            assert "测试申请人" not in str(rows)


def test_the_invitation_prints_from_the_browser_with_its_address(client, hall):
    invitation = hall.invitation()
    paper = invitation.case.documents.get(kind="invitation")
    client.force_login(hall.clerk)
    text = client.get(reverse("admin:services_case_print", args=[paper.pk])).content.decode()
    assert invitation.token in text
    receipt = invitation.case.documents.get(kind="receipt")
    assert (
        invitation.token
        not in client.get(reverse("admin:services_case_print", args=[receipt.pk])).content.decode()
    )
