"""What is done under an authority: scope, power and period at each act; expiry; papers; the plan."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone

from services.actions import entrustment_acts as acts
from services.actions import entrustment_ends as ends
from services.actions import entrustments as do
from services.actions.entrustment_acts import PaperLine
from services.assistance import plan_for
from services.choices import ProjectStage
from services.choices_cases import CaseState, PaperKind
from services.choices_entrustments import EntrustmentState, Power
from services.models import Entrustment, EntrustmentDocument
from services.papers.entrustment_texts import PAPERS
from services.papers.render import render_paper
from services.tasks import run_clock
from tests.factories.cases import CREDIT_CODE, ItemFactory
from tests.factories.directory import OutletFactory
from tests.factories.entrustments import HelpDesk
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError, WorkflowError

pytestmark = pytest.mark.django_db
S = EntrustmentState


@pytest.fixture
def desk() -> HelpDesk:
    return HelpDesk()


def move_period(entrustment: Entrustment, starts_on: date, ends_on: date) -> None:
    rows = Entrustment.objects.filter(pk=entrustment.pk)
    rows.update(starts_on=starts_on, ends_on=ends_on, promised_on=starts_on)
    rows.filter(signed_on__isnull=False).update(signed_on=starts_on)


# --- Free of charge --------------------------------------------------------------------------------


def test_no_field_of_an_entrustment_holds_an_amount() -> None:
    """帮办 is free: there is nowhere to write a price down."""
    word = re.compile(r"fee|price|cost|charge|amount|payment|wan$|收费|费用|金额|价格|价款", re.IGNORECASE)
    models = [m for m in apps.get_app_config("services").get_models() if m.__name__.startswith("Entrustment")]
    assert len(models) == 8
    found = [
        f"{model.__name__}.{field.name}"
        for model in models
        for field in model._meta.concrete_fields
        if word.search(field.name)
        or word.search(str(field.verbose_name))
        or field.get_internal_type() == "DecimalField"
    ]
    assert found == []


# --- Registration ----------------------------------------------------------------------------------


def test_numbers_are_a_series_of_their_own(desk: HelpDesk) -> None:
    first, second = desk.ask(), desk.ask()
    assert first.number == f"BB-{today():%Y%m%d}-0001"
    assert second.number == f"BB-{today():%Y%m%d}-0002"


def test_the_same_form_twice_is_one_entrustment(desk: HelpDesk) -> None:
    first = desk.ask()
    assert desk.ask(submission=first.submission) == first
    assert Entrustment.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "110105194912310021"}, "principal_number"),
        ({"phone": "12"}, "phone"),
        ({"name": "  "}, "principal_name"),
        ({"name": "长" * 121}, "principal_name"),
        ({"kind": "alien"}, "principal_kind"),
        ({"kind": "organisation", "number": "91350100M000100Y44"}, "principal_number"),
    ],
)
def test_a_bad_principal_is_told_at_the_field(desk: HelpDesk, changes: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        desk.ask(principal=desk.principal(**changes))
    assert field in refused.value.message_dict
    assert not Entrustment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mode": "taxi"}, "mode"),
        ({"channel": "dream"}, "channel"),
        ({"needs": " "}, "needs"),
        ({"needs": "办" * 1001}, "needs"),
        ({"mode": "full"}, "project"),
    ],
)
def test_a_bad_request_is_told_at_the_field(desk: HelpDesk, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        desk.ask(**changes)
    assert field in refused.value.message_dict


def test_personal_numbers_are_sealed_and_masked(desk: HelpDesk) -> None:
    entrustment = desk.ask(visit_address="双河镇测试路1号")
    raw = Entrustment.objects.filter(pk=entrustment.pk).values_list
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT principal_number, phone, visit_address FROM services_entrustment WHERE id = %s",
            [entrustment.pk],
        )
        assert all(str(value).startswith("v2:") for value in cursor.fetchone())
    assert entrustment.masked_phone == "138****5678"
    assert "1949" not in entrustment.masked_number
    assert raw("principal_hash", flat=True)[0]


def test_a_registration_is_put_right_before_the_authority(desk: HelpDesk) -> None:
    project, other = KeyProjectFactory(), OutletFactory()
    entrustment = desk.ask(principal=desk.principal(name="小测", number=""), mode="full", project=project)
    put_right = do.amend_entrustment(
        entrustment=entrustment,
        actor=desk.helper,
        principal=desk.principal(phone="", number=""),
        mode="on_site",
        outlet=other,
        visit_address="双河镇测试路1号",
        reason="转到就近网点",
    )
    assert (put_right.principal_name, put_right.phone) == ("测试申请人", "13800005678")
    assert (put_right.outlet, put_right.project, put_right.mode) == (other, None, "on_site")
    entry = history_of(put_right).get(action="amend")
    assert "测试申请人" not in str(entry.changes)
    with pytest.raises(ValidationError, match="重点项目"):
        do.amend_entrustment(
            entrustment=desk.ask(),
            actor=desk.helper,
            principal=desk.principal(),
            mode="full",
            outlet=desk.outlet,
        )


def test_asked_for_on_the_web_the_whole_process_needs_its_project(desk: HelpDesk) -> None:
    entrustment = desk.ask(actor=None, outlet=desk.outlet, mode="full", channel="web")
    entrustment = do.promise_help(entrustment=entrustment, actor=desk.helper)
    with pytest.raises(ValidationError, match="更正登记"):
        desk.draw_up(entrustment)


# --- The authority ---------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [Power.SIGN, Power.STATE])
def test_signing_and_pleading_need_a_word_of_their_own(desk: HelpDesk, power: str) -> None:
    entrustment = do.promise_help(entrustment=desk.ask(), actor=desk.helper)
    with pytest.raises(ValidationError) as refused:
        desk.draw_up(entrustment, powers=[Power.FILL, power])
    assert "special_confirmed" in refused.value.message_dict
    drawn = desk.draw_up(entrustment, powers=[Power.FILL, power], special_confirmed=True)
    assert drawn.special_confirmed
    facts = dict(drawn.documents.get(kind="help_authority").content["facts"])
    assert str(Power(power).label) in facts["特别授权"]
    assert "代填申请表" in facts["一般权限"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"powers": []}, "powers"),
        ({"powers": ["rob"]}, "powers"),
        ({"items": []}, "items"),
        ({"items": [], "stages": ["moon"]}, "stages"),
        ({"starts_on": date(2026, 5, 2), "ends_on": date(2026, 5, 1)}, "ends_on"),
        ({"starts_on": date(2020, 5, 2), "ends_on": date(2020, 6, 1)}, "ends_on"),
        ({"ends_on": date(2206, 5, 1)}, "ends_on"),
        ({"principal_number": "123"}, "principal_number"),
    ],
)
def test_an_authority_lacking_something_is_not_printed(
    desk: HelpDesk, changes: dict[str, Any], field: str
) -> None:
    entrustment = do.promise_help(entrustment=desk.ask(), actor=desk.helper)
    with pytest.raises(ValidationError) as refused:
        desk.draw_up(entrustment, **changes)
    assert field in refused.value.message_dict
    assert not entrustment.documents.filter(kind="help_authority").exists()


def test_the_authority_names_whom_it_is_from(desk: HelpDesk) -> None:
    entrustment = desk.ask(principal=desk.principal(number=""))
    entrustment = do.promise_help(entrustment=entrustment, actor=desk.helper)
    with pytest.raises(ValidationError, match="证件号码"):
        desk.draw_up(entrustment)
    drawn = desk.draw_up(entrustment, principal_number="11010519491231002x")
    assert drawn.principal_number == "11010519491231002X"
    assert drawn.principal_hash


def test_drawn_up_again_it_replaces_the_matters(desk: HelpDesk) -> None:
    other = ItemFactory()
    entrustment = desk.draw_up(do.promise_help(entrustment=desk.ask(), actor=desk.helper))
    again = desk.draw_up(entrustment, items=[other])
    assert [m.item for m in again.matters.all()] == [other]
    assert again.documents.filter(kind="help_authority").count() == 2


def test_a_signature_is_not_of_tomorrow(desk: HelpDesk) -> None:
    drawn = desk.draw_up(do.promise_help(entrustment=desk.ask(), actor=desk.helper))
    for day in (today() + timedelta(days=1), today() - timedelta(days=1)):
        with pytest.raises(ValidationError):
            do.sign_authority(entrustment=drawn, actor=desk.helper, signer="测试申请人", signed_on=day)
    with pytest.raises(ValidationError, match="签署人"):
        do.sign_authority(entrustment=drawn, actor=desk.helper, signer=" ")


# --- Acts under it ---------------------------------------------------------------------------------


def test_power_matter_and_day_are_asked_at_each_act(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    with pytest.raises(WorkflowError, match="没有授予“代为签字”"):
        desk.step(entrustment, power=Power.SIGN)
    with pytest.raises(WorkflowError, match="不在委托事项之内"):
        desk.step(entrustment, item=ItemFactory())
    with pytest.raises(ValidationError, match="不能晚于今天"):
        desk.step(entrustment, on=today() + timedelta(days=1))
    with pytest.raises(WorkflowError, match="尚未生效"):
        desk.step(entrustment, on=today() - timedelta(days=1))
    with pytest.raises(ValidationError, match="下一步日期"):
        desk.step(entrustment, next_on=today() - timedelta(days=1))
    assert desk.step(entrustment).steps.get().power == Power.FILL
    assert entrustment.allows(Power.FILL, desk.item, today())
    assert not entrustment.allows(Power.FILL, desk.item, today() + timedelta(days=31))


def test_a_stage_covers_the_items_of_the_stage(desk: HelpDesk) -> None:
    entrustment = desk.helping(items=[], stages=[ProjectStage.LAND])
    with pytest.raises(WorkflowError, match="不在委托事项之内"):
        desk.step(entrustment)
    inside = ItemFactory(stage=ProjectStage.LAND)
    assert desk.step(entrustment, item=inside).steps.get().item == inside


def test_before_its_first_day_nothing_may_be_done(desk: HelpDesk) -> None:
    tomorrow = today() + timedelta(days=1)
    entrustment = desk.helping(starts_on=tomorrow)
    with pytest.raises(WorkflowError, match="尚未生效"):
        desk.step(entrustment)


def test_in_a_pause_nothing_may_be_done_nor_dated_back_into_it(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    on = today()
    move_period(entrustment, on - timedelta(days=10), on + timedelta(days=10))
    entrustment = do.suspend_help(entrustment=entrustment, actor=desk.helper, reason="外出")
    with pytest.raises(WorkflowError, match="已中止"):
        desk.step(entrustment)
    entrustment.pauses.update(started_on=on - timedelta(days=5))
    entrustment = do.resume_help(entrustment=entrustment, actor=desk.helper, signer="测试申请人")
    with pytest.raises(WorkflowError, match="中止期间"):
        desk.step(entrustment, on=on - timedelta(days=2))
    desk.step(entrustment, on=on - timedelta(days=6))
    desk.step(entrustment)


def test_renewal_says_what_it_changes(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    with pytest.raises(ValidationError, match="没有变更"):
        do.renew_authority(entrustment=entrustment, actor=desk.helper, signer="测试申请人")
    other, later = ItemFactory(), today() + timedelta(days=60)
    renewed = do.renew_authority(
        entrustment=entrustment,
        actor=desk.helper,
        signer="测试申请人",
        ends_on=later,
        items=[other, desk.item],
        helper=desk.other_helper,
    )
    assert (renewed.ends_on, renewed.helper) == (later, desk.other_helper)
    assert renewed.matters.count() == 2
    paper = renewed.documents.get(kind="help_renewal").content
    assert "更换受托人" in paper["body"][0]
    assert other.name in str(paper["table"])


def test_an_authority_is_renewed_beyond_its_first_three_years(desk: HelpDesk) -> None:
    start = today() - timedelta(days=1000)
    entrustment = desk.helping()
    Entrustment.objects.update(starts_on=start, signed_on=start, promised_on=start)
    later = today() + timedelta(days=700)
    with pytest.raises(ValidationError, match="三年"):
        do.renew_authority(
            entrustment=entrustment, actor=desk.helper, signer="测试申请人", ends_on=later.replace(year=2206)
        )
    renewed = do.renew_authority(
        entrustment=entrustment, actor=desk.helper, signer="测试申请人", ends_on=later
    )
    assert renewed.ends_on == later


def test_renewal_adds_nothing_that_a_stage_covers_already(desk: HelpDesk) -> None:
    entrustment = desk.helping(items=[], stages=[ProjectStage.LAND])
    inside = ItemFactory(stage=ProjectStage.LAND)
    with pytest.raises(ValidationError, match="没有变更"):
        do.renew_authority(entrustment=entrustment, actor=desk.helper, signer="测试申请人", items=[inside])


# --- Cases -----------------------------------------------------------------------------------------


def test_a_case_is_linked_when_it_is_the_principals_and_in_scope(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    case = desk.record()
    linked = acts.link_case(
        entrustment=entrustment, actor=desk.helper, case_number=case.case_number.replace("-", " ")
    )
    assert linked.case_links.get().case == case
    with pytest.raises(ValidationError, match="已经关联"):
        acts.link_case(entrustment=linked, actor=desk.helper, case_number=case.case_number)
    with pytest.raises(ValidationError, match=entrustment.number):
        acts.link_case(entrustment=desk.helping(), actor=desk.helper, case_number=case.case_number)


def test_a_case_of_somebody_else_is_not_found(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    other = desk.record(applicant=desk.applicant(kind="organisation", name="测试公司", number=CREDIT_CODE))
    for number in (other.case_number, "150122-20200101-0001", "乱写", "'; DROP"):
        with pytest.raises(ValidationError, match="没有找到委托人名下的这个办件"):
            acts.link_case(entrustment=entrustment, actor=desk.helper, case_number=number)
    with pytest.raises(ValidationError, match="请填写办件编号"):
        acts.link_case(entrustment=entrustment, actor=desk.helper, case_number=" ")


def test_a_case_out_of_scope_or_done_is_refused(desk: HelpDesk) -> None:
    entrustment = desk.helping(items=[ItemFactory()])
    with pytest.raises(WorkflowError, match="不在委托事项之内"):
        acts.link_case(entrustment=entrustment, actor=desk.helper, case_number=desk.record().case_number)
    own = desk.helping(powers=[Power.GUIDE])
    with pytest.raises(WorkflowError, match="没有授予“代交材料”"):
        acts.link_case(entrustment=own, actor=desk.helper, case_number=desk.record().case_number)
    done = desk.case_in(CaseState.WITHDRAWN)
    with pytest.raises(ValidationError, match="已经结束"):
        acts.link_case(entrustment=desk.helping(), actor=desk.helper, case_number=done.case_number)


def test_a_step_of_a_case_takes_a_linked_one(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    case = desk.record()
    with pytest.raises(ValidationError, match="请先关联办件"):
        desk.step(entrustment, item=None, case=case)
    acts.link_case(entrustment=entrustment, actor=desk.helper, case_number=case.case_number)
    step = desk.step(entrustment, item=None, case=case).steps.get()
    assert step.item == desk.item


# --- Papers and visits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [PaperLine(" ")],
        [PaperLine("营业执照", "hologram")],
        [PaperLine("营业执照", "original", 0)],
        [PaperLine("营业执照", "copy", 1000)],
        [PaperLine("长" * 161)],
    ],
)
def test_odd_papers_are_refused(desk: HelpDesk, lines: list[PaperLine]) -> None:
    with pytest.raises(ValidationError) as refused:
        acts.receive_papers(
            entrustment=desk.helping(), actor=desk.helper, papers=lines, handed_by="测试申请人"
        )
    assert "papers" in refused.value.message_dict


def test_papers_need_the_power_to_take_them(desk: HelpDesk) -> None:
    entrustment = desk.helping(powers=[Power.GUIDE, Power.COLLECT])
    with pytest.raises(WorkflowError, match="代交材料"):
        desk.hand_in(entrustment)
    acts.receive_papers(
        entrustment=entrustment,
        actor=desk.helper,
        papers=[PaperLine("测试许可证")],
        handed_by="出件窗口",
        origin="office",
    )
    assert list(Entrustment.objects.holding_originals()) == [entrustment]


def test_a_visit_is_recorded_and_printed_without_a_persons_address(desk: HelpDesk) -> None:
    entrustment = do.promise_help(entrustment=desk.ask(mode="on_site"), actor=desk.helper)
    good: dict[str, Any] = {
        "entrustment": entrustment,
        "actor": desk.helper,
        "at": timezone.now(),
        "address": "双河镇测试路1号",
        "visitors": "测试人员",
        "what": "说明材料",
        "outcome": "已说明",
        "signer": "测试申请人",
    }
    visited = acts.record_visit(**good)
    assert visited.visits.get().address == "双河镇测试路1号"
    assert "测试路" not in str(visited.documents.get(kind="help_visit").content)
    for changes, field in (
        ({"at": timezone.now() + timedelta(hours=1)}, "at"),
        ({"at": timezone.now() - timedelta(days=400)}, "at"),
        ({"signer": ""}, "signer"),
        ({"address": ""}, "address"),
    ):
        with pytest.raises(ValidationError) as refused:
            acts.record_visit(**{**good, **changes})
        assert field in refused.value.message_dict


def test_a_paper_once_printed_stays_as_it_was(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    paper = entrustment.documents.get(kind="help_authority")
    before, pdf = paper.content, render_paper(paper)
    do.renew_authority(
        entrustment=entrustment,
        actor=desk.helper,
        signer="测试申请人",
        items=[ItemFactory()],
        ends_on=today() + timedelta(days=99),
    )
    Entrustment.objects.filter(pk=entrustment.pk).update(principal_name="改了名字")
    again = EntrustmentDocument.objects.select_related("entrustment").get(pk=paper.pk)
    assert again.content == before
    assert render_paper(again) == pdf


def test_every_kind_of_paper_is_printed_by_some_act(desk: HelpDesk) -> None:
    project = KeyProjectFactory()
    entrustment = desk.ask(mode="full", project=project)
    entrustment = do.promise_help(entrustment=entrustment, actor=desk.helper)
    entrustment = acts.issue_plan(entrustment=entrustment, actor=desk.helper)
    entrustment = desk.draw_up(entrustment)
    entrustment = do.sign_authority(entrustment=entrustment, actor=desk.helper, signer="测试申请人")
    entrustment = desk.step(desk.hand_in(entrustment))
    acts.record_visit(
        entrustment=entrustment,
        actor=desk.helper,
        at=timezone.now(),
        address="某处",
        visitors="某人",
        what="说明",
        outcome="已说明",
        signer="测试申请人",
    )
    do.suspend_help(entrustment=entrustment, actor=desk.helper, reason="外出")
    do.resume_help(entrustment=entrustment, actor=desk.helper, signer="测试申请人")
    papers = entrustment.papers.values_list("pk", flat=True)
    acts.return_papers(entrustment=entrustment, actor=desk.helper, papers=papers, returned_to="测试申请人")
    ends.sign_off(entrustment=entrustment, actor=desk.helper, signer="测试申请人", result="已办好")
    ends.terminate_entrustment(entrustment=desk.helping(), actor=desk.supervisor, reason="无法继续")
    printed = set(EntrustmentDocument.objects.values_list("kind", flat=True))
    own = {k.value for k in PaperKind if k.value.startswith("help_")}
    assert printed == set(PAPERS) == {*own, PaperKind.INVITATION}
    for document in EntrustmentDocument.objects.select_related("entrustment"):
        text = str(document.content)
        assert desk.principal().number not in text
        assert "13800005678" not in text
        assert entrustment.tracking_code not in text
        assert "None" not in str([document.content[part] for part in ("facts", "body", "after")])
        assert "{" not in str(document.content["body"])


# --- Expiry ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.DRAWN_UP, S.HELPING, S.SUSPENDED])
def test_the_task_ends_what_is_over_and_catches_up(desk: HelpDesk, state: str) -> None:
    entrustment, running = desk.entrustment_in(state), desk.helping()
    on = today()
    move_period(entrustment, on - timedelta(days=60), on - timedelta(days=17))
    run_clock()
    entrustment.refresh_from_db()
    running.refresh_from_db()
    assert (entrustment.state, entrustment.closed_on) == (S.TERMINATED, on - timedelta(days=17))
    assert running.state == S.HELPING
    assert "届满" in str(entrustment.documents.get(kind="help_end").content["body"])
    assert run_clock()["expired"] == 0


def test_the_last_day_still_counts(desk: HelpDesk) -> None:
    entrustment = desk.helping(ends_on=today())
    assert ends.expire_lapsed() == []
    assert desk.step(entrustment).steps.count() == 1
    with pytest.raises(WorkflowError, match="尚未届满"):
        ends.expire_entrustment(entrustment=entrustment)


def test_over_it_allows_nothing_even_before_the_task_has_run(desk: HelpDesk) -> None:
    entrustment = desk.helping()
    on = today()
    move_period(entrustment, on - timedelta(days=9), on - timedelta(days=1))
    entrustment.refresh_from_db()
    assert not entrustment.allows(Power.FILL, desk.item, on)
    for act in (
        lambda: desk.step(entrustment),
        lambda: desk.hand_in(entrustment),
        lambda: do.suspend_help(entrustment=entrustment, actor=desk.helper, reason="外出"),
        lambda: ends.sign_off(entrustment=entrustment, actor=desk.helper, signer="某", result="好"),
        lambda: do.renew_authority(
            entrustment=entrustment, actor=desk.helper, signer="某", ends_on=on + timedelta(days=9)
        ),
    ):
        with pytest.raises(PortalError, match="届满"):
            act()


# --- The whole process -----------------------------------------------------------------------------


def test_the_plan_follows_the_cases(desk: HelpDesk) -> None:
    desk.item.stage, desk.item.for_organisations = ProjectStage.LAND, True
    desk.item.save()
    other = ItemFactory(stage=ProjectStage.CONSTRUCTION, for_organisations=True)
    ItemFactory(for_organisations=True)  # of no stage: not of the process
    project = KeyProjectFactory()
    assert do.propose_matters(project) == ["land", "construction"]
    plan = plan_for(project)
    assert (plan.total, plan.done, plan.marked) == (2, 0, False)
    assert plan.next_row
    assert plan.next_row.item == desk.item
    entrustment = desk.ask(mode="full", project=project)
    entrustment = do.promise_help(entrustment=entrustment, actor=desk.helper)
    entrustment = desk.draw_up(entrustment, items=[], stages=do.propose_matters(project))
    entrustment = do.sign_authority(entrustment=entrustment, actor=desk.helper, signer="测试申请人")
    case = desk.linked_case(entrustment)
    plan = plan_for(project)
    assert plan.next_row
    assert plan.next_row.item == other
    assert plan.under_way[0].due_on == case.due_on
    desk.bring(case, CaseState.COLLECTING)
    plan = plan_for(project)
    assert (plan.done, plan.stages[0].is_done) == (1, True)
    assert plan.stages[0].rows[0].label == "已办成"
    narrow = desk.ask(mode="full", project=project)
    ends.terminate_entrustment(entrustment=entrustment, actor=desk.supervisor, reason="另立委托")
    narrow = do.promise_help(entrustment=narrow, actor=desk.helper)
    desk.draw_up(narrow, items=[desk.item])
    plan = plan_for(project)  # only what an authority names, and what was done, counts
    assert (plan.total, plan.done, plan.next_row) == (1, 1, None)
    assert plan.stages[1].rows[0].label == "未委托"
    other.full_assistance = True
    other.save()
    plan = plan_for(project)  # now the catalogue says which items are 全帮办; what was done stays on it
    assert plan.marked
    assert {row.item for stage in plan.stages for row in stage.rows} == {desk.item, other}


def test_the_plan_costs_the_same_for_many_cases(desk: HelpDesk, django_assert_num_queries: Any) -> None:
    project = KeyProjectFactory()
    desk.item.stage, desk.item.for_organisations = ProjectStage.LAND, True
    desk.item.save()
    entrustment = desk.ask(mode="full", project=project)
    entrustment = desk.draw_up(do.promise_help(entrustment=entrustment, actor=desk.helper))
    entrustment = do.sign_authority(entrustment=entrustment, actor=desk.helper, signer="测试申请人")
    desk.linked_case(entrustment)
    desk.linked_case(entrustment)
    with django_assert_num_queries(3):
        plan = plan_for(project)
        assert plan.sentence
        assert [row.label for stage in plan.stages for row in stage.rows]
