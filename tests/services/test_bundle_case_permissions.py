"""Who may do what with a bundle case in which state."""

import pytest
from django.db import connection, transaction

from services.actions import bundle_cases as whole
from services.actions import bundle_children as child
from services.actions import cases as single
from services.actions.bundle_recording import record_bundle
from services.choices_bundles import BundleState
from services.choices_cases import CaseOutcome, CaseState, MaterialState
from services.models import BundleCase
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW
from tests.factories.bundle_cases import BundleHall
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
MONDAY = "2026-11-02 02:00:00"  # ten o'clock in the county
S, B = CaseState, BundleState


@pytest.fixture
def hall():
    return BundleHall()


# --- Who ------------------------------------------------------------------------------------------


def test_who_sees_it(hall, person):
    made = hall.record()
    seen = [
        hall.clerk,
        hall.issuer,
        hall.supervisor,
        hall.official,
        *hall.reviewers.values(),
        *hall.approvers.values(),
    ]
    for user in seen:
        assert made in BundleCase.objects.visible_to(user), user
    for user in (person("window"), person("reviewer"), person("project_officer"), person()):
        assert not BundleCase.objects.visible_to(user).exists()
    child.split_off(case=hall.case(made, hall.beside), actor=hall.clerk, reason="单办")
    assert not BundleCase.objects.visible_to(hall.reviewers[hall.beside.pk]).exists()
    with pytest.raises(NotPermitted, match="不在您的办理范围"):
        whole.accept_bundle(bundle_case=made, actor=person("window"))


ALLOWED = {
    "accept": "clerk",
    "request_correction": "clerk",
    "receive_correction": "clerk",
    "hand_in": "clerk",
    "hand_over": "clerk",
    "deliver": "issuer",
    "withdraw": "clerk",
    "void": "clerk",
}


def call(name, made, actor, hall):
    first = next((c for c in made.cases if c.state == S.RECEIVED), made.cases[0])
    functions = {
        "accept": lambda: whole.accept_bundle(bundle_case=made, actor=actor),
        "request_correction": lambda: whole.request_collected_correction(
            bundle_case=made, actor=actor, missing={first.pk: ["甲"]}, days=5, reason="部门才提出"
        ),
        "receive_correction": lambda: whole.receive_collected_correction(bundle_case=made, actor=actor),
        "hand_in": lambda: whole.hand_in_materials(
            bundle_case=made, actor=actor, materials=[made.materials.get(material=hall.identity).pk]
        ),
        "hand_over": lambda: whole.hand_over_bundle(bundle_case=made, actor=actor),
        "deliver": lambda: whole.deliver_bundle(bundle_case=made, actor=actor, recipient="甲", reason="急用"),
        "withdraw": lambda: whole.withdraw_bundle(bundle_case=made, actor=actor, reason="撤回"),
        "void": lambda: whole.void_bundle(bundle_case=made, actor=actor, reason="作废"),
    }
    return functions[name]()


def bring(hall, state):
    if state == B.RECEIVED:
        return hall.record()
    if state == B.CORRECTING:
        made = hall.record(materials=hall.handed_in(hall.identity.pk))
        missing = {hall.case(made, hall.first).pk: ["甲"]}
        return whole.request_collected_correction(bundle_case=made, actor=hall.clerk, missing=missing, days=5)
    if state == B.WITHDRAWN:
        return whole.withdraw_bundle(bundle_case=hall.record(), actor=hall.clerk, reason="撤回")
    if state == B.VOID:
        return whole.void_bundle(bundle_case=hall.record(), actor=hall.clerk, reason="作废")
    made = hall.accepted()
    if state == B.IN_PROGRESS:
        return made
    outcome = CaseOutcome.REFUSED if state == B.ENDED else CaseOutcome.APPROVED
    hall.decide(hall.case(made, hall.first), outcome)
    hall.decide(hall.case(made, hall.beside), outcome if state != B.PARTIAL else CaseOutcome.REFUSED)
    second = hall.case(made, hall.second)
    if state == B.ENDED:
        child.stop_waiting(case=second, actor=hall.clerk, reason="不等了")
    else:
        whole.accept_bundle(bundle_case=made, actor=hall.clerk)
        hall.decide(second)
    made = BundleCase.objects.get(pk=made.pk)
    return made if state == B.COLLECTING else hall.deliver(made)


# Which acts are possible in each state that the factory brings a bundle to.
POSSIBLE = {
    B.RECEIVED: {"accept", "request_correction", "withdraw", "void"},
    B.CORRECTING: {"request_correction", "receive_correction", "withdraw"},
    B.IN_PROGRESS: {"hand_over", "withdraw"},
    B.COLLECTING: {"deliver"},
    B.COMPLETED: set(),
    B.PARTIAL: set(),
    B.WITHDRAWN: set(),
    B.ENDED: set(),
    B.VOID: set(),
}


@pytest.mark.parametrize("state", POSSIBLE)
def test_every_act_in_every_state_by_every_role(hall, state):
    made = bring(hall, state)
    assert made.state == state
    people = {
        "clerk": hall.clerk,
        "issuer": hall.issuer,
        "supervisor": hall.supervisor,
        "official": hall.official,
        "helper": hall.helper,
        "reviewer": hall.reviewers[hall.first.pk],
        "approver": hall.approvers[hall.first.pk],
    }
    for role, user in people.items():
        offered = {t.name for t in BUNDLE_CASE_WORKFLOW.available(made, user)}
        assert offered == {n for n in POSSIBLE[state] if ALLOWED[n] == role}, (state, role)
    for name, role in ALLOWED.items():
        for other, user in people.items():
            if other != role:
                with pytest.raises(NotPermitted):
                    call(name, made, user, hall)
        point = transaction.savepoint()
        if name in POSSIBLE[state]:
            call(name, BundleCase.objects.get(pk=made.pk), people[role], hall)
        else:
            with pytest.raises(WorkflowError):
                call(name, BundleCase.objects.get(pk=made.pk), people[role], hall)
        transaction.savepoint_rollback(point)


def test_an_older_page_overwrites_nothing(hall):
    made = hall.record()
    whole.accept_bundle(bundle_case=made, actor=hall.clerk, version=made.version)
    with pytest.raises(EditConflict):
        whole.withdraw_bundle(bundle_case=made, actor=hall.clerk, reason="撤回", version=made.version)


def test_an_instant_item_in_a_bundle_is_picked_up_with_the_rest(hall):
    hall.beside.handling_kind = "instant"
    hall.beside.save(update_fields=["handling_kind"])
    made = hall.record()
    case = single.finish_instantly(case=hall.case(made, hall.beside), actor=hall.approvers[hall.beside.pk])
    assert (case.state, case.is_granted) == (S.COLLECTING, True)


def test_form_answers_are_sealed(hall):
    made = hall.record()
    BundleCase.objects.filter(pk=made.pk).update(form_answers='{"address": "托县某街"}')
    with connection.cursor() as cursor:
        cursor.execute("SELECT form_answers, applicant_number FROM services_bundlecase")
        assert all(value.startswith("v2:") for value in cursor.fetchone())


def test_record_bundle_is_the_same_door_for_everybody(hall):
    """What the counter calls, called plainly."""
    made = record_bundle(
        actor=hall.clerk,
        bundle=hall.bundle,
        answers={},
        applicant=hall.applicant(),
        confirmed=True,
    )
    assert made.materials.get(material=hall.identity).state == MaterialState.MISSING
