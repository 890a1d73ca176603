"""From an enquiry to a project: the public form, its protection, the staff's verbs, personal data."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from projects import actions
from projects.choices import LeadState, Stage
from projects.forms import new_stamp
from projects.models import InvestmentLead, KeyProject
from projects.workflow import LEAD_WORKFLOW
from tests.factories.accounts import UserFactory
from tests.factories.directory import IndustryFactory
from tests.factories.projects import KeyProjectFactory, LeadFactory, OpportunityFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db

URL = "/invest/contact/"
TYPED = {
    "enterprise_name": "某某科技",
    "contact_name": "张三",
    "phone": "138 0000-1234",
    "needs": "想建一条生产线，了解厂房和电价。",
    "consent": "on",
}


def stamp(age=30):
    """A form that was shown `age` seconds ago."""
    with patch("time.time", return_value=timezone.now().timestamp() - age):
        return new_stamp()


def send(client, **changes):
    data = {**TYPED, "stamp": stamp(), **changes}
    return client.post(URL, {k: v for k, v in data.items() if v is not None})


# --- The form ------------------------------------------------------------------------------------
def test_an_enquiry_gets_its_number_and_its_answer_day(client):
    response = send(client)
    assert response.status_code == 302
    lead = InvestmentLead.objects.get()
    assert re.fullmatch(rf"XS{today():%Y%m%d}-0001", lead.number)
    assert lead.answer_due == load_calendar().add(today(), 3)
    assert (lead.contact_name, lead.phone, lead.state) == ("张三", "13800001234", LeadState.NEW)
    assert lead.consented_at
    page = client.get(response["Location"]).content.decode()
    assert lead.number in page
    assert f"{lead.answer_due:%Y 年 %m 月 %d 日}" in page
    assert "13800001234" not in page
    assert "张三" not in page


def test_numbers_of_a_day_follow_each_other(client):
    for _ in range(3):
        send(client)
    numbers = InvestmentLead.objects.order_by("number").values_list("number", flat=True)
    assert [n[-4:] for n in numbers] == ["0001", "0002", "0003"]


def test_the_same_form_sent_twice_is_one_enquiry(client):
    token = stamp()
    first, second = (send(client, stamp=token) for _ in range(2))
    assert InvestmentLead.objects.count() == 1
    pages = [client.get(r["Location"]).content.decode() for r in (first, second)]
    assert all(InvestmentLead.objects.get().number in page for page in pages)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contact_name": ""}, "请填写怎么称呼您"),
        ({"phone": ""}, "请填写联系电话"),
        ({"phone": "12345"}, "电话号码应为"),
        ({"needs": ""}, "请写明想了解什么"),
        ({"needs": "长" * 2001}, "2000"),
        ({"consent": None}, "请先同意"),
        ({"industry": "999999"}, "意向产业"),
        ({"website": "http://spam"}, "网址"),
        ({"stamp": "forged"}, "再点一次"),
        ({"stamp": None}, "必填"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, changes, words):
    response = send(client, **changes)
    page = response.content.decode()
    assert response.status_code == 400
    assert words in page
    assert InvestmentLead.objects.count() == 0
    for name in ("enterprise_name", "contact_name", "phone", "needs"):
        if name not in changes:
            assert TYPED[name] in page


@pytest.mark.parametrize("age", [0, 60 * 60 * 13])
def test_a_form_sent_too_fast_or_too_late_can_be_sent_again(client, age):
    response = send(client, stamp=stamp(age))
    assert response.status_code == 400
    page = response.content.decode()
    assert TYPED["needs"] in page
    fresh = re.search(r'name="stamp" value="([^"]+)"', page)[1]
    with patch("time.time", return_value=timezone.now().timestamp() + 30):
        assert send(client, stamp=fresh).status_code == 302


def test_an_address_that_sends_too_many_is_asked_to_wait_and_keeps_its_words(client):
    for _ in range(10):
        assert send(client).status_code == 302
    response = send(client)
    assert response.status_code == 429
    assert "过于频繁" in response.content.decode()
    assert TYPED["needs"] in response.content.decode()
    assert InvestmentLead.objects.count() == 10


def test_errors_do_not_count_against_an_address(client):
    for _ in range(12):
        send(client, phone="1")
    assert send(client).status_code == 302


def test_it_says_what_it_is_about(client):
    project = KeyProjectFactory(is_published=True)
    page = client.get(URL, {"about": project.number}).content.decode()
    assert project.name in page
    send(client, about=project.number)
    assert InvestmentLead.objects.get().project == project


def test_it_never_tells_about_what_is_not_published(client):
    project, opportunity = KeyProjectFactory(name="保密项目"), OpportunityFactory(name="保密机会")
    for number in (project.number, opportunity.number, "NOPE"):
        assert "保密" not in client.get(URL, {"about": number}).content.decode()
        send(client, about=number)
    assert not InvestmentLead.objects.exclude(project=None, opportunity=None).exists()


@pytest.mark.parametrize("query", ["", "n=XS20261124-0001", "n=forged:abc"])
def test_a_confirmation_cannot_be_guessed(client, query):
    LeadFactory(number="XS20261124-0001")
    assert client.get(f"{reverse('projects:enquiry_done')}?{query}").status_code == 404


def test_the_form_is_never_cached(client):
    assert "no-store" in client.get(URL)["Cache-Control"]


def test_a_request_without_the_token_of_the_page_is_refused():
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(URL, TYPED).status_code == 403


# --- What is kept --------------------------------------------------------------------------------
def test_name_and_number_are_sealed_in_the_database(client):
    send(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_name, phone FROM projects_investmentlead")
        row = str(cursor.fetchone())
    assert "13800001234" not in row
    assert "张三" not in row


def test_the_log_holds_no_personal_data(client):
    send(client)
    entry = history_of(InvestmentLead.objects.get()).get()
    assert "13800001234" not in f"{entry.changes}{entry.object_repr}{entry.reason}"


def test_a_number_that_cannot_be_one_is_refused_at_every_door():
    with pytest.raises(ValidationError, match="电话"):
        actions.record_enquiry(contact_name="张三", phone="1", needs="咨询")


# --- Staff ---------------------------------------------------------------------------------------
VERBS = {
    "contact": lambda lead, u: actions.contact_lead(lead=lead, actor=u),
    "follow_up": lambda lead, u: actions.follow_up_lead(lead=lead, actor=u, next_step="考察"),
    "visit": lambda lead, u: actions.record_visit(
        lead=lead, actor=u, kind="out", held_on=today(), place="北京", people="双方负责人", outcome="有意向"
    ),
    "convert": lambda lead, u: actions.convert_lead(lead=lead, actor=u),
    "close": lambda lead, u: actions.close_lead(lead=lead, actor=u, reason="无意向"),
    "reopen": lambda lead, u: actions.reopen_lead(lead=lead, actor=u, reason="来电"),
}


@pytest.mark.parametrize("state", list(LeadState))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_state_and_verb(state, verb):
    officer = UserFactory(roles=["project_officer"])
    lead = LeadFactory(state=state, close_reason="旧" if state == LeadState.CLOSED else "")
    transition = LEAD_WORKFLOW.by_name[verb]
    if state in transition.sources:
        assert VERBS[verb](lead, officer).state == (transition.target or state)
    else:
        with pytest.raises(WorkflowError):
            VERBS[verb](lead, officer)


@pytest.mark.parametrize("role", ["supervisor", "official", "window", "policy_officer", "bank_contact"])
@pytest.mark.parametrize("verb", list(VERBS))
def test_others_handle_no_leads(role, verb):
    state = next(iter(LEAD_WORKFLOW.by_name[verb].sources))
    lead = LeadFactory(state=state, close_reason="旧" if state == LeadState.CLOSED else "")
    with pytest.raises(NotPermitted):
        VERBS[verb](lead, UserFactory(roles=[role]))


def test_answering_stops_the_promise_and_names_who_answered():
    officer = UserFactory(roles=["project_officer"])
    lead = LeadFactory(answer_due=today() - timedelta(days=1))
    assert list(InvestmentLead.objects.overdue(today())) == [lead]
    answered = actions.contact_lead(lead=lead, actor=officer, reason="已电话答复")
    assert answered.owner == officer
    assert answered.answered_at
    assert not InvestmentLead.objects.overdue(today()).exists()


def test_an_owner_named_meanwhile_stays_and_so_does_the_next_step():
    officer, owner = UserFactory.create_batch(2, roles=["project_officer"])
    lead = LeadFactory()
    seen = InvestmentLead.objects.get(pk=lead.pk)
    actions.assign_lead(lead=lead, owner=owner, actor=officer)
    contacted = actions.contact_lead(lead=seen, actor=officer)
    assert contacted.owner == owner
    InvestmentLead.objects.update(next_step="寄送园区资料", next_on=today())
    followed = actions.follow_up_lead(lead=contacted, actor=officer)
    assert (followed.next_step, followed.next_on) == ("寄送园区资料", today())


def test_a_lead_becomes_a_project_once_and_keeps_its_trace():
    officer = UserFactory(roles=["project_officer"])
    lead = LeadFactory(state=LeadState.FOLLOWING, industry=IndustryFactory(), intended_investment_wan=3000)
    converted = actions.convert_lead(lead=lead, actor=officer, name="新材料项目")
    project = converted.converted_project
    assert (project.name, project.stage, project.total_investment_wan) == ("新材料项目", Stage.RESERVE, 3000)
    assert not project.is_published
    assert history_of(project).get().reason == lead.number
    with pytest.raises(WorkflowError):
        actions.convert_lead(lead=converted, actor=officer)
    assert KeyProject.objects.count() == 1


def test_closing_needs_a_reason():
    with pytest.raises(WorkflowError, match="理由"):
        actions.close_lead(lead=LeadFactory(), actor=UserFactory(roles=["project_officer"]), reason=" ")


def test_an_assigned_lead_has_its_owner():
    officer, other = UserFactory(roles=["project_officer"]), UserFactory(roles=["project_officer"])
    assert actions.assign_lead(lead=LeadFactory(), owner=other, actor=officer).owner == other
    with pytest.raises(WorkflowError):
        actions.assign_lead(
            lead=LeadFactory(state=LeadState.CLOSED, close_reason="无"), owner=other, actor=officer
        )


# --- What is planned -----------------------------------------------------------------------------
PLANS = {
    "intended_investment_wan": "1.2亿",
    "intended_land_mu": "约 60 亩",
    "intended_jobs": "200人",
    "intended_energy": "年用电 800 万度",
}


def test_plans_are_read_as_people_write_them_and_said_back(client):
    response = send(client, **PLANS)
    lead = InvestmentLead.objects.get()
    assert (lead.intended_investment_wan, lead.intended_land_mu, lead.intended_jobs) == (12_000, 60, 200)
    assert lead.intended_energy == "年用电 800 万度"
    page = client.get(response["Location"]).content.decode()
    for words in ("1.2\u00a0亿元", "60 亩", "200 人", "年用电 800 万度"):
        assert words in page


def test_plans_may_be_left_out(client):
    page = client.get(send(client)["Location"]).content.decode()
    assert InvestmentLead.objects.get().plans == []
    assert "我们记下的打算" not in page


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("intended_investment_wan", "一个小目标", "不是数字"),
        ("intended_investment_wan", "1.2万", "不清楚是多少"),
        ("intended_investment_wan", "120000000", "单位是万元"),
        ("intended_land_mu", "-3", "大于 0"),
        ("intended_jobs", "2.5", "整数"),
        ("intended_energy", "电" * 121, "120"),
    ],
)
def test_an_absurd_plan_is_refused_where_it_stands_and_kept(client, name, typed, words):
    response = send(client, **{**PLANS, name: typed})
    page = response.content.decode()
    assert response.status_code == 400
    assert words in page
    assert typed in page
    assert TYPED["needs"] in page
    assert '<details class="details" open>' in page
    assert not InvestmentLead.objects.exists()


def test_the_optional_part_is_closed_at_first(client):
    assert '<details class="details">' in client.get(URL).content.decode()


def test_plans_go_on_into_the_project(client):
    send(client, **PLANS)
    lead = InvestmentLead.objects.get()
    officer = UserFactory(roles=["project_officer"])
    actions.contact_lead(lead=lead, actor=officer)
    project = actions.convert_lead(lead=lead, actor=officer).converted_project
    assert (project.total_investment_wan, project.land_mu) == (12_000, 60)


def test_the_api_takes_plans_as_numbers(api_client):
    body = {
        "contact_name": "张三",
        "phone": "13800001234",
        "needs": "想建厂",
        "consent": True,
        "intended_investment_wan": "12000",
        "intended_jobs": 200,
    }
    url = "/api/v1/projects/enquiries/"
    assert api_client.post(url, body, format="json").status_code == 201
    assert InvestmentLead.objects.get().intended_jobs == 200
    wrong = api_client.post(url, {**body, "intended_investment_wan": "1e12"}, format="json")
    assert wrong.status_code == 400
    assert "intended_investment_wan" in wrong.json()["fields"]
