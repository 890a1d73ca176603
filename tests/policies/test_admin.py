"""The officer's workbench: buttons by state and role, the gate's list, locked content, versions."""

from datetime import date

import pytest
from django.urls import reverse

from policies.choices import Publication
from policies.models import FactorPrice, IncentivePolicy
from tests.factories.policies import ClauseFactory, PolicyFactory, PriceFactory
from tuoxian_portal.audit.actions import history_of

pytestmark = pytest.mark.django_db
CHANGELIST = "/admin/policies/incentivepolicy/"
FIELDS = [
    "title",
    "summary",
    "nature",
    "level",
    "theme",
    "objects_text",
    "document_number",
    "issuing_body",
    "issued_on",
    "issued_text",
    "in_force_from",
    "expires_on",
    "review_on",
    "full_text",
    "note",
    "legal_basis",
    "fair_competition_reviewed_on",
    "fair_competition_reviewed_by",
    "source_title",
    "source_publisher",
    "source_date",
    "source_where",
    "confidence",
    "slug",
]


def change_url(policy):
    return reverse("admin:policies_incentivepolicy_change", args=[policy.pk])


def do_url(policy, verb):
    return reverse("admin:policies_incentivepolicy_do", args=[policy.pk, verb])


@pytest.fixture
def officer(client, person):
    user = person("policy_officer")
    client.force_login(user)
    return user


def form_data(policy, **changes):
    """What the browser posts back for an unchanged record, with `changes`."""
    data = {name: getattr(policy, name) for name in FIELDS}
    data = {name: "" if value is None else value for name, value in data.items()}
    data |= {"industry": "", "department": "", "seen_version": policy.version}
    for prefix in ("clauses", "questions", "attachments"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return {**data, **changes}


def test_the_page_shows_what_is_missing_and_only_the_allowed_buttons(client, officer):
    policy = PolicyFactory()
    page = client.get(change_url(policy)).content.decode()
    assert "公平竞争审查机关" in page
    assert do_url(policy, "review") in page
    assert do_url(policy, "withdraw") not in page


def test_a_reader_sees_no_button(client, person):
    client.force_login(person("official"))
    policy = PolicyFactory(published=True)
    page = client.get(change_url(policy))
    assert page.status_code == 200
    assert "/do/" not in page.content.decode()
    assert client.post(do_url(policy, "withdraw"), {"reason": "理由"}).status_code == 200
    policy.refresh_from_db()
    assert policy.state == Publication.PUBLISHED


def test_other_staff_do_not_get_in(client, person):
    client.force_login(person("window"))
    assert client.get(CHANGELIST).status_code == 403
    assert client.get(change_url(PolicyFactory())).status_code == 403


def test_from_draft_to_the_public_and_back_by_buttons(client, officer):
    policy = PolicyFactory(complete=True)
    for verb in ("review", "publish"):
        assert client.get(do_url(policy, verb)).status_code == 200
        client.post(do_url(policy, verb), {"version": ""})
    policy.refresh_from_db()
    assert (policy.state, policy.verified_by) == (Publication.PUBLISHED, officer)
    client.post(do_url(policy, "repeal"), {"reason": "到期", "on": "2026-06-01"})
    policy.refresh_from_db()
    assert policy.repealed_on == date(2026, 6, 1)
    assert [e.action for e in history_of(policy)] == ["repeal", "publish", "review"]
    assert "按“有效”公开" in client.get(change_url(policy)).content.decode()


def test_the_gate_refuses_on_the_form(client, officer):
    policy = PolicyFactory(state=Publication.REVIEWED)
    response = client.post(do_url(policy, "publish"), {"version": ""})
    assert response.status_code == 200
    assert "还缺：文号" in response.content.decode()


def test_drafting_through_the_admin(client, officer):
    blank = PolicyFactory.build(title="支持新材料", slug="")
    data = form_data(blank) | {
        "clauses-TOTAL_FORMS": 1,
        "clauses-0-order": 1,
        "clauses-0-heading": "第一条",
        "clauses-0-benefit": "subsidy",
        "clauses-0-text": "给予补贴。",
    }
    response = client.post(f"{CHANGELIST}add/", data)
    policy = IncentivePolicy.objects.get()
    assert response.status_code == 302
    assert (policy.slug, policy.state, policy.edited_by) == ("zhi-chi-xin-cai-liao", "draft", officer)
    assert policy.clauses.get().heading == "第一条"
    assert [e.action for e in history_of(policy)] == ["edit_contents", "add_policy"]


def test_an_edit_is_saved_with_its_entry(client, officer):
    policy = PolicyFactory(title="旧")
    assert client.post(change_url(policy), form_data(policy, title="新")).status_code == 302
    policy.refresh_from_db()
    assert (policy.title, policy.version) == ("新", 1)


def test_an_older_form_is_refused_and_keeps_what_was_typed(client, officer):
    policy = PolicyFactory(title="旧")
    stale = form_data(policy, title="我打的字")
    IncentivePolicy.objects.filter(pk=policy.pk).update(version=5, title="别人改的")
    response = client.post(change_url(policy), stale)
    assert response.status_code == 200
    assert "我打的字" in response.content.decode()
    policy.refresh_from_db()
    assert policy.title == "别人改的"


def test_dates_in_the_wrong_order_are_named(client, officer):
    policy = PolicyFactory()
    data = form_data(policy, issued_on="2026-05-01", expires_on="2026-01-01")
    response = client.post(change_url(policy), data)
    assert "有效期至不能早于施行" in response.content.decode()


def test_what_was_confirmed_cannot_be_edited_even_by_a_forged_post(client, officer):
    policy = PolicyFactory(in_force=True, title="旧")
    answer = client.post(change_url(policy), form_data(policy, title="我写的新标题"))
    assert answer.status_code == 409
    assert "我写的新标题" in answer.content.decode(), "what was typed is given back"
    assert "内容已锁定" in client.get(change_url(policy)).content.decode()
    policy.refresh_from_db()
    assert policy.title == "旧"


def test_nothing_can_be_deleted(client, officer):
    policy = PolicyFactory()
    assert client.post(f"{CHANGELIST}{policy.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(CHANGELIST).content.decode()


def test_prices_are_entered_and_numbered(client, officer):
    data = {
        "factor": "power",
        "kind": "actual",
        "item": "测试电价",
        "value": "0.45",
        "unit": "元/度",
        "as_of_date": "2026-11-01",
        "is_public": "on",
        "seen_version": "",
    }
    assert client.post("/admin/policies/factorprice/add/", data).status_code == 302
    price = FactorPrice.objects.get()
    assert price.code == "YS-0001"
    twice = client.post("/admin/policies/factorprice/add/", data)
    assert "已有同类数值" in twice.content.decode()
    url = f"/admin/policies/factorprice/{price.pk}/change/"
    assert client.post(url, {**data, "value": "0.46", "seen_version": 0}).status_code == 302
    price.refresh_from_db()
    assert (str(price.value), price.version) == ("0.4600", 1)


def test_lists_filter_and_do_not_grow_in_queries(client, officer):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(url):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    urls = (CHANGELIST, "/admin/policies/factorprice/")
    ClauseFactory.create_batch(2)
    PriceFactory(item="甲")
    [count(url) for url in urls]
    few = [count(url) for url in urls]
    ClauseFactory.create_batch(10)
    for index in range(10):
        PriceFactory(item=f"电价{index}")
    assert [count(url) for url in urls] == few
    PolicyFactory(in_force=True, title="唯一有效的一份")
    page = client.get(CHANGELIST, {"status": "in_force"}).content.decode()
    assert "唯一有效的一份" in page
    assert page.count("/change/") <= 3
