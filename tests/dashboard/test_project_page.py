"""A project as staff see it, with its permits: the sentence, the links, who may, what it costs."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects import actions
from projects.choices import LeadState, MilestoneKind, Stage
from projects.models import Commitment, KeyProject, ProjectMilestone, ProjectProblem
from services.actions.project_cases import link_case, unlink_case
from services.assistance import plan_for
from services.choices_cases import CaseState
from services.models import Case, Entrustment
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall
from tests.factories.entrustments import HelpDesk
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, LeadFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import NotPermitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def official(client):
    user = UserFactory(roles=["official"])
    client.force_login(user)
    return user


@pytest.fixture
def officer(db):
    return UserFactory(roles=["project_officer"])


def url(project):
    return reverse("dashboard:project", args=[project.number])


def html(client, project):
    response = client.get(url(project))
    assert response.status_code == 200
    return response.content.decode()


def late(case, days=3):
    Case.objects.filter(pk=case.pk).update(due_on=today() - timedelta(days=days))


# --- Permits -------------------------------------------------------------------------------------
def test_the_sentence_counts_done_and_late_by_department(client, official, officer):
    project, hall = KeyProjectFactory(stage=Stage.FILED), Hall()
    states = [CaseState.COLLECTING, CaseState.COMPLETED, CaseState.REVIEWING, CaseState.RECEIVED]
    cases = [hall.case_in(state) for state in states]
    for case in cases:
        link_case(project=project, case_number=case.case_number, actor=officer)
    late(cases[2])
    page = html(client, project)
    assert f"4 项，已办 2，1 项超期于{hall.department.name}" in page
    assert all(case.case_number in page for case in cases)
    assert hall.applicant().name not in page


def test_cases_of_an_entrustment_belong_to_the_project_once(client, official, officer):
    project, desk = KeyProjectFactory(stage=Stage.FILED), HelpDesk(stage="land")
    entrustment = desk.helping()
    Entrustment.objects.filter(pk=entrustment.pk).update(project=project)
    desk.linked_case(entrustment)
    case = Case.objects.get()
    link_case(project=project, case_number=case.case_number, actor=officer)
    assert "1 项，已办 0，没有超期" in html(client, project)
    assert [row for stage in plan_for(project).stages for row in stage.rows if row.cases]


def test_a_project_without_cases_says_so(client, official):
    assert "还没有关联的办件" in html(client, KeyProjectFactory())


def test_a_void_number_is_no_case(officer):
    project, hall = KeyProjectFactory(), Hall()
    case = hall.case_in(CaseState.RECEIVED)
    link_case(project=project, case_number=case.case_number, actor=officer)
    Case.objects.filter(pk=case.pk).update(state=CaseState.VOID)
    assert not Case.objects.of_project(project).exists()


# --- Linking -------------------------------------------------------------------------------------
def test_linking_is_forgiving_repeatable_and_on_record(client, officer):
    project, case = KeyProjectFactory(), Hall().case_in(CaseState.RECEIVED)
    client.force_login(officer)
    typed = f" {case.case_number[:4].lower()} {case.case_number[4:]}"
    for _ in range(2):
        response = client.post(url(project), {"case_number": typed}, follow=True)
        assert "已关联到本项目" in response.content.decode()
    assert list(Case.objects.of_project(project)) == [case]
    entry = history_of(project).get(action="link_case")
    assert (entry.actor, entry.reason) == (officer, case.case_number)


@pytest.mark.parametrize("what", ["unknown", "void", "other", "sample", "empty"])
def test_what_cannot_be_linked_is_said_and_kept(client, officer, what):
    project, case = KeyProjectFactory(), Hall().case_in(CaseState.RECEIVED)
    number = {"unknown": "NO-1", "empty": ""}.get(what, case.case_number)
    words = {"unknown": "没有这个编号", "void": "已作废", "sample": "示例办件", "empty": "必填"}.get(what)
    if what == "void":
        Case.objects.update(state=CaseState.VOID)
    if what == "sample":
        Case.objects.update(is_sample=True)
    if what == "other":
        other = KeyProjectFactory()
        link_case(project=other, case_number=number, actor=officer)
        words = f"已关联到 {other.number}"
    client.force_login(officer)
    response = client.post(url(project), {"case_number": number})
    page = response.content.decode()
    assert response.status_code == 400
    assert words in page
    assert number in page
    assert not Case.objects.of_project(project).exists()


def test_a_wrong_link_is_taken_back_with_a_reason(client, officer):
    project, case = KeyProjectFactory(), Hall().case_in(CaseState.RECEIVED)
    link_case(project=project, case_number=case.case_number, actor=officer)
    client.force_login(officer)
    data = {"case_number": case.case_number, "unlink": "1"}
    assert client.post(url(project), {**data, "reason": ""}).status_code == 400
    response = client.post(url(project), {**data, "reason": "填错编号"}, follow=True)
    assert "已取消关联" in response.content.decode()
    assert "填错编号" in history_of(project).get(action="unlink_case").reason
    with pytest.raises(ValidationError, match="没有单独关联"):
        unlink_case(project=project, case_number=case.case_number, actor=officer, reason="再来")


@pytest.mark.parametrize("role", ["official", "window", "reviewer", "policy_officer", "helper"])
def test_others_link_nothing(role):
    project, case = KeyProjectFactory(), Hall().case_in(CaseState.RECEIVED)
    user = UserFactory(roles=[role])
    with pytest.raises(NotPermitted):
        link_case(project=project, case_number=case.case_number, actor=user)
    with pytest.raises(NotPermitted):
        unlink_case(project=project, case_number=case.case_number, actor=user, reason="理由")


# --- Who may -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("official", 200),
        ("supervisor", 200),
        ("project_officer", 200),
        ("window", 403),
        ("reviewer", 403),
        ("bank_contact", 403),
    ],
)
def test_each_role(client, role, status):
    project = KeyProjectFactory()
    client.force_login(UserFactory(roles=[role]))
    assert client.get(url(project)).status_code == status


def test_the_public_is_asked_to_sign_in(client):
    assert client.get(url(KeyProjectFactory(is_published=True))).status_code == 302


def test_an_unknown_number_is_not_found(client, official):
    assert client.get(reverse("dashboard:project", args=["TX0000-000"])).status_code == 404


# --- What is on it --------------------------------------------------------------------------------
def test_it_says_what_is_missing_late_promised_and_in_the_way(client, official):
    on = today()
    project = KeyProjectFactory(
        stage=Stage.SIGNED, planned_start=on + timedelta(days=60), planned_production=on + timedelta(days=300)
    )
    ProjectMilestone.objects.create(
        project=project, kind=MilestoneKind.ENVIRONMENT, planned_on=on - timedelta(days=45)
    )
    ProjectProblem.objects.create(
        project=project,
        text="供电专线未批",
        raised_on=on - timedelta(days=40),
        due_on=on - timedelta(days=10),
    )
    Commitment.objects.create(
        project=project, promised_by="county", kind="land", text="交付用地", due_on=on - timedelta(days=5)
    )
    page = html(client, project)
    assert "进入“备案”还缺：" in page
    assert "投资项目代码" in page
    assert "环评批复已晚 45 天，投产顺延到" in page
    assert "超过解决期限 10 天" in page
    assert "交付用地" in page


def test_its_origin_is_shown_to_those_who_see_leads(client, officer, official):
    lead = LeadFactory(state=LeadState.FOLLOWING, source="referral", source_note="商会推荐")
    actions.record_visit(
        lead=lead,
        actor=officer,
        kind="reception",
        held_on=date(2026, 1, 5),
        place="园区",
        people="双方",
        outcome="看中三号厂房",
    )
    lead.refresh_from_db()
    project = actions.convert_lead(lead=lead, actor=officer).converted_project
    assert "商会推荐" not in html(client, project)
    client.force_login(officer)
    page = html(client, project)
    assert lead.number in page
    assert "商会推荐" in page
    assert "看中三号厂房" in page
    assert lead.phone not in page


def test_it_is_linked_from_the_list_and_the_workbench(client, officer):
    project = KeyProjectFactory()
    client.force_login(officer)
    assert url(project) in client.get(reverse("dashboard:projects")).content.decode()
    change = reverse("admin:projects_keyproject_change", args=[project.pk])
    assert url(project) in client.get(change).content.decode()


def test_the_helper_is_chosen_in_the_ledger(client, officer):
    project = KeyProjectFactory()
    client.force_login(officer)
    page = client.get(reverse("admin:projects_keyproject_change", args=[project.pk])).content.decode()
    assert 'name="helper"' in page
    assert 'name="planned_capacity_on"' in page


# --- Cost ----------------------------------------------------------------------------------------
def cost(client, project):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url(project)).status_code == 200
    return len(seen)


def fill(project, hall, officer, count, start):
    for n in range(count):
        case = hall.case_in(CaseState.RECEIVED)
        link_case(project=project, case_number=case.case_number, actor=officer)
        ProjectProblem.objects.create(project=project, text=f"问题{n}")
        Commitment.objects.create(
            project=project, promised_by="county", kind="land", text=f"承诺{n}", due_on=today()
        )
        AcceptedReportFactory(project=project, month=date(2024 + (start + n) // 12, (start + n) % 12 + 1, 1))


def test_it_costs_the_same_for_many_rows(client, officer):
    project, hall = KeyProjectFactory(stage=Stage.BUILDING), Hall()
    lead = LeadFactory(state=LeadState.CONVERTED)
    type(lead).objects.filter(pk=lead.pk).update(converted_project=project)
    client.force_login(officer)
    fill(project, hall, officer, 2, 0)
    few = cost(client, project)
    fill(project, hall, officer, 10, 2)
    assert cost(client, KeyProject.objects.get(pk=project.pk)) <= few <= 40


# --- 服务专员 -------------------------------------------------------------------------------------
def test_a_project_without_helper_says_so_from_signing_on(client, official):
    page = html(client, KeyProjectFactory(stage=Stage.FILED))
    assert "签约起应有一位" in page
    assert "本阶段还缺：<b>服务专员</b>" in page
    page = html(client, KeyProjectFactory(stage=Stage.NEGOTIATING))
    assert "签约起应有一位" not in page
    page = html(client, KeyProjectFactory(stage=Stage.FILED, helper=UserFactory()))
    assert "本阶段还缺" not in page


def test_lists_find_projects_without_helper(client, official):
    lacking = KeyProjectFactory(stage=Stage.FILED)
    KeyProjectFactory(stage=Stage.FILED, helper=UserFactory())
    rows = client.get(reverse("dashboard:projects"), {"helper": "none"}).context["listing"].results
    assert list(rows) == [lacking]
    officer = UserFactory(roles=["project_officer"])
    mine = KeyProjectFactory(stage=Stage.FILED, helper=officer)
    client.force_login(officer)
    changelist = reverse("admin:projects_keyproject_changelist")
    assert list(client.get(changelist, {"helper": "none"}).context["cl"].queryset) == [lacking]
    assert list(client.get(changelist, {"helper": "me"}).context["cl"].queryset) == [mine]
