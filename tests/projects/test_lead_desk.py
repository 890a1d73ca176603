"""Leads at the desk: conflicts and first registrants, visits, reminders by threshold, the answer record."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from projects import actions
from projects.choices import LeadState
from projects.choices_pipeline import ConflictDecision, ConflictGround, ReminderKind
from projects.models import InvestmentLead, LeadConflict, LeadReminder
from projects.names import enterprise_key
from projects.reminders import SILENT_DAYS, passed
from tests.factories.accounts import UserFactory
from tests.factories.directory import EnterpriseFactory
from tests.factories.projects import (
    ChainNodeFactory,
    KeyProjectFactory,
    LeadFactory,
    OpportunityFactory,
    PromotionTargetFactory,
)
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

CODE, OTHER_CODE = "91110000600037341L", "91150100MA0N0XTQ2T"


def record(name="", **more):
    return actions.record_enquiry(
        contact_name="张三", phone="13800001234", needs="咨询", enterprise_name=name, **more
    )


@pytest.fixture
def officer(db):
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def boss(db):
    return UserFactory(roles=["supervisor"])


# --- Names ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("某某科技有限公司", "某某科技有限责任公司"),
        ("某某科技（集团）有限公司", "某某科技集团"),
        ("某某 科技", "某某科技股份有限公司"),
        ("ＡＢＣ能源有限公司", "abc能源"),
    ],
)
def test_the_legal_form_does_not_make_another_enterprise(one, other):
    assert enterprise_key(one) == enterprise_key(other) != ""


@pytest.mark.parametrize("name", ["", "  ", "有限公司", "集团（公司）"])
def test_no_name_is_no_enterprise(name):
    assert enterprise_key(name) == ""


@given(st.text())
def test_a_key_is_its_own_key(name):
    assert enterprise_key(enterprise_key(name)) == enterprise_key(name)


# --- Conflicts -----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_second_lead_of_an_enterprise_is_a_conflict_and_the_first_is_protected(officer):
    first = record("某某科技有限公司")
    later = record("某某科技有限责任公司", actor=officer)
    conflict = LeadConflict.objects.get()
    assert (conflict.first, conflict.later, conflict.ground) == (first, later, ConflictGround.NAME)
    assert "conflict" in history_of(later).values_list("action", flat=True)
    actions.contact_lead(lead=later, actor=officer)
    with pytest.raises(WorkflowError, match=f"{first.number} 撞单"):
        actions.convert_lead(lead=later, actor=officer)
    actions.contact_lead(lead=first, actor=officer)
    assert actions.convert_lead(lead=first, actor=officer).converted_project


@pytest.mark.django_db
def test_the_credit_code_is_enough():
    record("甲方科技", credit_code=CODE)
    record("乙方贸易", credit_code=CODE)
    assert LeadConflict.objects.get().ground == ConflictGround.CREDIT_CODE


@pytest.mark.django_db
def test_founders_without_an_enterprise_never_conflict():
    record("")
    record("")
    assert not LeadConflict.objects.exists()


@pytest.mark.django_db
def test_what_is_over_or_another_data_set_does_not_conflict():
    LeadFactory(enterprise_name="某某科技", state=LeadState.CLOSED, close_reason="无意向")
    LeadFactory(enterprise_name="某某科技", is_sample=True)
    record("某某科技有限公司")
    assert not LeadConflict.objects.exists()


@pytest.mark.django_db
def test_a_name_that_is_corrected_is_compared_again(officer):
    first, lead = record("某某科技"), record("写错的名字")
    lead.enterprise_name = "某某科技公司"
    actions.save_lead(lead=lead, actor=officer, changed=["enterprise_name"])
    assert LeadConflict.objects.get().first == first
    lead.refresh_from_db()
    assert lead.name_key == "某某科技"


def conflict(**more):
    first = LeadFactory(enterprise_name="某某科技", **more)
    return actions.note_conflicts(lead=LeadFactory(enterprise_name="某某科技公司"), actor=None)[0], first


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("decision", "first_state", "later_state"),
    [
        (ConflictDecision.FIRST, LeadState.NEW, LeadState.CLOSED),
        (ConflictDecision.LATER, LeadState.CLOSED, LeadState.NEW),
        (ConflictDecision.SEPARATE, LeadState.NEW, LeadState.NEW),
    ],
)
def test_a_supervisor_settles_it_with_a_reason(boss, decision, first_state, later_state):
    found, _ = conflict()
    settled = actions.resolve_conflict(conflict=found, decision=decision, actor=boss, reason="先期已考察")
    states = {lead.pk: lead for lead in InvestmentLead.objects.all()}
    assert states[settled.first_id].state == first_state
    assert states[settled.later_id].state == later_state
    closed = [lead for lead in states.values() if lead.state == LeadState.CLOSED]
    assert all("先期已考察" in lead.close_reason for lead in closed)
    assert history_of(settled).get().reason == "先期已考察"
    with pytest.raises(WorkflowError, match="已经裁定"):
        actions.resolve_conflict(conflict=settled, decision=decision, actor=boss, reason="再来")


@pytest.mark.django_db
def test_after_the_decision_the_later_one_may_go_on(boss, officer):
    found, _ = conflict()
    actions.resolve_conflict(
        conflict=found, decision=ConflictDecision.SEPARATE, actor=boss, reason="两个项目"
    )
    later = actions.contact_lead(lead=found.later, actor=officer)
    assert actions.convert_lead(lead=later, actor=officer).state == LeadState.CONVERTED
    assert actions.note_conflicts(lead=later, actor=officer) == []


@pytest.mark.django_db
def test_what_a_decision_is_refused_for(boss, officer):
    found, first = conflict()

    def resolve(actor=boss, decision=ConflictDecision.FIRST, reason="理由", **more):
        return actions.resolve_conflict(conflict=found, decision=decision, actor=actor, reason=reason, **more)

    with pytest.raises(WorkflowError, match="理由"):
        resolve(reason=" ")
    with pytest.raises(ValidationError, match="裁定"):
        resolve(decision="coin")
    with pytest.raises(EditConflict):
        resolve(version=7)
    for role in ("project_officer", "official", "window", "policy_officer"):
        with pytest.raises(NotPermitted):
            resolve(actor=UserFactory(roles=[role]))
    InvestmentLead.objects.filter(pk=first.pk).update(state=LeadState.CONVERTED)
    with pytest.raises(WorkflowError, match="已转为项目"):
        resolve(decision=ConflictDecision.LATER)
    InvestmentLead.objects.filter(pk=first.pk).update(state=LeadState.CLOSED, close_reason="无")
    with pytest.raises(WorkflowError, match="已关闭"):
        resolve(decision=ConflictDecision.FIRST)
    InvestmentLead.objects.filter(pk=first.pk).update(state=LeadState.NEW, owner=boss)
    with pytest.raises(WorkflowError, match="另一位"):
        resolve()


# --- Visits --------------------------------------------------------------------------------------
VISIT = {"kind": "out", "held_on": date(2026, 1, 5), "place": "上海", "people": "县长", "outcome": "有意向"}


@pytest.mark.django_db
def test_a_visit_is_kept_and_may_say_what_comes_next(officer):
    lead = actions.record_visit(
        lead=LeadFactory(), actor=officer, **VISIT, next_step="回访", next_on=today() + timedelta(days=3)
    )
    assert lead.visits.get().recorded_by == officer
    assert lead.next_step == "回访"
    again = actions.record_visit(lead=lead, actor=officer, **VISIT)
    assert (again.visits.count(), again.next_step) == (2, "回访")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [("held_on", "future"), ("place", " "), ("people", ""), ("outcome", ""), ("kind", "call")],
)
def test_a_visit_that_cannot_be_one_is_refused_at_its_field(officer, field, value):
    value = today() + timedelta(days=1) if value == "future" else value
    with pytest.raises(ValidationError) as error:
        actions.record_visit(lead=LeadFactory(), actor=officer, **{**VISIT, field: value})
    assert field in error.value.message_dict


# --- Reminders -----------------------------------------------------------------------------------
def kinds(lead):
    return sorted(lead.reminders.values_list("kind", flat=True))


@pytest.mark.django_db
def test_a_reminder_comes_by_threshold_even_after_nights_that_were_missed():
    lead = LeadFactory(answer_due=date(2026, 3, 2))
    assert actions.remind_leads(on=date(2026, 3, 1)) == 0
    # The task ran neither on the second nor on the third.
    assert actions.remind_leads(on=date(2026, 3, 4)) == 2
    assert kinds(lead) == [ReminderKind.ANSWER_DUE, ReminderKind.ANSWER_LATE]
    assert actions.remind_leads(on=date(2026, 3, 4)) == 0
    assert actions.remind_leads(on=date(2026, 3, 20)) == 0


@pytest.mark.django_db
def test_a_new_day_for_the_next_step_reminds_again(officer):
    lead = LeadFactory(state=LeadState.FOLLOWING, next_on=today())
    actions.remind_leads(on=today())
    lead.next_on = today() + timedelta(days=2)
    actions.save_lead(lead=lead, actor=officer, changed=["next_on"])
    assert actions.remind_leads(on=today() + timedelta(days=1)) == 0
    assert actions.remind_leads(on=today() + timedelta(days=2)) == 1
    assert kinds(lead) == [ReminderKind.STEP_DUE] * 2


@pytest.mark.django_db
def test_a_lead_that_is_over_reminds_nobody():
    LeadFactory(state=LeadState.CLOSED, close_reason="无", next_on=date(2020, 1, 1))
    LeadFactory(state=LeadState.CONVERTED, next_on=date(2020, 1, 1))
    assert actions.remind_leads(on=today()) == 0


@pytest.mark.django_db
def test_reminders_cost_the_same_for_many(django_assert_num_queries):
    LeadFactory.create_batch(3, answer_due=date(2020, 1, 1))
    with django_assert_num_queries(4):
        actions.remind_leads(on=today())
    LeadFactory.create_batch(20, answer_due=date(2020, 1, 1))
    with django_assert_num_queries(4):
        actions.remind_leads(on=today())


@pytest.mark.django_db
@pytest.mark.parametrize("state", LeadState.values)
@pytest.mark.parametrize("offset", [None, -8, -7, -1, 0, 1])
@pytest.mark.parametrize("age", [0, SILENT_DAYS - 1, SILENT_DAYS, 90])
def test_the_queue_is_what_the_reminders_say(state, offset, age):
    """`to_follow_up` (rows) and `passed` (one row) are one rule."""
    on = today()
    day = None if offset is None else on + timedelta(days=offset)
    lead = LeadFactory(state=state, close_reason="无", next_on=day, answer_due=day or on + timedelta(days=5))
    InvestmentLead.objects.filter(pk=lead.pk).update(updated_at=timezone.now() - timedelta(days=age))
    seen = InvestmentLead.objects.with_last_visit().get()
    assert InvestmentLead.objects.to_follow_up(on).exists() == bool(passed(seen, on))
    lead.visits.create(held_on=on - timedelta(days=3), kind="out", place="京", people="人", outcome="果")
    seen = InvestmentLead.objects.with_last_visit().get()
    assert InvestmentLead.objects.to_follow_up(on).exists() == bool(passed(seen, on))


# --- The promised answer -------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_answer_record_counts_each_lead_once():
    on = today()
    now = timezone.now()
    LeadFactory(answer_due=on, answered_at=now, state=LeadState.CONTACTED)  # on time
    LeadFactory(answer_due=on - timedelta(days=1), answered_at=now, state=LeadState.CONTACTED)  # late
    LeadFactory(answer_due=on - timedelta(days=1))  # unanswered
    LeadFactory(
        answer_due=on + timedelta(days=3), state=LeadState.CLOSED, close_reason="无"
    )  # never answered
    LeadFactory(answer_due=on)  # waiting
    found = InvestmentLead.objects.answer_record(since=on - timedelta(days=30), on=on)
    assert (found.received, found.on_time, found.late, found.unanswered, found.waiting) == (5, 1, 1, 2, 1)
    assert found.on_time_percent == 25


@pytest.mark.django_db
def test_no_lead_has_no_share():
    assert InvestmentLead.objects.answer_record(since=today(), on=today()).on_time_percent is None


# --- From a lead to a project ---------------------------------------------------------------------
@pytest.mark.django_db
def test_a_project_takes_over_what_the_lead_knew(officer):
    known = EnterpriseFactory(name="某某科技有限公司", credit_code=CODE)
    node = ChainNodeFactory()
    lead = record(
        "某某科技有限公司",
        credit_code=CODE,
        intended_land_mu=80,
        chain_node=node,
        owner=officer,
        source="referral",
        source_note="商会推荐",
        actor=officer,
    )
    lead = actions.contact_lead(lead=lead, actor=officer)
    project = actions.convert_lead(lead=lead, actor=officer).converted_project
    assert (project.enterprise, project.chain, project.land_mu) == (known, node.chain, 80)
    assert project.helper == officer
    assert project.lead.number == lead.number


# --- The workbench -------------------------------------------------------------------------------
def post(client, url, data):
    return client.post(url, data, follow=True)


@pytest.mark.django_db
def test_an_officer_is_told_at_once_that_somebody_was_there_before(client, officer):
    first = record("某某科技有限公司")
    # Half past six in the morning here is still the day before in UTC.
    InvestmentLead.objects.update(created_at=datetime(2026, 3, 1, 22, 30, tzinfo=UTC))
    client.force_login(officer)
    page = post(
        client,
        reverse("admin:projects_investmentlead_add"),
        {
            "source": "event",
            "source_note": "进博会",
            "contact_name": "李四",
            "phone": "13900001234",
            "enterprise_name": "某某科技",
            "credit_code": "",
            "needs": "想看厂房",
            "next_step": "寄资料",
            "next_on": "",
        },
    ).content.decode()
    assert f"撞单：{first.number} 已于 2026-03-02 登记同一企业" in page
    lead = InvestmentLead.objects.get(source="event")
    assert (lead.source_note, lead.next_step) == ("进博会", "寄资料")
    shown = client.get(reverse("admin:projects_investmentlead_change", args=[lead.pk])).content.decode()
    assert "等待督办人员裁定" in shown


@pytest.mark.django_db
@pytest.mark.parametrize("sees_drafts", [False, True])
def test_only_what_the_search_would_show_is_taken(client, sees_drafts):
    """The key of a draft, sent without having been offered."""
    more = ["projects.view_opportunity"] if sees_drafts else []
    client.force_login(
        UserFactory(permissions=["projects.add_investmentlead", "projects.view_investmentlead", *more])
    )
    draft = OpportunityFactory()
    page = post(
        client,
        reverse("admin:projects_investmentlead_add"),
        {
            "source": "event",
            "contact_name": "李四",
            "phone": "13900001234",
            "needs": "想看厂房",
            "opportunity": draft.pk,
        },
    )
    assert InvestmentLead.objects.filter(opportunity=draft).exists() is sees_drafts
    if not sees_drafts:
        assert page.context["adminform"].form.errors.keys() == {"opportunity"}
        assert draft.name not in page.content.decode()


@pytest.mark.django_db
def test_staff_do_not_record_a_lead_as_if_the_public_had_sent_it(client, officer):
    client.force_login(officer)
    page = client.get(reverse("admin:projects_investmentlead_add")).content.decode()
    assert 'value="event"' in page
    assert 'value="web"' not in page


@pytest.mark.django_db
def test_a_supervisor_settles_a_conflict_in_the_workbench(client, boss):
    found, first = conflict()
    client.force_login(boss)
    url = reverse("admin:projects_leadconflict_change", args=[found.pk])
    page = client.get(url).content.decode()
    assert first.number in page
    assert "裁定" in page
    empty = client.post(f"{url.removesuffix('change/')}do/resolve/", {"decision": "first", "reason": ""})
    assert empty.status_code == 200
    done = post(
        client,
        f"{url.removesuffix('change/')}do/resolve/",
        {"decision": "first", "reason": "首谈已考察", "version": 0},
    )
    assert "首谈已考察" in done.content.decode()


@pytest.mark.django_db
def test_the_queue_and_the_first_page_show_whom_to_follow_up(client, officer):
    due = LeadFactory(state=LeadState.FOLLOWING, next_on=today(), owner=officer)
    LeadFactory(state=LeadState.FOLLOWING, next_on=today() + timedelta(days=9))
    LeadReminder.objects.create(lead=due, kind=ReminderKind.STEP_DUE, due_on=today())
    client.force_login(officer)
    changelist = reverse("admin:projects_investmentlead_changelist")
    for follow in ("due", "mine"):
        page = client.get(f"{changelist}?follow={follow}")
        assert list(page.context["cl"].result_list) == [due]
    home = client.get("/admin/").content.decode()
    assert "该跟进的线索" in home
    assert "follow=due" in home
    page = client.get(reverse("admin:projects_investmentlead_change", args=[due.pk])).content.decode()
    assert "到了下一步的日期" in page


@pytest.mark.django_db
def test_a_visit_is_recorded_in_the_workbench_and_nothing_typed_is_lost(client, officer):
    lead = LeadFactory()
    client.force_login(officer)
    url = reverse("admin:projects_investmentlead_do", args=[lead.pk, "visit"])
    typed = {**VISIT, "held_on": "2099-01-01", "outcome": "对方愿意来看厂房", "version": lead.version}
    page = client.post(url, typed)
    assert page.status_code == 200
    assert "日期不能晚于今天" in page.content.decode()
    assert "对方愿意来看厂房" in page.content.decode()
    assert post(client, url, {**typed, "held_on": "2026-01-05"}).status_code == 200
    assert lead.visits.count() == 1


@pytest.mark.django_db
def test_a_lead_shows_the_projects_of_its_enterprise(client, officer):
    project = KeyProjectFactory(enterprise_name="某某科技有限公司")
    lead = LeadFactory(enterprise_name="某某科技有限公司")
    client.force_login(officer)
    page = client.get(reverse("admin:projects_investmentlead_change", args=[lead.pk])).content.decode()
    assert project.number in page


# --- Targets of promotion ------------------------------------------------------------------------
STEPS = [
    ("make_contact", actions.contact_target, "contacted"),
    ("start_talks", actions.talk_target, "talking"),
    ("land", actions.land_target, "landed"),
]


@pytest.mark.django_db
def test_the_way_of_a_target(officer):
    target = PromotionTargetFactory()
    for _, act, state in STEPS:
        target = act(target=target, actor=officer, reason="见面")
        assert target.state == state
    with pytest.raises(WorkflowError, match="不能再修改"):
        actions.save_promotion_target(target=target, actor=officer, changed=["why"])


@pytest.mark.django_db
def test_dropping_needs_a_reason_and_can_be_taken_back(officer):
    target = PromotionTargetFactory()
    with pytest.raises(WorkflowError, match="理由"):
        actions.drop_target(target=target, actor=officer, reason="")
    dropped = actions.drop_target(target=target, actor=officer, reason="对方已在外地投资")
    assert dropped.drop_reason
    assert actions.resume_target(target=dropped, actor=officer, reason="来电").state == "planned"


@pytest.mark.django_db
def test_a_gap_to_fill_names_the_link_of_the_chain(officer):
    from projects.models import PromotionTarget

    with pytest.raises(ValidationError, match="环节"):
        actions.save_promotion_target(
            target=PromotionTarget(kind="gap", name="补链"), actor=officer, changed=[]
        )


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["supervisor", "official", "window", "reviewer", "policy_officer"])
def test_others_do_not_pursue(role):
    user = UserFactory(roles=[role])
    for _, act, _state in STEPS[:1]:
        with pytest.raises(NotPermitted):
            act(target=PromotionTargetFactory(), actor=user)
    with pytest.raises(NotPermitted):
        actions.save_promotion_target(target=PromotionTargetFactory.build(), actor=user, changed=[])


# --- API -----------------------------------------------------------------------------------------
API = "/api/v1/projects"


@pytest.mark.django_db
def test_conflicts_and_targets_are_for_staff(client, boss):
    found, _ = conflict()
    PromotionTargetFactory()
    for path in ("lead-conflicts", "promotion-targets"):
        assert client.get(f"{API}/{path}/").status_code in (401, 403)
    client.force_login(boss)
    rows = client.get(f"{API}/lead-conflicts/?undecided=true").json()["results"]
    assert rows[0]["available_actions"] == ["resolve"]
    done = client.post(
        f"{API}/lead-conflicts/{found.pk}/resolve/",
        {"decision": "first", "reason": "首谈"},
        content_type="application/json",
    )
    assert done.json()["decision"] == "first"
    assert client.get(f"{API}/lead-conflicts/?undecided=true").json()["count"] == 0
    assert client.get(f"{API}/promotion-targets/").json()["count"] == 1


@pytest.mark.django_db
def test_a_list_of_leads_with_conflicts_costs_the_same(client, officer):
    client.force_login(officer)

    def cost():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(f"{API}/leads/")
        return len(seen)

    for _ in range(2):
        conflict(state=LeadState.CONTACTED)
    InvestmentLead.objects.update(state=LeadState.CONTACTED)
    few = cost()
    for _ in range(10):
        conflict(state=LeadState.CONTACTED)
    InvestmentLead.objects.update(state=LeadState.CONTACTED)
    assert cost() <= few


@pytest.mark.django_db
def test_a_step_that_is_called_done_is_not_said_twice(client):
    officer, lead = UserFactory(roles=["project_officer"]), LeadFactory()
    client.force_login(officer)
    url = reverse("admin:projects_investmentlead_do", args=[lead.pk, "contact"])
    page = client.post(url, {"version": lead.version, "reason": "电话答复"}, follow=True).content.decode()
    assert "已联系答复。" in page
    assert "已已" not in page
