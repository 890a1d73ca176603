"""The counter and the case page in the workbench."""

import re
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import reverse
from freezegun import freeze_time

from services.actions import cases as do
from services.choices import Necessity
from services.choices_cases import CaseState, MaterialState
from services.models import Case
from tests.factories.accounts import UserFactory
from tests.factories.cases import CREDIT_CODE, IDENTITY, Hall, ItemFactory
from tests.factories.directory import EnterpriseFactory, OutletFactory
from tuoxian_portal.audit.actions import history_of

pytestmark = pytest.mark.django_db
ADD = "/admin/services/case/add/"
LIST = "/admin/services/case/"


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture
def hall():
    return Hall(materials=5)


@pytest.fixture
def clerk(client, hall):
    client.force_login(hall.clerk)
    return client


def sheet(hall, **changes):
    """The counter's form, filled in well."""
    data = {
        "submission": str(uuid4()),
        "item": hall.item.code,
        "kind": "person",
        "number": IDENTITY,
        "name": "测试申请人",
        "phone": "138-0000-5678",
        "agent_name": "",
        "agent_phone": "",
        "note": "",
    }
    for line in hall.item.materials.all():
        data |= {f"material_{line.pk}": "1", f"originals_{line.pk}": "1", f"copies_{line.pk}": "2"}
    return {name: value for name, value in {**data, **changes}.items() if value is not None}


def page(case):
    return reverse("admin:services_case_change", args=[case.pk])


# --- The counter ------------------------------------------------------------------------------


def test_the_counter_opens_and_saves_within_its_budget(clerk, hall, django_assert_max_num_queries):
    clerk.get(ADD)
    with django_assert_max_num_queries(30):
        response = clerk.get(ADD, {"item": hall.item.code})
    text = response.content.decode()
    for line in hall.item.materials.all():
        assert line.name in text
    with django_assert_max_num_queries(40):
        response = clerk.post(ADD, sheet(hall))
    case = Case.objects.get()
    assert response.url == f"{page(case)}?recorded=1"
    assert case.state == CaseState.RECEIVED
    shown = clerk.get(response.url).content.decode()
    assert "打印接收回执" in shown
    assert reverse("admin:services_case_paper", args=[case.documents.get().pk]) in shown


def test_a_double_click_records_one_case(clerk, hall):
    data = sheet(hall)
    first, second = clerk.post(ADD, data), clerk.post(ADD, data)
    assert first.url == second.url
    assert Case.objects.count() == 1


def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(clerk, hall):
    line = hall.item.materials.first()
    data = sheet(
        hall, number="110105194912310021", phone="12", note="带了样品", **{f"material_{line.pk}": None}
    )
    response = clerk.post(ADD, data)
    text = response.content.decode()
    assert response.status_code == 400
    assert "居民身份证号码校验位不符" in text
    assert "电话号码应为" in text
    assert 'href="#id_applicant_number"' in text
    for kept in ("110105194912310021", "带了样品", "测试申请人", data["submission"]):
        assert kept in text
    assert text.count(" checked") == 4 + 1  # four materials and the applicant's kind
    assert not Case.objects.exists()


@pytest.mark.parametrize("code", ["", "NO-SUCH", "'; DROP TABLE", "长" * 300])
def test_without_an_item_the_rest_is_kept(clerk, hall, code):
    response = clerk.post(ADD, sheet(hall, item=code))
    assert response.status_code == 400
    assert "测试申请人" in response.content.decode()


@pytest.mark.parametrize("value", ["-1", "²", "9" * 5000, "1e3"])
@pytest.mark.parametrize(
    "field",
    ["originals_{}", "copies_{}", "promised_{}"],
)
def test_odd_counts_and_dates_are_refused(clerk, field, value):
    hall = Hall(materials=[Necessity.DEFERRABLE])
    clerk.force_login(hall.clerk)
    line = hall.item.materials.get()
    changes = {field.format(line.pk): value, f"material_{line.pk}": None}
    response = clerk.post(ADD, sheet(hall, **changes))
    assert response.status_code == 400
    assert f"#id_material_{line.pk}" in response.content.decode()


def test_a_bad_submission_token_is_no_error(clerk, hall):
    assert clerk.post(ADD, sheet(hall, submission="not-a-uuid")).status_code == 302


def test_a_likely_duplicate_asks_and_does_not_refuse(clerk, hall):
    clerk.post(ADD, sheet(hall))
    again = sheet(hall)
    response = clerk.post(ADD, again)
    assert response.status_code == 400
    assert "30 日内已就本事项登记过" in response.content.decode()
    assert clerk.post(ADD, {**again, "confirmed": "1"}).status_code == 302
    assert Case.objects.count() == 2


def test_unticked_materials_are_missing_or_not_needed_or_deferred(clerk):
    hall = Hall(materials=[Necessity.REQUIRED, Necessity.CONDITIONAL, Necessity.DEFERRABLE])
    clerk.force_login(hall.clerk)
    lines = list(hall.item.materials.all())
    data = sheet(hall, **{f"material_{line.pk}": None for line in lines})
    data[f"promised_{lines[2].pk}"] = "2099-01-05"
    clerk.post(ADD, data)
    assert [m.state for m in Case.objects.get().materials.all()] == [
        MaterialState.MISSING,
        MaterialState.NOT_NEEDED,
        MaterialState.DEFERRED,
    ]


def test_without_scripts_a_search_lists_items_as_links(clerk):
    ItemFactory(code="YYZZ-1", name="营业执照测试事项", aliases="开公司")
    for words in ("营业执照", "开公司", "yyzz", "yingyezhizhao", "yyzz-1"):
        assert "?item=YYZZ-1" in clerk.get(ADD, {"q": words}).content.decode(), words
    assert "没有找到" in clerk.get(ADD, {"q": "不存在的事项"}).content.decode()


def test_the_typeahead_answers_with_items_of_departments_only(clerk, django_assert_max_num_queries):
    ItemFactory(code="AAA-1", name="供电报装测试", department=None)
    ItemFactory(code="AAA-2", name="供电迁改测试")
    url = reverse("admin:services_case_items")
    with django_assert_max_num_queries(8):
        items = clerk.get(url, {"q": "供电"}).json()["items"]
    assert [item["code"] for item in items] == ["AAA-2"]
    assert clerk.get(url).json() == {"items": []}


def test_the_number_is_checked_and_the_name_filled_in(clerk, hall):
    url = reverse("admin:services_case_applicant")
    EnterpriseFactory(name="示例企业（库）", credit_code=CREDIT_CODE)
    answer = clerk.post(url, {"kind": "organisation", "number": "9135 0100 m000100y43"}).json()
    assert answer == {"ok": True, "number": CREDIT_CODE, "name": "示例企业（库）", "held": {}}
    assert clerk.post(url, {"kind": "person", "number": IDENTITY}).json()["name"] == ""
    clerk.post(ADD, sheet(hall))
    assert clerk.post(url, {"kind": "person", "number": IDENTITY}).json()["name"] == "测试申请人"
    wrong = clerk.post(url, {"kind": "person", "number": "1"}).json()
    assert not wrong["ok"]
    assert "18 位" in wrong["error"]
    elsewhere = UserFactory(roles=["window"], outlet=OutletFactory())
    clerk.force_login(elsewhere)
    assert clerk.post(url, {"kind": "person", "number": IDENTITY}).json()["name"] == ""


@pytest.mark.parametrize("role", ["reviewer", "approver", "issuer", "supervisor", "official", "helper"])
def test_only_the_window_records(client, hall, role):
    client.force_login(hall.person(role))
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, sheet(hall)).status_code == 403
    assert client.get(reverse("admin:services_case_items")).status_code == 403


# --- List and page ----------------------------------------------------------------------------


def test_the_list_takes_the_same_queries_for_two_rows_and_for_twenty(client, hall):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(hall.supervisor)
    counts = []
    for wanted in (2, 20):
        while Case.objects.count() < wanted:
            hall.record(materials={})
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


def test_queues_have_their_counts_and_open_their_rows(client, hall):
    received = hall.record()
    waiting = hall.case_in(CaseState.DECIDING)
    client.force_login(hall.approver)
    text = client.get(LIST).content.decode()
    assert "待审批 <b>1</b>" in text
    assert "待受理 <b>1</b>" in text
    rows = client.get(LIST, {"queue": "deciding"}).content.decode()
    assert waiting.case_number in rows
    assert received.case_number not in rows
    for queue in ("due_soon", "overdue", "reviewing", "nonsense"):
        assert client.get(LIST, {"queue": queue}).status_code in {200, 302}


def test_a_whole_number_finds_its_cases_and_names_are_masked(client, hall):
    case = hall.record()
    client.force_login(hall.supervisor)
    text = client.get(LIST, {"q": IDENTITY}).content.decode()
    assert case.case_number in text
    assert "测***人" in text
    assert "测试申请人" not in text
    assert case.case_number not in client.get(LIST, {"q": CREDIT_CODE}).content.decode()


@pytest.mark.parametrize("state", CaseState.values)
def test_the_page_of_every_state_opens_within_its_budget(client, hall, state, django_assert_max_num_queries):
    case = hall.case_in(state)
    client.force_login(hall.supervisor)
    with django_assert_max_num_queries(25):
        response = client.get(page(case))
    text = response.content.decode()
    assert response.status_code == 200
    assert case.case_number in text
    assert IDENTITY not in text
    assert case.phone not in text
    assert "时限账本" in text
    assert client.get(reverse("admin:services_case_ledger", args=[case.pk])).status_code == 200


def test_outside_the_scope_a_case_does_not_exist(client, hall):
    case = hall.record()
    document = case.documents.get()
    client.force_login(UserFactory(roles=["window"], outlet=OutletFactory()))
    for url in (
        page(case),
        reverse("admin:services_case_do", args=[case.pk, "accept"]),
        reverse("admin:services_case_ledger", args=[case.pk]),
        reverse("admin:services_case_paper", args=[document.pk]),
        reverse("admin:services_case_print", args=[document.pk]),
        reverse("admin:services_case_reveal", args=[case.pk]),
        "/admin/services/case/999999/change/",
        "/admin/services/case/abc/change/",
    ):
        assert client.get(url).status_code == 404, url
    client.force_login(UserFactory(roles=["policy_officer"]))
    assert client.get(page(case)).status_code in {403, 404}


def test_a_case_is_never_edited_deleted_or_changed_in_bulk(client, hall):
    case = hall.record()
    client.force_login(UserFactory(is_superuser=True))
    client.post(page(case), {"state": "completed", "applicant_name": "别人"})
    case.refresh_from_db()
    assert (case.state, case.applicant_name) == (CaseState.RECEIVED, "测试申请人")
    assert client.post(f"/admin/services/case/{case.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [case.pk], "post": "yes"})
    assert Case.objects.filter(pk=case.pk).exists()


# --- Verbs ------------------------------------------------------------------------------------


def do_url(case, verb):
    return reverse("admin:services_case_do", args=[case.pk, verb])


def test_the_page_offers_what_this_person_may_do_now(client, hall):
    case = hall.record()
    client.force_login(hall.clerk)
    text = client.get(page(case)).content.decode()
    for verb in ("accept", "request_correction", "propose_decline", "withdraw", "void"):
        assert do_url(case, verb) in text
    for verb in ("decline", "approve", "deliver", "receive"):
        assert do_url(case, verb) not in text
    client.force_login(hall.official)
    assert "/do/" not in client.get(page(case)).content.decode()


def test_verbs_run_the_actions(client, hall):
    case = hall.record()
    client.force_login(hall.clerk)
    asked = client.get(do_url(case, "accept")).content.decode()
    assert f"受理：{case.case_number}" in asked  # whose it is, beside the button
    assert f"{case.item_name}，申请人：{case.masked_name}" in asked
    response = client.post(do_url(case, "accept"), {"version": case.version}, follow=True)
    assert response.redirect_chain[-1][0] == page(case)
    case.refresh_from_db()
    assert case.state == CaseState.ACCEPTED
    # The paper that this act made is one click away, and no other.
    made = case.documents.get(kind="acceptance")
    said = re.findall(r'<a class="wb-next" href="([^"]+)"[^>]*>([^<]+)</a>', response.content.decode())
    assert said == [(reverse("admin:services_case_paper", args=[made.pk]), "打印受理通知书")]


def test_a_stale_page_is_told_and_keeps_what_was_typed(client, hall):
    case = hall.record()
    client.force_login(hall.clerk)
    Case.objects.filter(pk=case.pk).update(version=case.version + 1)
    response = client.post(
        do_url(case, "request_correction"), {"version": case.version, "missing": "缺少公章", "days": "7"}
    )
    text = response.content.decode()
    assert "已被他人修改" in text
    assert "缺少公章" in text
    case.refresh_from_db()
    assert case.state == CaseState.RECEIVED


def test_the_second_of_two_people_sees_what_the_first_did_and_may_then_go_on(client, hall):
    case = hall.record()
    seen = case.version
    do.propose_decline(case=case, actor=hall.clerk, reason="不属于受理范围")
    client.force_login(hall.clerk)
    data = {"version": seen, "missing": "缺少公章", "days": "7"}
    text = client.post(do_url(case, "request_correction"), data).content.decode()
    assert "您打开这张表之后" in text
    assert "提出不予受理" in text
    assert "不属于受理范围" in text
    fresh = int(re.search(r'name="version" value="(\d+)"', text)[1])
    response = client.post(do_url(case, "request_correction"), {**data, "version": fresh})
    assert response.status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.CORRECTING


def test_a_correction_is_proposed_from_what_is_missing(client):
    hall = Hall(materials=2)
    case = hall.record(materials={})
    client.force_login(hall.clerk)
    text = client.get(do_url(case, "request_correction")).content.decode()
    for material in case.materials.all():
        assert f"补交：{material.name}" in text
    client.post(
        do_url(case, "request_correction"), {"missing": "缺章\n缺页", "days": "7", "version": case.version}
    )
    assert case.corrections.get().items == ["缺章", "缺页"]
    case.refresh_from_db()
    first = case.materials.first()
    client.post(do_url(case, "receive_correction"), {"materials": [first.pk], "version": case.version})
    first.refresh_from_db()
    assert first.state == MaterialState.HANDED_IN


def test_every_verb_has_a_form(client, hall):
    from services.admin.case_forms import CASE_VERBS
    from services.workflow import CASE_WORKFLOW

    assert set(CASE_VERBS) == {t.name for t in CASE_WORKFLOW.transitions if t.permission}
    case = hall.record()
    client.force_login(UserFactory(is_superuser=True))
    for verb in CASE_VERBS:
        assert client.get(do_url(case, verb)).status_code == 200, verb


def test_a_reason_is_asked_for_where_the_law_wants_one(client, hall):
    case = hall.case_in(CaseState.DECIDING)
    client.force_login(hall.approver)
    response = client.post(do_url(case, "refuse"), {"version": case.version, "reason": ""})
    assert response.status_code == 200
    case.refresh_from_db()
    assert case.state == CaseState.DECIDING


# --- Papers and personal data -----------------------------------------------------------------


def test_papers_open_as_pdf_and_as_a_page(client, hall):
    document = hall.record().documents.get()
    client.force_login(hall.clerk)
    response = client.get(reverse("admin:services_case_paper", args=[document.pk]))
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    assert "no-store" in response.headers["Cache-Control"]
    text = client.get(reverse("admin:services_case_print", args=[document.pk])).content.decode()
    assert "申请材料接收回执" in text
    assert document.case.tracking_code[:4] in text


def test_a_number_is_shown_in_full_only_with_permission_and_a_logged_reason(client, hall):
    case = hall.record()
    url = reverse("admin:services_case_reveal", args=[case.pk])
    client.force_login(hall.issuer)
    assert IDENTITY not in client.post(url, {"reason": "核对"}, follow=True).content.decode()
    client.force_login(hall.clerk)
    assert IDENTITY not in client.post(url, {"reason": " "}, follow=True).content.decode()
    response = client.post(url, {"reason": "申请人来电核对"})
    assert IDENTITY in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    entries = [e for e in history_of(case) if e.action == "reveal"]
    assert entries
    assert all("申请人来电核对" in e.reason for e in entries)
    assert IDENTITY not in str([e.changes for e in entries] + [e.reason for e in entries])


@pytest.mark.parametrize(
    ("day", "warned", "said"),
    [
        ("2026-11-03", False, "还剩 4 个工作日"),
        ("2026-11-04", False, "还剩 3 个工作日"),
        ("2026-11-05", True, "收件第 3 个工作日"),
        ("2026-11-06", True, "收件第 4 个工作日"),
        ("2026-11-09", True, "收件第 5 个工作日，今天到期"),
    ],
)
def test_a_receipt_is_warned_of_from_its_third_day(client, hall, day, warned, said):
    """行政许可法 Art. 32: five working days to answer, or the law accepts. Received on Monday, 2 November."""
    with freeze_time("2026-11-02 02:00:00"):
        case = hall.record()
    with freeze_time(f"{day} 02:00:00"):
        client.force_login(hall.clerk)
        queue = client.get(LIST, {"queue": "answer_soon"}).content.decode()
        assert (case.case_number in queue) is warned
        assert said in client.get(LIST).content.decode()


def test_the_second_of_two_clicks_leads_to_what_the_first_one_did(client, hall):
    case = hall.record()
    client.force_login(hall.clerk)
    form = {"version": case.version}
    assert client.post(do_url(case, "accept"), form).url == page(case)
    again = client.post(do_url(case, "accept"), form, follow=True)
    assert again.redirect_chain[-1][0] == page(case)
    assert "只办理了一次" in again.content.decode()
    assert case.documents.filter(kind="acceptance").count() == 1
    # Somebody else who comes too late is told what happened.
    other = UserFactory(roles=["window"], outlet=hall.outlet)
    client.force_login(other)
    late = client.post(do_url(case, "accept"), form)
    assert late.status_code == 200
    assert "您打开这张表之后" in late.content.decode()
