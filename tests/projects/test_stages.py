"""The stage table, the moves between stages, status, publication and override: every door refuses alike."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from projects import actions
from projects.choices import ConfidenceLevel, Stage, Status
from projects.models import KeyProject
from projects.stage_fields import STAGE_FIELDS, completeness, gaps, missing_at, missing_for_next
from projects.workflow import PROJECT_DESK, STAGE_WORKFLOW, STATUS_WORKFLOW
from tests.factories.accounts import SuperUserFactory, UserFactory
from tests.factories.directory import IndustryFactory
from tests.factories.projects import FILLED, KeyProjectFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


def emptied(field):
    """The keyword arguments that leave every alternative of a stage field empty."""
    values = {
        "name": "",
        "industry": None,
        "department": None,
        "enterprise": None,
        "park": None,
        "town": None,
    }
    text = {"enterprise_name", "summary", "capacity", "responsible", "project_code", "project_type"}
    return {name: values.get(name, "" if name in text else None) for name in field.names}


# --- The table -----------------------------------------------------------------------------------
@pytest.mark.parametrize("field", [f for f in STAGE_FIELDS if not f.expected], ids=lambda f: f.label)
def test_a_field_is_missing_from_its_stage_on_and_not_before(field):
    project = KeyProjectFactory.build(
        stage=Stage.AT_CAPACITY, industry=None, department=None, park=None, **emptied_less_relations(field)
    )
    for stage in Stage:
        labels = [f.label for f in missing_at(project, stage)]
        assert (field.label in labels) == (stage.rank >= field.stage.rank)


def emptied_less_relations(field):
    return {k: v for k, v in emptied(field).items() if k not in {"industry", "department", "park"}}


@pytest.mark.parametrize("stage", list(Stage))
def test_a_complete_project_lacks_nothing_at_its_stage(stage):
    project = KeyProjectFactory(stage=stage, helper=UserFactory())
    assert missing_at(project, stage) == []
    assert completeness(project) == 100
    assert gaps(project) == []


def test_a_signed_project_should_have_a_helper_and_moves_on_without_one(officer):
    project = KeyProjectFactory(stage=Stage.SIGNED)
    assert [f.label for f in gaps(project)] == ["服务专员"]
    assert completeness(project) < 100
    assert "服务专员" not in [f.label for f in missing_for_next(project)]
    assert gaps(KeyProjectFactory(stage=Stage.NEGOTIATING)) == []


def test_who_has_no_helper():
    found = KeyProjectFactory(stage=Stage.BUILDING)
    KeyProjectFactory(stage=Stage.BUILDING, helper=UserFactory())
    KeyProjectFactory(stage=Stage.BUILDING, status=Status.TERMINATED)
    KeyProjectFactory(stage=Stage.NEGOTIATING)
    assert list(KeyProject.objects.without_helper()) == [found]


def test_the_next_stage_names_what_it_wants():
    labels = [f.label for f in missing_for_next(KeyProjectFactory(stage=Stage.NEGOTIATING))]
    assert labels == ["总投资", "签约日期", "园区或乡镇", "责任领导"]


def test_at_the_last_stage_nothing_more_is_wanted():
    assert missing_for_next(KeyProjectFactory(stage=Stage.AT_CAPACITY)) == []


def test_an_unstated_stage_asks_for_what_a_reserve_needs():
    project = KeyProjectFactory(stage="", department=None)
    assert [f.label for f in missing_for_next(project)] == ["责任单位"]


def test_the_table_costs_no_queries(django_assert_num_queries):
    project = KeyProject.objects.get(pk=KeyProjectFactory(stage=Stage.BUILDING).pk)
    with django_assert_num_queries(0):
        completeness(project)
        missing_for_next(project)


# --- Moves ---------------------------------------------------------------------------------------
def walk(project, user):
    """The project as the next stage wants it."""
    following = Stage(project.stage).next
    for field in STAGE_FIELDS:
        if field.stage == following:
            for name in field.names:
                if name in FILLED:
                    setattr(project, name, FILLED[name])
    project.save()
    return actions.advance_stage(project=project, actor=user)


def test_a_project_walks_from_reserve_to_capacity(officer):
    project = KeyProjectFactory(park=KeyProjectFactory(stage=Stage.SIGNED).park)
    seen = [project.stage]
    while Stage(project.stage).next:
        project = walk(project, officer)
        seen.append(project.stage)
    assert seen == [s.value for s in Stage]
    assert history_of(project).count() == len(Stage) - 1
    assert project.version == len(Stage) - 1


@pytest.mark.parametrize("stage", [s for s in Stage if s.next])
def test_advancing_with_a_gap_names_the_gap_and_changes_nothing(stage, officer):
    project = KeyProjectFactory(stage=stage)
    wanted = missing_for_next(project)
    if not wanted:
        wanted = [f for f in STAGE_FIELDS if f.names == ("name",)]
        KeyProject.objects.filter(pk=project.pk).update(name="")
    with pytest.raises(WorkflowError) as error:
        actions.advance_stage(project=project, actor=officer)
    assert all(f.label in error.value.message for f in wanted)
    project.refresh_from_db()
    assert project.stage == stage
    assert history_of(project).count() == 0


def test_the_last_stage_has_no_next(officer):
    with pytest.raises(WorkflowError, match="最后阶段"):
        actions.advance_stage(project=KeyProjectFactory(stage=Stage.AT_CAPACITY), actor=officer)


@pytest.mark.parametrize("stage", [s for s in Stage if s.previous])
def test_going_back_needs_a_reason(stage, officer):
    project = KeyProjectFactory(stage=stage)
    with pytest.raises(WorkflowError, match="理由"):
        actions.set_back_stage(project=project, actor=officer, reason="  ")
    back = actions.set_back_stage(project=project, actor=officer, reason="合同解除")
    assert back.stage == stage.previous
    entry = history_of(project).get()
    assert (entry.reason, entry.changes["stage"]) == ("合同解除", [stage.value, stage.previous.value])


def test_the_first_stage_has_no_previous(officer):
    with pytest.raises(WorkflowError, match="没有更早"):
        actions.set_back_stage(project=KeyProjectFactory(), actor=officer, reason="试")


def test_a_stage_the_source_does_not_state_is_placed_once_with_its_evidence(officer):
    project = KeyProjectFactory(stage="", status="")
    with pytest.raises(WorkflowError, match="核定阶段"):
        actions.advance_stage(project=project, actor=officer)
    with pytest.raises(WorkflowError, match="理由"):
        actions.place_stage(project=project, stage=Stage.BUILDING, actor=officer, reason="")
    with pytest.raises(WorkflowError, match="选择"):
        actions.place_stage(project=project, stage="sold", actor=officer, reason="现场核实")
    placed = actions.place_stage(project=project, stage=Stage.BUILDING, actor=officer, reason="现场核实")
    assert (placed.stage, placed.status) == (Stage.BUILDING, Status.NORMAL)
    with pytest.raises(WorkflowError, match="已有阶段"):
        actions.place_stage(project=project, stage=Stage.SIGNED, actor=officer, reason="再核")


def test_somebody_who_saw_an_older_row_moves_nothing(officer):
    project = KeyProjectFactory(stage=Stage.STARTED, annual_plan_wan=1, annual_plan_year=2026)
    actions.advance_stage(project=project, actor=officer, version=0)
    with pytest.raises(EditConflict):
        actions.set_back_stage(project=project, actor=officer, reason="试", version=0)


# --- Status --------------------------------------------------------------------------------------
STATUS_VERBS = {
    "stall": actions.stall_project,
    "resume": actions.resume_project,
    "terminate": actions.terminate_project,
}


@pytest.mark.parametrize("status", ["", *Status.values])
@pytest.mark.parametrize("verb", list(STATUS_VERBS))
def test_every_status_and_verb(status, verb, officer):
    project = KeyProjectFactory(status=status)
    transition = STATUS_WORKFLOW.by_name[verb]
    if (status or Status.NORMAL) in transition.sources:
        done = STATUS_VERBS[verb](project=project, actor=officer, reason="会议决定")
        assert done.status == transition.target
        assert done.stage == Stage.RESERVE
    else:
        with pytest.raises(WorkflowError):
            STATUS_VERBS[verb](project=project, actor=officer, reason="会议决定")


def test_a_terminated_project_is_closed_to_everything(officer):
    project = KeyProjectFactory(stage=Stage.SIGNED, status=Status.TERMINATED)
    with pytest.raises(WorkflowError, match="终止"):
        actions.set_back_stage(project=project, actor=officer, reason="试")
    with pytest.raises(WorkflowError, match="终止"):
        actions.save_project(project=project, actor=officer, changed=["name"])
    with pytest.raises(WorkflowError, match="终止"):
        actions.note_children_changed(project=project, actor=officer, what=["节点"])


# --- Permissions ---------------------------------------------------------------------------------
VERBS = {
    "advance": lambda p, u: actions.advance_stage(project=p, actor=u),
    "set_back": lambda p, u: actions.set_back_stage(project=p, actor=u, reason="理由"),
    "stall": lambda p, u: actions.stall_project(project=p, actor=u, reason="理由"),
    "terminate": lambda p, u: actions.terminate_project(project=p, actor=u, reason="理由"),
    "publish": lambda p, u: actions.publish(record=p, actor=u),
    "override": lambda p, u: actions.override_confidence(project=p, level="red", actor=u, reason="理由"),
    "edit": lambda p, u: actions.save_project(project=p, actor=u, changed=["summary"]),
}
MAY = {
    "project_officer": {"advance", "set_back", "stall", "terminate", "publish", "edit"},
    "supervisor": {"override"},
    "official": set(),
    "window": set(),
    "reviewer": set(),
    "policy_officer": set(),
    "finance_officer": set(),
    "bank_contact": set(),
    "administrator": set(),
}


@pytest.mark.parametrize("role", list(MAY))
def test_each_role_does_what_is_its_own(role):
    user = UserFactory(roles=[role])
    for verb, act in VERBS.items():
        project = KeyProjectFactory(stage=Stage.STARTED, annual_plan_wan=1, annual_plan_year=2026)
        if verb in MAY[role]:
            act(project, user)
        else:
            with pytest.raises(NotPermitted):
                act(project, user)


@pytest.mark.parametrize("stage", ["", *Stage.values])
@pytest.mark.parametrize("status", ["", *Status.values])
def test_every_button_that_is_shown_works(stage, status):
    """What the workbench offers, the action accepts (with a reason and a value where it asks for one)."""
    from projects.admin.ledger import KeyProjectAdmin

    user = SuperUserFactory()
    base = KeyProjectFactory(stage=stage, status=status)
    for transition in PROJECT_DESK.available(base, user):
        project = KeyProjectFactory(stage=stage, status=status)
        spec = KeyProjectAdmin.verbs[transition.name]
        arguments = {"reason": "理由"} if "reason" in spec.form.base_fields else {}
        if "stage" in spec.form.base_fields:
            arguments["stage"] = Stage.SIGNED
        if "level" in spec.form.base_fields:
            arguments["level"] = ConfidenceLevel.RED
        spec.action(**{spec.argument: project}, actor=user, **arguments)


def test_the_buttons_cover_every_transition():
    from projects.admin.ledger import KeyProjectAdmin

    assert set(KeyProjectAdmin.verbs) == set(PROJECT_DESK.by_name)
    assert len(STAGE_WORKFLOW.by_name) == 2 * (len(Stage) - 1)


# --- Publication ---------------------------------------------------------------------------------
def test_publishing_and_withdrawing(officer):
    project = actions.publish(record=KeyProjectFactory(), actor=officer)
    assert project.is_published
    assert project.published_at
    with pytest.raises(WorkflowError, match="已经公布"):
        actions.publish(record=project, actor=officer)
    with pytest.raises(WorkflowError, match="理由"):
        actions.withdraw(record=project, actor=officer, reason="")
    assert not actions.withdraw(record=project, actor=officer, reason="内容待核").is_published


# --- Editing the ledger --------------------------------------------------------------------------
def test_a_new_project_gets_the_next_number_of_the_year(officer):
    first, second = (
        actions.save_project(
            project=KeyProject(
                name=f"新项目{n}", industry=IndustryFactory(), department=officer_department()
            ),
            actor=officer,
            changed=[],
        )
        for n in range(2)
    )
    assert first.stage == Stage.RESERVE
    assert int(second.number[-3:]) == int(first.number[-3:]) + 1


def officer_department():
    from tests.factories.directory import DepartmentFactory

    return DepartmentFactory()


def test_a_new_project_must_have_what_its_stage_requires(officer):
    project = KeyProject(name="新项目", industry=IndustryFactory(), stage=Stage.SIGNED)
    with pytest.raises(ValidationError) as error:
        actions.save_project(project=project, actor=officer, changed=[])
    assert {"department", "enterprise", "total_investment_wan", "signed_on"} <= set(error.value.message_dict)


def test_a_legacy_gap_does_not_stop_an_edit(officer):
    project = KeyProjectFactory(stage=Stage.BUILDING, project_code="", land_mu=None, responsible="")
    project.summary = "补充简介"
    assert actions.save_project(project=project, actor=officer, changed=["summary"]).summary == "补充简介"


def test_a_required_field_cannot_be_emptied(officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    project.land_mu = None
    with pytest.raises(ValidationError) as error:
        actions.save_project(project=project, actor=officer, changed=["land_mu"])
    assert "不能清空" in error.value.message_dict["land_mu"][0]


def test_one_of_two_alternatives_is_enough(officer):
    project = KeyProjectFactory(stage=Stage.NEGOTIATING, capacity="年产一万吨")
    project.summary = ""
    actions.save_project(project=project, actor=officer, changed=["summary"])


def test_dates_in_the_wrong_order_are_refused(officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    project.planned_production = date(2020, 1, 1)
    with pytest.raises(ValidationError, match="不能早于"):
        actions.save_project(project=project, actor=officer, changed=["planned_production"])


def test_an_edit_cannot_move_the_stage_or_publish(officer):
    project = KeyProjectFactory()
    project.stage, project.is_published, project.status = Stage.BUILDING, True, Status.STALLED
    actions.save_project(project=project, actor=officer, changed=["stage", "is_published", "status"])
    project.refresh_from_db()
    assert (project.stage, project.is_published, project.status) == (Stage.RESERVE, False, Status.NORMAL)


def test_a_personal_number_never_stands_in_the_log(officer):
    project = KeyProjectFactory()
    project.responsible_phone = "13912345678"
    actions.save_project(project=project, actor=officer, changed=["responsible_phone"])
    assert "13912345678" not in str(history_of(project).get().changes)
    project.refresh_from_db()
    assert project.responsible_phone == "13912345678"


# --- Override ------------------------------------------------------------------------------------
def test_an_override_keeps_the_computed_value_beside_it():
    boss = UserFactory(roles=["supervisor"])
    project = KeyProjectFactory(stage=Stage.BUILDING)
    shown = actions.override_confidence(project=project, level="red", actor=boss, reason="资金链有风险")
    assert (shown.override_level, shown.override_computed) == ("red", "grey")
    assert actions.clear_override(project=project, actor=boss).override_level == ""


@pytest.mark.parametrize("level", ["grey", "", "purple"])
def test_only_green_yellow_and_red_can_be_given(level):
    with pytest.raises(WorkflowError, match="绿、黄或红"):
        actions.override_confidence(
            project=KeyProjectFactory(stage=Stage.BUILDING),
            level=level,
            actor=UserFactory(roles=["supervisor"]),
            reason="理由",
        )


@pytest.mark.parametrize("stage", ["", Stage.RESERVE, Stage.AT_CAPACITY])
def test_what_is_not_rated_cannot_be_overridden(stage):
    with pytest.raises(WorkflowError, match="不参与"):
        actions.override_confidence(
            project=KeyProjectFactory(stage=stage),
            level="red",
            actor=UserFactory(roles=["supervisor"]),
            reason="理由",
        )
