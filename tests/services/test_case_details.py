"""The detail of a case is read as plain rows and says what its serializer describes, whoever asks."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient
from zeal import zeal_ignore

from services.actions import cases as do
from services.actions import custody
from services.api.cases import CaseDetailSerializer
from services.choices_cases import CaseState, MaterialState
from services.choices_custody import HolderKind
from services.models import Case, CaseMaterial, Handover
from services.models.custody import Holder
from tests.factories.accounts import UserFactory
from tests.factories.bundle_cases import BundleHall
from tests.factories.cases import CREDIT_CODE, Hall
from tests.factories.directory import OutletFactory
from tests.factories.entrustments import HelpDesk
from tests.factories.licences import LicenceFactory
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.api.renderers import PortalJSONRenderer

pytestmark = pytest.mark.django_db
CASES = "/api/v1/services/cases/"


def answer(case: Case, user: Any) -> dict[str, Any]:
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client.get(f"{CASES}{case.case_number}/").json()


def assert_described(case: Case, *users: Any) -> dict[str, Any]:
    """Every one of `users` gets what the serializer makes of the record; the last answer."""
    for user in users:
        shown = answer(case, user)
        request = SimpleNamespace(user=User.objects.get(pk=user.pk))
        with zeal_ignore():  # the description may ask as much as it likes
            described = CaseDetailSerializer(Case.objects.get(pk=case.pk), context={"request": request}).data
            assert shown == json.loads(PortalJSONRenderer().render(described))
    return shown


@pytest.mark.parametrize(
    "state",
    [
        *[CaseState.REGISTERED, CaseState.CORRECTING, CaseState.DECIDING, CaseState.SPECIAL],
        *[CaseState.WAITING, CaseState.COMPLETED, CaseState.DECLINED],
    ],
)
def test_a_case_in_each_kind_of_state(state: str) -> None:
    hall: Any = Hall()
    case = hall.case_in(state)
    people = (hall.clerk, hall.reviewer, hall.approver, hall.supervisor, hall.official)
    assert assert_described(case, *people)["state"] == state


def test_papers_on_their_way_with_a_person_and_given_back() -> None:
    hall: Any = Hall(materials=3)
    case = hall.record()
    one, two, three = (material.pk for material in case.materials.all())
    colleague: Any = UserFactory(roles=["window"], outlet=hall.outlet, display_name="示例经办人")
    more: dict[str, Any] = {"case": case, "actor": hall.clerk}
    lent = custody.hand_over_papers(**more, materials=[one], receiver=Holder(HolderKind.PERSON, colleague))
    custody.answer_handover(handover=lent, actor=colleague)
    Handover.objects.update(due_back_on=timezone.localdate() - timedelta(days=1))
    custody.return_papers(**more, materials=[two], recipient="测试申请人")
    custody.hand_over_papers(
        **more, materials=[three], receiver=Holder(HolderKind.DEPARTMENT, hall.department)
    )
    custody.transfer_case(**more, outlet=OutletFactory(name="示例乡镇网点"), reason="就近办理")
    shown = assert_described(case, hall.clerk, hall.supervisor)
    assert [(p["holder"], p["in_transit"], p["is_overdue"]) for p in shown["papers"]] == [
        ("示例经办人", False, True),
        ("申请人", False, False),
        (hall.outlet.name, True, False),
    ]
    assert shown["handling_outlet"] == "示例乡镇网点"


def test_a_licence_an_organisation_and_an_odd_number() -> None:
    hall: Any = Hall(materials=2)
    LicenceFactory(kind__materials=[hall.item.materials.first().material])
    case = hall.record(materials=hall.handed_in(MaterialState.MISSING))
    shown = assert_described(case, hall.clerk)
    assert "*" in shown["materials"][0]["licence"]
    firm = hall.record(applicant=hall.applicant(kind="organisation", name="示例公司", number=CREDIT_CODE))
    assert assert_described(firm, hall.clerk)["applicant_number"] == CREDIT_CODE
    Case.objects.filter(pk=firm.pk).update(number_override="境外证件")
    assert assert_described(firm, hall.clerk)["applicant_number"] != CREDIT_CODE


def test_a_case_of_a_bundle_and_one_that_somebody_helps_with() -> None:
    hall: Any = BundleHall()
    case = hall.case(hall.accepted(), hall.first)
    hall.review(case)
    assert assert_described(case, hall.clerk, hall.reviewers[hall.first.pk])["materials"]
    desk: Any = HelpDesk()
    helped = desk.linked_case(desk.helping())
    assert_described(helped, desk.clerk, desk.helper, desk.reviewer, desk.approver)


def test_it_takes_the_same_queries_however_much_there_is(django_assert_num_queries: Any) -> None:
    hall: Any = Hall(materials=1)
    small = hall.record()
    answer(small, hall.clerk)
    with CaptureQueriesContext(connection) as few:
        answer(small, hall.clerk)
    large = hall.case_in(CaseState.CORRECTING)
    do.receive_correction(case=large, actor=hall.clerk, materials=[])
    for n in range(20):
        CaseMaterial.objects.create(case=large, name=f"材料{n}", necessity="required")
    with django_assert_num_queries(len(few)):
        answer(large, hall.clerk)


def test_a_clerk_who_changes_her_outlet_sees_the_cases_of_the_new_one() -> None:
    hall: Any = Hall()
    case = hall.record()
    url = f"{CASES}{case.case_number}/"

    def found() -> tuple[int, int]:
        client = APIClient()
        client.force_authenticate(User.objects.get(pk=hall.clerk.pk))
        return client.get(url).status_code, len(client.get(CASES).json()["results"])

    assert found() == (200, 1)
    User.objects.filter(pk=hall.clerk.pk).update(outlet=OutletFactory())
    assert found() == (404, 0)
    User.objects.filter(pk=hall.clerk.pk).update(outlet=hall.outlet)
    assert found() == (200, 1)
