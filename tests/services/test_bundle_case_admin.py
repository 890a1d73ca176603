"""The list and the page of a bundle case, its buttons and their forms."""

import pytest
from django.urls import reverse

from services.actions import bundle_cases as whole
from services.actions import bundle_children as child
from services.admin.bundle_case_forms import BUNDLE_CASE_VERBS
from services.choices_bundles import BundleState
from services.choices_cases import CaseState, MaterialState, PaperKind
from services.models import BundleCase
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW
from tests.factories.bundle_cases import BundleHall
from tests.factories.cases import IDENTITY

pytestmark = pytest.mark.django_db
LIST = "/admin/services/bundlecase/"


@pytest.fixture
def hall():
    return BundleHall()


@pytest.fixture
def clerk(client, hall):
    client.force_login(hall.clerk)
    return client


def page(record):
    return reverse("admin:services_bundlecase_change", args=[record.pk])


def do(record, verb):
    return reverse("admin:services_bundlecase_do", args=[record.pk, verb])


def test_every_act_has_a_form():
    assert set(BUNDLE_CASE_VERBS) == set(BUNDLE_CASE_WORKFLOW.by_name)


def test_the_page_shows_cases_materials_papers_and_no_number(clerk, hall):
    made = hall.record()
    text = clerk.get(page(made)).content.decode()
    for shown in (made.number, "待受理", "后续许可", "等待：前置许可", "身份证", "一次办接收回执", "减负单"):
        assert shown in text
    for case in made.children.all():
        assert case.get_absolute_url() in text
        assert case.case_number in text
    for secret in (IDENTITY, made.phone, made.tracking_code):
        assert secret not in text
    assert "受理已收齐的事项" in text
    assert do(made, "deliver") not in text


def test_the_page_says_the_same_of_the_saving_as_the_paper(clerk, hall):
    """What does not concern the applicant is on neither side of either."""
    made = hall.record()
    paper = made.documents.get(kind=PaperKind.BUNDLE_SAVING)
    assert clerk.get(page(made)).context["saving"] == paper.content["table"]["rows"]


def test_a_reviewer_sees_the_whole_and_the_link_of_her_own_case_only(client, hall):
    made = hall.record()
    client.force_login(hall.reviewers[hall.beside.pk])
    text = client.get(page(made)).content.decode()
    assert hall.case(made, hall.beside).get_absolute_url() in text
    assert hall.case(made, hall.first).get_absolute_url() not in text
    assert do(made, "accept") not in text


def test_out_of_scope_is_404_and_rubbish_too(client, hall, person):
    made = hall.record()
    client.force_login(person("window"))
    assert client.get(page(made)).status_code in {302, 404}
    assert client.get(do(made, "accept")).status_code == 404
    client.force_login(hall.clerk)
    assert client.get("/admin/services/bundlecase/999999/change/").status_code == 404
    assert client.get("/admin/services/bundlecase/x/change/").status_code == 404


def test_the_list_filters_by_derived_state(clerk, hall):
    received, accepted = hall.record(), hall.accepted()
    for state, shown, hidden in (
        (BundleState.RECEIVED, received, accepted),
        (BundleState.IN_PROGRESS, accepted, received),
    ):
        text = clerk.get(LIST, {"state": state.value}).content.decode()
        assert shown.number in text
        assert hidden.number not in text
    for value in ("overdue", "stuck", "nonsense"):
        assert clerk.get(LIST, {"state": value}).status_code == 200
    text = clerk.get(LIST, {"q": hall.case(received, hall.first).case_number}).content.decode()
    assert received.number in text
    assert accepted.number not in text
    assert received.number in clerk.get(LIST, {"q": IDENTITY}).content.decode()


def test_list_and_page_take_as_many_queries_for_more_rows(clerk, hall, django_assert_max_num_queries):
    made = hall.record()
    hall.record()
    clerk.get(LIST)
    with django_assert_max_num_queries(20):
        clerk.get(LIST)
    for _ in range(8):
        hall.record()
    with django_assert_max_num_queries(20):
        clerk.get(LIST)
    with django_assert_max_num_queries(35):
        clerk.get(page(made))


def test_accepting_names_the_cases_that_were_not(clerk, hall):
    own = hall.beside.materials.exclude(material=hall.identity).first().material
    made = hall.record(materials=hall.handed_in(own.pk))
    text = clerk.post(do(made, "accept"), {"version": made.version}, follow=True).content.decode()
    assert "并行许可没有受理" in text
    assert own.name in text


def test_the_collected_notice_is_prefilled_with_what_was_proposed(clerk, hall):
    made = hall.record(materials=hall.handed_in(hall.identity.pk))
    first, beside = hall.case(made, hall.first), hall.case(made, hall.beside)
    child.advise_correction(case=beside, actor=hall.reviewers[hall.beside.pk], missing=["平面图不清"])
    text = clerk.get(do(made, "request_correction")).content.decode()
    assert "平面图不清" in text
    assert "补交：身份证" in text
    data = {"version": made.version, "days": 10, f"missing_{first.pk}": "", f"missing_{beside.pk}": " "}
    response = clerk.post(do(made, "request_correction"), data)
    assert "请至少为一个事项" in response.content.decode()
    data |= {f"missing_{first.pk}": "补交身份证\n签字", f"missing_{beside.pk}": "平面图不清"}
    response = clerk.post(do(made, "request_correction"), data)
    assert response.status_code == 302
    made = BundleCase.objects.get(pk=made.pk)
    notice = made.documents.get(kind=PaperKind.BUNDLE_CORRECTION)
    assert [row[2] for row in notice.content["table"]["rows"]] == ["补交身份证", "签字", "平面图不清"]

    row = made.materials.get(material=hall.identity)
    data = {"version": made.version, "materials": [row.pk], "cases": [first.pk, beside.pk]}
    assert clerk.post(do(made, "receive_correction"), data).status_code == 302
    assert BundleCase.objects.get(pk=made.pk).state == BundleState.RECEIVED
    assert hall.case(made, hall.second).materials.get(material=hall.identity).state == MaterialState.HANDED_IN


def test_pick_up_withdrawal_and_void_by_their_forms(client, hall):
    made = hall.accepted()
    hall.decide(hall.case(made, hall.beside))
    client.force_login(hall.issuer)
    made.refresh_from_db()
    data = {"version": made.version, "recipient": "测试申请人", "method": "window", "reason": ""}
    response = client.post(do(made, "deliver"), data)
    assert "还有事项没有办完" in response.content.decode()
    assert "测试申请人" in response.content.decode()
    assert client.post(do(made, "deliver"), {**data, "reason": "急用"}).status_code == 302
    client.force_login(hall.clerk)
    made.refresh_from_db()
    second = hall.case(made, hall.second)
    data = {"version": made.version, "cases": [second.pk], "reason": "不办了"}
    assert client.post(do(made, "withdraw"), data).status_code == 302
    assert hall.case(made, hall.second).state == CaseState.WITHDRAWN
    assert hall.case(made, hall.first).state == CaseState.ACCEPTED
    other = hall.record()
    assert client.post(do(other, "void"), {"version": other.version, "reason": "录错"}).status_code == 302


def test_somebody_elses_case_in_a_form_is_refused(clerk, hall):
    made, other = hall.record(), hall.record()
    foreign = hall.case(other, hall.first)
    data = {"version": made.version, "cases": [foreign.pk], "reason": "不办了"}
    assert clerk.post(do(made, "withdraw"), data).status_code == 200
    assert hall.case(other, hall.first).state == CaseState.RECEIVED


def test_papers_open_as_pdf_and_as_a_page(clerk, hall, client, person):
    made = hall.record()
    for document in made.documents.all():
        response = clerk.get(reverse("admin:services_bundlecase_paper", args=[document.pk]))
        assert response.content.startswith(b"%PDF")
        shown = clerk.get(reverse("admin:services_bundlecase_print", args=[document.pk]))
        assert document.content["title"] in shown.content.decode()
    clerk.force_login(person("window"))
    assert clerk.get(reverse("admin:services_bundlecase_paper", args=[document.pk])).status_code == 404


def test_the_page_of_a_case_leads_to_the_whole(clerk, hall):
    made = hall.record()
    case = hall.case(made, hall.first)
    text = clerk.get(case.get_absolute_url()).content.decode()
    assert page(made) in text
    assert "一次性告知补正" not in text
    child.split_off(case=case, actor=hall.clerk, reason="急用")
    text = clerk.get(case.get_absolute_url()).content.decode()
    assert "分出单办（急用）" in text
    assert "一次性告知补正" in text


def test_stuck_cases_are_pointed_out(clerk, hall):
    made = hall.accepted()
    whole.withdraw_bundle(
        bundle_case=made, actor=hall.clerk, reason="不办了", cases=[hall.case(made, hall.first).pk]
    )
    assert "等待的事项没有获得准予" in clerk.get(page(made)).content.decode()


def test_reveal_needs_permission_and_reason_and_is_logged(client, hall, person):
    made = hall.record()
    url = reverse("admin:services_bundlecase_reveal", args=[made.pk])
    client.force_login(hall.clerk)
    allowed = hall.clerk.has_perm("audit.reveal_personal")
    text = client.post(url, {"reason": "核对证件"}, follow=True).content.decode()
    assert (IDENTITY in text) == allowed
    client.force_login(hall.official)
    assert IDENTITY not in client.post(url, {"reason": ""}, follow=True).content.decode()
