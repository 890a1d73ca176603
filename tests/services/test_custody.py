"""Papers change hands: two sides sign, one holder at a time, originals go back; outlets of three levels."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from services.actions import cases
from services.actions import custody as do
from services.actions.recording import HandedIn
from services.choices import Necessity
from services.choices_cases import CaseState, MaterialState, PaperKind
from services.choices_custody import CustodyKind, HolderKind, LineAnswer
from services.custody import whereabouts
from services.models import Case, CaseMaterial, CustodyEvent, Handover, HandoverLine
from services.models.custody import Holder
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall
from tests.factories.directory import DepartmentFactory, OutletFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.directory.models import Outlet

pytestmark = pytest.mark.django_db
MISSING = {"state": MaterialState.MISSING}


@pytest.fixture
def hall() -> Hall:
    return Hall(materials=3)


def fresh(case: Case) -> Case:
    return Case.objects.prefetch_related("materials").get(pk=case.pk)


def where(case: Case) -> list[str]:
    return [str(paper.holder) for paper in whereabouts(fresh(case))]


def pks(case: Case) -> list[int]:
    return [m.pk for m in fresh(case).materials.all()]


def department(hall: Hall) -> Holder:
    return Holder(HolderKind.DEPARTMENT, hall.department)


def send(hall: Hall, case: Case, **more: Any) -> Handover:
    return do.hand_over_papers(
        **{"case": case, "actor": hall.clerk, "materials": pks(case), "receiver": department(hall), **more}
    )


# --- The acts on a case -----------------------------------------------------------------------------


def test_what_is_received_starts_with_the_clerks_outlet(hall) -> None:
    case = hall.record()
    assert where(case) == [str(hall.outlet)] * 3
    assert set(CustodyEvent.objects.values_list("what", "by")) == {(CustodyKind.TAKEN_IN, hall.clerk.pk)}


def test_what_is_not_there_or_licensed_is_nowhere(hall) -> None:
    assert where(hall.record(materials=hall.handed_in(MaterialState.MISSING))) == []


def test_corrected_and_supplied_papers_are_taken_in_when_they_come(hall) -> None:
    case = hall.record(materials=hall.handed_in(MaterialState.MISSING))
    case = cases.request_correction(case=case, actor=hall.clerk, missing=["缺材料"], days=5)
    cases.receive_correction(case=case, actor=hall.clerk, materials=pks(case)[:1])
    assert where(case) == [str(hall.outlet)]


def test_hand_over_and_sign_in_move_the_papers_to_the_department(hall) -> None:
    case = cases.accept_case(case=hall.record(), actor=hall.clerk)
    case = cases.hand_over(case=case, actor=hall.clerk)
    assert where(case) == [str(hall.outlet)] * 3, "in transit they are still the sender's"
    assert HandoverLine.objects.filter(answer=LineAnswer.PENDING).count() == 3
    case = cases.sign_in(case=case, actor=hall.reviewer)
    assert where(case) == [str(hall.department)] * 3
    assert not Handover.objects.in_transit().exists()


def test_withdrawal_and_return_give_back_what_the_window_holds(hall) -> None:
    case = cases.withdraw_case(case=hall.record(), actor=hall.clerk, reason="申请人书面要求")
    assert where(case) == ["申请人"] * 3
    assert where(hall.case_in(CaseState.RETURNED)) == ["申请人"] * 3


def test_what_the_department_holds_is_not_claimed_to_be_given_back(hall) -> None:
    case = cases.withdraw_case(case=hall.case_in(CaseState.REVIEWING), actor=hall.clerk, reason="要求")
    assert where(case) == [str(hall.department)] * 3
    with pytest.raises(NotPermitted, match="持有方"):
        do.return_papers(case=case, actor=hall.clerk, materials=pks(case), recipient="本人")
    do.return_papers(case=case, actor=hall.reviewer, materials=pks(case), recipient="本人")
    assert where(case) == ["申请人"] * 3


def test_delivery_gives_back_the_chosen_originals_and_lists_them(hall) -> None:
    case = hall.case_in(CaseState.COLLECTING)
    do.hand_over_papers(
        case=case,
        actor=hall.reviewer,
        materials=pks(case),
        receiver=Holder(HolderKind.OUTLET, hall.outlet),
    )
    do.answer_handover(handover=Handover.objects.in_transit().get(), actor=hall.issuer)
    first, _second, third = pks(case)
    CaseMaterial.objects.filter(pk=third).update(originals=0)
    cases.deliver_case(case=fresh(case), actor=hall.issuer, recipient="测试申请人", originals=[first, third])
    assert where(case) == ["申请人", str(hall.outlet), str(hall.outlet)]
    content = case.documents.get(kind=PaperKind.DELIVERY).content
    assert "同时退还" in "".join(content["body"])
    assert [row[1] for row in content["table"]["rows"]] == [str(CaseMaterial.objects.get(pk=first))]


def test_the_form_of_delivery_offers_the_originals_at_the_window(client, hall) -> None:
    case = hall.case_in(CaseState.COLLECTING)
    client.force_login(hall.issuer)
    url = reverse("admin:services_case_do", args=[case.pk, "deliver"])
    assert "同时退还的原件" not in client.get(url).content.decode()
    do.hand_over_papers(
        case=case, actor=hall.reviewer, materials=pks(case), receiver=Holder(HolderKind.OUTLET, hall.outlet)
    )
    do.answer_handover(handover=Handover.objects.in_transit().get(), actor=hall.clerk)
    assert "同时退还的原件" in client.get(url).content.decode()
    form = {
        "version": fresh(case).version,
        "recipient": "本人",
        "method": "window",
        "originals": pks(case)[:2],
    }
    assert client.post(url, form).status_code == 302
    assert where(case) == ["申请人", "申请人", str(hall.outlet)]


# --- Handing on -------------------------------------------------------------------------------------


def test_a_handover_is_signed_by_both_sides_and_prints_its_paper(hall) -> None:
    case = hall.record()
    handover = send(hall, case, note="送审")
    assert handover.paper.kind == PaperKind.HANDOVER
    assert f"由{hall.outlet}移交{hall.department}" in handover.paper.content["body"][0]
    with pytest.raises(NotPermitted, match="接收方"):
        do.answer_handover(handover=handover, actor=hall.clerk)
    do.answer_handover(handover=handover, actor=hall.reviewer)
    assert where(case) == [str(hall.department)] * 3
    with pytest.raises(WorkflowError, match="已经办完"):
        do.answer_handover(handover=handover, actor=hall.reviewer)
    assert [e.action for e in history_of(case)][:2] == ["sign_papers", "send_papers"]


def test_a_refused_paper_stays_with_the_sender(hall) -> None:
    case = hall.record()
    handover = send(hall, case)
    line = handover.lines.first()
    with pytest.raises(WorkflowError, match="理由"):
        do.answer_handover(handover=handover, actor=hall.reviewer, refused={line.pk: " "})
    with pytest.raises(ValidationError, match="不在这次移交中"):
        do.answer_handover(handover=handover, actor=hall.reviewer, refused={0: "x"})
    do.answer_handover(handover=handover, actor=hall.reviewer, refused={line.pk: "缺第二页"})
    assert where(case) == [str(hall.outlet), str(hall.department), str(hall.department)]


def test_a_paper_is_in_one_open_handover_only(hall) -> None:
    case = hall.record()
    handover = send(hall, case)
    with pytest.raises(WorkflowError, match="移交途中"):
        send(hall, case)
    with pytest.raises(IntegrityError), transaction.atomic():
        HandoverLine.objects.create(handover=handover, material=case.materials.first())
    with pytest.raises(NotPermitted, match="移交方撤回"):
        do.recall_handover(handover=handover, actor=hall.reviewer, reason="x")
    with pytest.raises(WorkflowError, match="理由"):
        do.recall_handover(handover=handover, actor=hall.clerk, reason="")
    do.recall_handover(handover=handover, actor=hall.clerk, reason="点错")
    assert send(hall, case).pk != handover.pk


def test_handing_on_is_refused_in_words(hall) -> None:
    case = hall.record()
    with pytest.raises(ValidationError, match="请勾选材料"):
        send(hall, case, materials=[])
    with pytest.raises(ValidationError, match="不属于本件"):
        send(hall, case, materials=[0])
    with pytest.raises(ValidationError, match="不能早于今天"):
        send(hall, case, due_back_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(WorkflowError, match="不需要移交"):
        send(hall, case, receiver=Holder(HolderKind.OUTLET, hall.outlet))
    with pytest.raises(WorkflowError, match="转交网点"):
        send(hall, case, receiver=Holder(HolderKind.OUTLET, OutletFactory()))
    with pytest.raises(WorkflowError, match="看不到本件"):
        send(hall, case, receiver=Holder(HolderKind.DEPARTMENT, DepartmentFactory()))
    with pytest.raises(WorkflowError, match="看不到本件"):
        send(hall, case, receiver=Holder(HolderKind.PERSON, UserFactory(roles=["window"])))
    with pytest.raises(NotPermitted, match="持有方"):
        send(hall, case, actor=hall.reviewer)
    for role in ("supervisor", "official", "helper"):
        with pytest.raises(NotPermitted):
            send(hall, case, actor=hall.person(role))
    do.return_papers(case=case, actor=hall.clerk, materials=pks(case), recipient="本人")
    with pytest.raises(WorkflowError, match="已退还申请人"):
        send(hall, case)


def test_papers_in_different_places_are_moved_apart(hall) -> None:
    case = hall.record()
    do.answer_handover(handover=send(hall, case, materials=pks(case)[:1]), actor=hall.reviewer)
    with pytest.raises(WorkflowError, match="不同的地方"):
        send(hall, case)


def test_what_should_have_come_back_is_in_the_queue_until_it_does(hall) -> None:
    case = hall.record()
    handover = send(hall, case, due_back_on=timezone.localdate() + timedelta(days=2))
    do.answer_handover(handover=handover, actor=hall.reviewer)
    late = timezone.localdate() + timedelta(days=3)
    assert not Handover.objects.not_returned().exists()
    assert list(Handover.objects.not_returned(late)) == [handover]
    assert list(Case.objects.all().in_queue("unreturned", late)) == [case]
    assert Case.objects.all().queue_counts(late)["unreturned"] == 1
    back = do.hand_over_papers(
        case=case, actor=hall.reviewer, materials=pks(case), receiver=Holder(HolderKind.OUTLET, hall.outlet)
    )
    assert Handover.objects.not_returned(late).exists(), "on its way back it is still out"
    do.answer_handover(handover=back, actor=hall.clerk)
    assert not Handover.objects.not_returned(late).exists()


# --- 容缺欠账 ---------------------------------------------------------------------------------------


def test_owed_materials_stand_in_their_queue_overdue_first(client) -> None:
    hall = Hall(materials=[Necessity.DEFERRABLE, Necessity.REQUIRED])
    line = hall.item.materials.get(necessity=Necessity.DEFERRABLE)
    found = []
    for days in (9, 3, 6):
        promised = timezone.localdate() + timedelta(days=days)
        handed = hall.handed_in() | {line.pk: HandedIn(MaterialState.DEFERRED, promised_on=promised)}
        found.append(cases.accept_case(case=hall.record(materials=handed), actor=hall.clerk))
    assert list(Case.objects.all().in_queue("owing").by_promise()) == [found[1], found[2], found[0]]
    CaseMaterial.objects.filter(case=found[1], state=MaterialState.DEFERRED).update(
        promised_on=timezone.localdate() - timedelta(days=1)
    )
    client.force_login(hall.clerk)
    shown = client.get("/admin/services/case/", {"queue": "owing"}).content.decode()
    assert "容缺欠账" in shown
    assert shown.index(found[1].case_number) < shown.index(found[2].case_number)
    assert "已逾期" in shown
    page = client.get(found[1].get_absolute_url()).content.decode()
    assert "容缺承诺已逾期" in page
    assert "终止办理" in page
    cases.supply_deferred(
        case=fresh(found[1]),
        actor=hall.clerk,
        materials=[found[1].materials.get(promised_on__isnull=False).pk],
    )
    assert found[1] not in Case.objects.all().in_queue("owing")


# --- Three levels -----------------------------------------------------------------------------------


@pytest.fixture
def town(hall) -> Hall:
    """The same item received at a town's outlet."""
    hall.outlet = OutletFactory(level=Outlet.Level.TOWN)
    for person in (hall.clerk, hall.issuer, hall.helper):
        person.outlet = hall.outlet
        person.save(update_fields=["outlet"])
    return hall


def test_the_window_of_one_town_does_not_see_another(client, api_client, town) -> None:
    case = town.record()
    stranger = UserFactory(roles=["window"], outlet=OutletFactory(level=Outlet.Level.TOWN))
    client.force_login(stranger)
    for name in ("change", "custody", "licence", "ledger"):
        assert client.post(reverse(f"admin:services_case_{name}", args=[case.pk])).status_code == 404
    assert case.case_number not in client.get("/admin/services/case/").content.decode()
    api_client.force_authenticate(stranger)
    assert api_client.get(f"/api/v1/services/cases/{case.case_number}/").status_code == 404
    with pytest.raises(NotPermitted, match="范围"):
        cases.accept_case(case=case, actor=stranger)


def test_a_town_passes_a_case_on_to_the_county_with_its_papers(client, town) -> None:
    county = OutletFactory()
    clerk = UserFactory(roles=["window"], outlet=county)
    case = town.record()
    assert not Case.objects.visible_to(clerk).exists()
    case = do.transfer_case(case=case, actor=town.clerk, outlet=county, reason="镇级不办理本事项的审查")
    assert (case.outlet, case.handling_outlet) == (town.outlet, county)
    assert Case.objects.visible_to(clerk).get() == case
    assert Case.objects.visible_to(town.clerk).get() == case, "the town is still asked by the applicant"
    assert "transfer" in [entry.action for entry in history_of(case)]
    handover = Handover.objects.get()
    assert (handover.sender, handover.receiver) == (
        Holder(HolderKind.OUTLET, town.outlet),
        Holder(HolderKind.OUTLET, county),
    )
    do.answer_handover(handover=handover, actor=clerk)
    assert where(case) == [str(county)] * 3
    case = cases.accept_case(case=fresh(case), actor=clerk)
    case = cases.sign_in(case=cases.hand_over(case=case, actor=clerk), actor=town.reviewer)
    assert where(case) == [str(town.department)] * 3
    back = do.transfer_case(case=case, actor=clerk, outlet=town.outlet, reason="在镇里领取")
    assert back.handling_outlet is None


def test_who_passes_a_case_back_is_led_to_what_she_still_sees(client, town) -> None:
    county = OutletFactory()
    case = do.transfer_case(case=town.record(), actor=town.clerk, outlet=county, reason="x")
    client.force_login(UserFactory(roles=["window"], outlet=county))
    response = client.post(
        reverse("admin:services_case_custody", args=[case.pk]),
        {"do": "transfer", "outlet": town.outlet.pk, "reason": "回镇里领取"},
        follow=True,
    )
    assert response.status_code == 200
    assert f"已转交{town.outlet}" in response.content.decode()
    assert case.case_number not in response.content.decode()


def test_passing_on_is_refused_in_words(town) -> None:
    case, county = town.record(), OutletFactory()
    with pytest.raises(WorkflowError, match="理由"):
        do.transfer_case(case=case, actor=town.clerk, outlet=county, reason=" ")
    with pytest.raises(WorkflowError, match="另一个"):
        do.transfer_case(case=case, actor=town.clerk, outlet=town.outlet, reason="x")
    with pytest.raises(WorkflowError, match="另一个"):
        do.transfer_case(case=case, actor=town.clerk, outlet=OutletFactory(is_active=False), reason="x")
    with pytest.raises(NotPermitted, match="窗口"):
        do.transfer_case(case=case, actor=town.issuer, outlet=county, reason="x")
    do.transfer_case(case=case, actor=town.clerk, outlet=county, reason="x")
    with pytest.raises(NotPermitted, match="现由"):
        do.transfer_case(case=case, actor=town.clerk, outlet=county, reason="x")
    closed = cases.withdraw_case(case=town.record(), actor=town.clerk, reason="x")
    with pytest.raises(WorkflowError, match="已结束"):
        do.transfer_case(case=closed, actor=town.clerk, outlet=county, reason="x")


# --- The workbench ----------------------------------------------------------------------------------


def test_the_page_moves_papers_and_says_where_they_are(client, hall) -> None:
    case = hall.record()
    url = reverse("admin:services_case_custody", args=[case.pk])

    def press(user: Any, **data: Any) -> str:
        client.force_login(user)
        return client.post(url, data, follow=True).content.decode()

    to = f"department-{hall.department.pk}"
    assert "请勾选材料" in press(hall.clerk, do="send", receiver=to)
    assert "请选择接收方" in press(hall.clerk, do="send", receiver="nobody-1", materials=pks(case))
    assert "2026-12-01" in press(hall.clerk, do="send", receiver=to, materials=pks(case), due_back_on="明天")
    shown = press(hall.clerk, do="send", receiver=to, materials=pks(case), note="送审")
    assert "等待" in shown
    assert "在途" in shown
    assert "撤回移交" in shown
    handover = Handover.objects.get()
    refused = handover.lines.first()
    shown = press(hall.reviewer, do="sign", handover=handover.pk, refused=refused.pk, reason="缺页")
    assert "已登记签收和拒收" in shown
    assert "拒收，缺页" in shown
    assert "已登记退还" in press(hall.clerk, do="return", materials=refused.material_id, recipient="本人")
    assert "领取人" in press(hall.reviewer, do="return", materials=pks(case)[1:], recipient="")
    assert "没有这次移交" in press(hall.clerk, do="recall", handover="999", reason="x")
    assert "请选择要转交的网点" in press(hall.clerk, do="transfer", outlet="x", reason="x")
    assert "请刷新页面后重试" in press(hall.clerk)
    county = OutletFactory()
    assert "已转交" in press(hall.clerk, do="transfer", outlet=county.pk, reason="转办")


def test_a_refused_move_says_what_is_wrong_at_its_field_and_keeps_what_was_typed(client, hall) -> None:
    case = hall.record()
    client.force_login(hall.clerk)
    typed = {
        "do": "send",
        "receiver": f"department-{hall.department.pk}",
        "materials": pks(case)[:2],
        "due_back_on": "2020-01-01",
        "note": "<script>1</script>请尽快",
    }
    response = client.post(reverse("admin:services_case_custody", args=[case.pk]), typed)
    page = response.content.decode()
    assert response.status_code == 400
    assert 'value="&lt;script&gt;1&lt;/script&gt;请尽快"' in page
    assert 'value="2020-01-01"><span class="wb-error">应归还日期不能早于今天。</span>' in page
    assert page.count('checked aria-label="选择') == 2
    assert not Handover.objects.exists()


def test_the_list_of_handovers_has_its_queues(client, hall) -> None:
    case = hall.record()
    handover = send(hall, case)
    client.force_login(hall.reviewer)
    for queue, shown in (("mine", True), ("transit", True), ("late", False)):
        page = client.get("/admin/services/handover/", {"queue": queue}).content.decode()
        assert (case.case_number in page) == shown
    assert "待我签收 <b>1</b>" in page
    assert "逾期未还 <b>0</b>" in page
    client.force_login(UserFactory(roles=["window"], outlet=OutletFactory()))
    assert case.case_number not in client.get("/admin/services/handover/").content.decode()
    assert list(Handover.objects.in_transit().waiting_for(hall.reviewer)) == [handover]


def test_the_page_costs_the_same_for_two_papers_and_twenty(client) -> None:
    def asked(count: int) -> int:
        hall = Hall(materials=count)
        case = hall.record()
        do.answer_handover(handover=send(hall, case, materials=pks(case)[:-1]), actor=hall.reviewer)
        send(hall, case, materials=pks(case)[-1:])
        client.force_login(hall.clerk)
        client.get(case.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            client.get(case.get_absolute_url())
        return len(queries)

    assert asked(2) == asked(20)


def test_the_list_of_handovers_costs_the_same_for_two_and_twenty(client, hall) -> None:
    def asked() -> int:
        client.get("/admin/services/handover/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/services/handover/")
        return len(queries)

    client.force_login(hall.clerk)
    for _ in range(2):
        send(hall, hall.record())
    few = asked()
    for _ in range(18):
        send(hall, hall.record())
    assert asked() == few
