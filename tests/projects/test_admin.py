"""The workbench: pages, buttons by role and state, saving through actions, conflicts, queries."""

from datetime import date

import pytest
from django.urls import reverse
from zeal import zeal_ignore

from projects.choices import MilestoneKind, ReportState, Stage, Status
from projects.models import (
    FundsReceipt,
    InvestmentLead,
    KeyProject,
    Opportunity,
    ProgressReport,
    ProjectMilestone,
    ProjectProblem,
    PromotionTarget,
    Target,
)
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory, IndustryFactory
from tests.factories.projects import (
    AcceptedReportFactory,
    KeyProjectFactory,
    LeadFactory,
    OpportunityFactory,
    ProgressReportFactory,
)
from tuoxian_portal.audit.actions import history_of

pytestmark = pytest.mark.django_db

MODELS = ("keyproject", "progressreport", "investmentlead", "opportunity", "target", "portfoliofact")


def url(model, page="changelist", *args):
    return reverse(f"admin:projects_{model}_{page}", args=args)


def text(response):
    return response.content.decode()


@pytest.fixture
def officer(client):
    user = UserFactory(roles=["project_officer"])
    client.force_login(user)
    return user


def form_data(response, **changes):
    """What a browser would send back of an admin page: every field as it stands, with `changes`."""
    data = {}
    context = response.context
    for form in [
        context["adminform"].form,
        *(f.formset.management_form for f in context.get("inline_admin_formsets", [])),
        *(form for f in context.get("inline_admin_formsets", []) for form in f.formset.forms),
    ]:
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                if value:
                    data[bound.html_name] = "on"
            elif value is not None:
                data[bound.html_name] = (
                    bound.field.widget.format_value(value)
                    if hasattr(bound.field.widget, "format_value")
                    else value
                )
    data = {k: (v[0] if isinstance(v, list) and v else v) for k, v in data.items() if v not in (None, [])}
    return {**data, **changes}


# --- Reach ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("project_officer", set(MODELS)),
        ("supervisor", set(MODELS)),
        ("official", set(MODELS) - {"investmentlead"}),
        ("policy_officer", {"keyproject", "opportunity", "target"}),
        ("finance_officer", {"keyproject", "opportunity"}),
        ("window", set()),
        ("bank_contact", set()),
    ],
)
def test_each_role_reaches_its_own_lists(client, role, model, seen):
    client.force_login(UserFactory(roles=[role]))
    assert client.get(url(model)).status_code == (200 if model in seen else 403)


@pytest.mark.parametrize("model", ["keyproject", "progressreport", "investmentlead", "opportunity"])
def test_a_list_costs_the_same_for_few_and_many(client, officer, model, django_assert_max_num_queries):
    for n in range(20):
        AcceptedReportFactory(month=date(2026, n % 12 + 1, 1))
        LeadFactory(industry=IndustryFactory(), owner=officer)
        OpportunityFactory()
    client.get(url(model))
    with django_assert_max_num_queries(20):
        client.get(url(model))


def test_nothing_is_deleted_from_the_workbench(client, officer):
    project = KeyProjectFactory()
    assert client.get(url("keyproject", "delete", project.pk)).status_code == 403


# --- The ledger ----------------------------------------------------------------------------------
def test_the_page_says_what_the_next_stage_wants(client, officer):
    project = KeyProjectFactory(stage=Stage.NEGOTIATING)
    page = text(client.get(url("keyproject", "change", project.pk)))
    assert "进入“签约”还缺：" in page
    assert "责任领导" in page
    assert "推进到" not in page


def test_the_page_shows_confidence_with_reasons(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    page = text(client.get(url("keyproject", "change", project.pk)))
    assert "灰 未更新" in page
    assert "尚无已审核的月度进展" in page


def test_buttons_follow_role_and_state(client):
    project = KeyProjectFactory(stage=Stage.BUILDING, actual_production=date(2026, 1, 1))
    expected = {
        "project_officer": ({"推进到“投产”", "退回到“开工”", "标为停滞", "对外公布"}, {"人工评定"}),
        "supervisor": ({"人工评定"}, {"推进到“投产”", "标为停滞"}),
        "official": (set(), {"推进到“投产”", "人工评定"}),
    }
    for role, (shown, hidden) in expected.items():
        client.force_login(UserFactory(roles=[role]))
        page = text(client.get(url("keyproject", "change", project.pk)))
        assert all(label in page for label in shown)
        assert not any(label in page for label in hidden)


def test_a_button_moves_the_stage(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING, actual_production=date(2026, 1, 1))
    address = url("keyproject", "do", project.pk, "advance_to_in_production")
    assert client.get(address).status_code == 200
    assert client.post(address, {"version": 0, "reason": ""}).status_code == 302
    project.refresh_from_db()
    assert project.stage == Stage.IN_PRODUCTION
    assert "推进到“投产”" in text(client.get(url("keyproject", "change", project.pk)))


def test_a_refused_button_says_why_and_keeps_the_reason(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    response = client.post(
        url("keyproject", "do", project.pk, "advance_to_in_production"), {"version": 0, "reason": "试一试"}
    )
    assert response.status_code == 200
    assert "还缺：实际投产" in text(response)
    assert "试一试" in text(response)


def test_a_project_is_added_with_a_number(client, officer):
    page = client.get(url("keyproject", "add"))
    data = form_data(
        page,
        name="新材料项目",
        stage="reserve",
        industry=IndustryFactory().pk,
        department=DepartmentFactory().pk,
    )
    response = client.post(url("keyproject", "add"), data)
    assert response.status_code == 302, text(response)[:3000]
    project = KeyProject.objects.get()
    assert project.number.startswith("TX")
    assert history_of(project).get().actor == officer


def test_a_new_project_with_gaps_is_refused_at_the_fields(client, officer):
    data = form_data(client.get(url("keyproject", "add")), name="缺项项目", stage="signed")
    response = client.post(url("keyproject", "add"), data)
    assert response.status_code == 200
    assert "“签约”阶段须填写总投资。" in text(response)
    assert "缺项项目" in text(response)
    assert not KeyProject.objects.exists()


def test_an_edit_goes_through_the_action(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING, responsible_phone="13911112222")
    address = url("keyproject", "change", project.pk)
    page = client.get(address)
    assert "13911112222" not in text(page)
    assert "139****2222" in text(page)
    response = client.post(address, form_data(page, summary="改后的简介"))
    assert response.status_code == 302, response.context["errors"]
    project.refresh_from_db()
    assert (project.summary, project.version, project.responsible_phone) == ("改后的简介", 1, "13911112222")
    assert history_of(project).get().changes == {"summary": ["测试项目简介", "改后的简介"]}


def test_a_required_field_cannot_be_emptied_in_the_form(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    address = url("keyproject", "change", project.pk)
    response = client.post(address, form_data(client.get(address), land_mu=""))
    assert "不能清空" in text(response)


def test_the_second_of_two_editors_is_told_and_loses_nothing(client, officer):
    project = KeyProjectFactory()
    address = url("keyproject", "change", project.pk)
    data = form_data(client.get(address), summary="第二个人写的")
    KeyProject.objects.filter(pk=project.pk).update(version=1, summary="第一个人写的")
    response = client.post(address, data)
    assert response.status_code == 200
    assert "已被他人修改" in text(response)
    assert "第二个人写的" in text(response)
    project.refresh_from_db()
    assert project.summary == "第一个人写的"


def test_children_are_saved_with_one_entry_and_a_new_version(client, officer):
    project = KeyProjectFactory(stage=Stage.SIGNED, is_sample=True)
    address = url("keyproject", "change", project.pk)
    data = form_data(client.get(address), summary="一并修改的简介")
    data |= {
        "milestones-TOTAL_FORMS": "1",
        "milestones-0-project": project.pk,
        "milestones-0-kind": "land",
        "milestones-0-planned_on": "2026-12-31",
        "problems-TOTAL_FORMS": "1",
        "problems-0-project": project.pk,
        "problems-0-text": "供电未到位",
        "problems-0-raised_on": "2026-01-05",
    }
    response = client.post(address, data)
    assert response.status_code == 302, [f.formset.errors for f in response.context["inline_admin_formsets"]]
    assert ProjectMilestone.objects.get().is_sample
    assert ProjectProblem.objects.get().is_sample
    project.refresh_from_db()
    assert (project.version, project.summary) == (2, "一并修改的简介")
    assert "关键节点 1 条；存在问题 1 条" in history_of(project).first().reason


def test_a_receipt_is_never_typed_over(client, officer):
    project = KeyProjectFactory(stage=Stage.SIGNED)
    FundsReceipt.objects.create(project=project, received_on=date(2026, 1, 1), amount_wan=10, evidence="回单")
    address = url("keyproject", "change", project.pk)
    client.post(address, form_data(client.get(address)) | {"receipts-0-amount_wan": "9999"})
    assert FundsReceipt.objects.get().amount_wan == 10


def test_the_same_milestone_twice_is_refused(client, officer):
    project = KeyProjectFactory(stage=Stage.SIGNED)
    ProjectMilestone.objects.create(project=project, kind=MilestoneKind.LAND)
    address = url("keyproject", "change", project.pk)
    data = form_data(client.get(address))
    data |= {
        "milestones-TOTAL_FORMS": "2",
        "milestones-1-project": project.pk,
        "milestones-1-kind": "land",
    }
    assert client.post(address, data).status_code == 200
    assert ProjectMilestone.objects.count() == 1


def test_a_terminated_project_is_read_only(client, officer):
    project = KeyProjectFactory(status=Status.TERMINATED)
    page = text(client.get(url("keyproject", "change", project.pk)))
    assert 'name="summary"' not in page
    assert "填报月度进展" not in page


def test_outside_its_scope_a_record_does_not_exist(client):
    other = KeyProjectFactory()
    client.force_login(UserFactory(roles=["reviewer"], department=DepartmentFactory()))
    assert client.get(url("keyproject", "change", other.pk)).status_code == 302
    assert client.get(url("keyproject", "do", other.pk, "stall")).status_code == 404


# --- A month -------------------------------------------------------------------------------------
def test_a_month_is_recorded_and_handed_in(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    page = client.get(f"{url('progressreport', 'add')}?project={project.pk}")
    data = form_data(
        page,
        project=project.pk,
        month="2026-03-17",
        invested_month_wan="120",
        physical_progress="15",
    )
    response = client.post(url("progressreport", "add"), data)
    assert response.status_code == 302, response.context["errors"]
    report = ProgressReport.objects.get()
    assert report.month == date(2026, 3, 1)
    client.post(url("progressreport", "do", report.pk, "submit"), {"version": 0})
    report.refresh_from_db()
    assert (report.state, report.submitted_by) == (ReportState.SUBMITTED, officer)
    assert "审核通过" not in text(client.get(url("progressreport", "change", report.pk)))
    client.force_login(UserFactory(roles=["supervisor"]))
    assert "审核通过" in text(client.get(url("progressreport", "change", report.pk)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"month": "2099-01-01"}, "未来"),
        ({"physical_progress": "101"}, "100"),
        ({"invested_month_wan": "-1"}, "0"),
        ({"physical_progress": "5"}, "进度回退理由"),
        ({"month": "2026-01-20"}, "本月已有进展记录"),
    ],
)
def test_a_wrong_month_is_refused_on_the_form(client, officer, changes, words):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    ProgressReportFactory(project=project, month=date(2026, 1, 1), physical_progress=10)
    data = form_data(
        client.get(url("progressreport", "add")),
        **{
            "project": project.pk,
            "month": "2026-02-01",
            "invested_month_wan": "120",
            "physical_progress": "15",
            "progress_text": "写了很多字",
            **changes,
        },
    )
    response = client.post(url("progressreport", "add"), data)
    assert response.status_code == 200
    assert words in text(response)
    assert "写了很多字" in text(response)
    assert ProgressReport.objects.count() == 1


# --- Leads, opportunities ------------------------------------------------------------------------
def test_an_enquiry_reaches_the_list_masked(client, officer):
    LeadFactory(contact_name="王小明", phone="13922223333", enterprise_name="")
    page = text(client.get(url("investmentlead")))
    assert "王*明" in page
    assert "139****3333" in page
    assert "13922223333" not in page


def test_contacts_are_revealed_with_a_reason_on_record(client, officer):
    lead = LeadFactory(contact_name="王小明", phone="13922223333")
    assert "13922223333" not in text(client.get(url("investmentlead", "change", lead.pk)))
    address = url("investmentlead", "reveal", lead.pk)
    assert "13922223333" not in text(client.post(address, {"reason": ""}))
    response = client.post(address, {"reason": "电话答复"})
    assert "13922223333" in text(response)
    assert "no-store" in response["Cache-Control"]
    assert [e.action for e in history_of(lead)] == ["reveal", "reveal"]
    client.force_login(UserFactory(roles=["supervisor"], permissions=[]))
    shown = text(client.post(address, {"reason": "看看"}))
    assert ("13922223333" in shown) == UserFactory(roles=["supervisor"]).has_perm("audit.reveal_personal")


def test_a_call_is_recorded_as_a_lead(client, officer):
    data = form_data(
        client.get(url("investmentlead", "add")),
        source="call",
        contact_name="李四",
        phone="139 3333 4444",
        needs="来电咨询",
    )
    response = client.post(url("investmentlead", "add"), data)
    assert response.status_code == 302, response.context["errors"]
    lead = InvestmentLead.objects.get()
    assert (lead.phone, lead.source, lead.consented_at) == ("13933334444", "call", None)
    assert history_of(lead).get().actor == officer


def test_a_lead_is_answered_and_converted_by_buttons(client, officer):
    lead = LeadFactory()
    client.post(url("investmentlead", "do", lead.pk, "contact"), {"version": 0, "reason": "已答复"})
    client.post(url("investmentlead", "do", lead.pk, "convert"), {"version": 1, "name": "新项目"})
    lead.refresh_from_db()
    assert lead.converted_project.name == "新项目"


def test_an_opportunity_is_added_and_published(client, officer):
    data = form_data(client.get(url("opportunity", "add")), name="招商新项目")
    assert client.post(url("opportunity", "add"), data).status_code == 302
    opportunity = Opportunity.objects.get()
    assert opportunity.number.startswith("ZS")
    client.post(url("opportunity", "do", opportunity.pk, "publish"), {"version": 0})
    opportunity.refresh_from_db()
    assert opportunity.is_published
    assert "招商新项目" in text(client.get("/projects/opportunities/"))


@pytest.mark.parametrize("key", ["abc", "'", "_00", "9" * 30])
def test_a_lead_that_cannot_be_is_not_there(client, person, key):
    """Whoever may reveal numbers gets no fault for an address with a letter in it."""
    client.force_login(person("project_officer"))
    response = client.get(f"/admin/projects/investmentlead/{key}/change/")
    assert response.status_code == 302
    assert response["Location"] == "/admin/"


@pytest.mark.parametrize("year", ["9" * 40, "30000", "0", "-1"])
def test_a_target_of_an_absurd_year_is_an_error_of_the_form(client, person, year):
    client.force_login(person("project_officer"))
    target = Target.objects.create(scope="county", indicator="开工", year=2026)
    response = client.post(url("target", "change", target.pk), {"year": year})
    assert response.status_code == 200
    assert "year" in response.context["adminform"].form.errors


def test_many_months_are_accepted_and_frozen_in_their_order(client):
    user = UserFactory(roles=["supervisor"])
    client.force_login(user)
    project = KeyProjectFactory(stage=Stage.BUILDING)
    months = [AcceptedReportFactory(project=project, month=date(2026, n, 1)) for n in (2, 1)]
    own = ProgressReportFactory(state=ReportState.SUBMITTED, submitted_by=user)
    data = {"action": "freeze_selected", "_selected_action": [r.pk for r in months]}
    with zeal_ignore():  # each report is an action of its own
        page = client.post(url("progressreport"), data, follow=True)
        assert "已冻结 2 份" in text(page)
        data = {"action": "accept_selected", "_selected_action": [own.pk]}
        assert "须由另一位工作人员审核" in text(client.post(url("progressreport"), data, follow=True))
    assert not project.progress_reports.exclude(state=ReportState.FROZEN).exists()
    client.force_login(UserFactory(roles=["official"]))
    client.post(url("progressreport"), data)
    own.refresh_from_db()
    assert own.state == ReportState.SUBMITTED


def test_a_month_says_where_it_stands_and_is_shown_as_a_month(client):
    officer = UserFactory(roles=["project_officer"])
    report = AcceptedReportFactory(month=date(2026, 3, 1), accepted_by=officer)
    client.force_login(officer)
    page = client.get(url("progressreport", "change", report.pk)).content.decode()
    assert "状态：" in page
    assert "审核通过" in page
    assert "2026-03" in page
    assert "2026年3月1日" not in page


def test_targets_whose_next_step_has_come_are_found(client):
    officer = UserFactory(roles=["project_officer"])
    kind = {"kind": "region"}
    late = PromotionTarget.objects.create(name="到期", next_on=date(2020, 1, 1), owner=officer, **kind)
    other = PromotionTarget.objects.create(name="别人的", next_on=date(2020, 1, 1), **kind)
    bare = PromotionTarget.objects.create(name="没有安排", **kind)
    PromotionTarget.objects.create(name="以后", next_on=date(2099, 1, 1), **kind)
    PromotionTarget.objects.create(
        name="已停", next_on=date(2020, 1, 1), state="dropped", drop_reason="无意向", **kind
    )
    client.force_login(officer)

    def found(value):
        answer = client.get(url("promotiontarget"), {"next": value})
        return set(answer.context["cl"].queryset)

    assert found("due") == {late, other}
    assert found("mine") == {late}
    assert found("none") == {bare}
