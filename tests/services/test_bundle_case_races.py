"""Several people on one bundle case at once, on PostgreSQL."""

from uuid import uuid4

import pytest

from services.actions import bundle_cases as whole
from services.actions import cases as single
from services.choices_cases import CaseState
from services.models import BundleCase, Case
from tests.factories.bundle_cases import BundleHall
from tests.services.test_case_races import at_once
from tuoxian_portal.core.errors import PortalError

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def attempt(function):
    try:
        return function()
    except PortalError as error:
        return error


def test_one_form_sent_ten_times_at_once_makes_one_bundle_case():
    hall = BundleHall()
    token = uuid4()
    made = at_once(lambda _: hall.record(submission=token), range(10), workers=10)
    assert len({record.pk for record in made}) == 1
    assert (BundleCase.objects.count(), Case.objects.count()) == (1, 3)


def test_recordings_at_once_keep_both_series_unbroken():
    hall = BundleHall()
    at_once(lambda _: hall.record(), range(12), workers=12)
    wholes = sorted(BundleCase.objects.values_list("number", flat=True))
    assert [number[-4:] for number in wholes] == [f"{n:04d}" for n in range(1, 13)]
    cases = sorted(Case.objects.values_list("case_number", flat=True))
    assert [number[-4:] for number in cases] == [f"{n:04d}" for n in range(1, 37)]


def test_the_whole_and_its_cases_do_not_deadlock():
    """Acts of the whole and of single cases in every order: each is done once or refused in words."""
    hall = BundleHall()
    made = hall.accepted()
    cases = [c for c in made.cases if c.state == CaseState.ACCEPTED]
    acts = [lambda: whole.hand_over_bundle(bundle_case=made, actor=hall.clerk)] * 4
    acts += [lambda case=case: single.hand_over(case=case, actor=hall.clerk) for case in cases] * 4
    results = at_once(lambda act: attempt(act), acts, workers=12)
    assert all(isinstance(r, PortalError | BundleCase | Case) for r in results)
    for case in cases:
        assert case.documents.filter(kind="handover").count() == 1


def test_two_decisions_at_once_release_what_waits_for_both_once():
    hall = BundleHall()
    made = hall.record()
    first, beside = hall.case(made, hall.first), hall.case(made, hall.beside)
    second = hall.case(made, hall.second)
    second.waits_for.add(beside)
    whole.accept_bundle(bundle_case=made, actor=hall.clerk)
    ready = []
    for case in (first, beside):
        case = hall.review(case)
        reviewer = hall.reviewers[case.item_id]
        ready.append(single.submit_opinion(case=case, actor=reviewer, outcome="approved", reason="符合"))

    def approve(case):
        return single.approve_case(case=case, actor=hall.approvers[case.item_id])

    at_once(approve, ready, workers=2)
    second.refresh_from_db()
    assert second.state == CaseState.RECEIVED
    assert second.intervals.count() == 1
    assert second.documents.filter(kind="receipt").count() == 1


def test_two_pick_ups_at_once_deliver_once():
    hall = BundleHall()
    made = hall.accepted()
    hall.decide(hall.case(made, hall.beside))
    results = at_once(lambda _: attempt(lambda: hall.deliver(made, reason="急用")), range(6), workers=6)
    assert sum(isinstance(result, BundleCase) for result in results) == 1
    assert made.documents.filter(kind="bundle_delivery").count() == 1
