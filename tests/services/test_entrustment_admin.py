"""帮办 in the workbench: registration, queues, the page, each verb's form, papers, the board."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from services.actions import entrustments as do
from services.actions.entrustment_acts import PaperLine
from services.admin.entrustment_forms import ENTRUSTMENT_VERBS, parse_papers
from services.choices import ProjectStage
from services.choices_entrustments import EntrustmentState, Power
from services.models import Entrustment
from tests.factories.accounts import SuperUserFactory, UserFactory
from tests.factories.cases import IDENTITY
from tests.factories.directory import OutletFactory
from tests.factories.entrustments import HelpDesk
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db
LIST = "/admin/services/entrustment/"
ADD = f"{LIST}add/"
S = EntrustmentState


@pytest.fixture
def desk() -> HelpDesk:
    return HelpDesk()


@pytest.fixture
def helper(client: Any, desk: HelpDesk) -> Any:
    client.force_login(desk.helper)
    return client


def page(entrustment: Entrustment) -> str:
    return entrustment.get_absolute_url()


def verb(entrustment: Entrustment, name: str) -> str:
    return reverse("admin:services_entrustment_do", args=[entrustment.pk, name])


def sheet(desk: HelpDesk, **changes: Any) -> dict[str, Any]:
    """The registration form, filled in well."""
    return {
        "submission": str(uuid4()),
        "principal_kind": "person",
        "principal_name": "测试申请人",
        "phone": "138-0000-5678",
        "principal_number": "",
        "contact_name": "",
        "needs": "想办营业执照",
        "mode": "window",
        "channel": "phone",
        "outlet": str(desk.outlet.pk),
        "visit_address": "",
        **changes,
    }


# --- Registration ----------------------------------------------------------------------------------


def test_a_request_is_written_down_once(helper: Any, desk: HelpDesk) -> None:
    data = sheet(desk)
    first, second = helper.post(ADD, data), helper.post(ADD, data)
    assert first.url == second.url == page(Entrustment.objects.get())


def test_what_was_typed_stays_on_an_error(helper: Any, desk: HelpDesk) -> None:
    response = helper.post(ADD, sheet(desk, phone="12", principal_number="123", mode="full"))
    text = response.content.decode()
    assert response.status_code == 400
    assert "电话号码应为" in text
    assert "想办营业执照" in text
    for field, value in {"outlet": "x", "project": "9" * 40, "submission": "no", "needs": ""}.items():
        assert helper.post(ADD, sheet(desk, **{field: value})).status_code == 400
    assert not Entrustment.objects.exists()


def test_who_may_register(client: Any, desk: HelpDesk) -> None:
    for role, status in {"window": 200, "helper": 200, "supervisor": 403, "reviewer": 403}.items():
        client.force_login(desk.person(role))
        assert client.get(ADD).status_code == status, role


# --- Scope -----------------------------------------------------------------------------------------


def test_out_of_scope_is_404_and_no_permission_403(client: Any, desk: HelpDesk) -> None:
    entrustment = desk.hand_in(desk.helping())
    paper = entrustment.documents.first()
    assert paper is not None
    addresses = [
        page(entrustment),
        verb(entrustment, "record_step"),
        reverse("admin:services_entrustment_paper", args=[paper.pk]),
        reverse("admin:services_entrustment_print", args=[paper.pk]),
    ]
    stranger = UserFactory(roles=["helper"], outlet=OutletFactory())
    for user, status in ((stranger, {404}), (desk.reviewer, {403, 404})):
        client.force_login(user)
        for address in addresses:
            assert client.get(address).status_code in status, address
    for user in (desk.helper, desk.clerk, desk.supervisor, desk.official):
        client.force_login(user)
        assert client.get(addresses[0]).status_code == 200
        assert client.get(addresses[3]).status_code == 200


# --- List ------------------------------------------------------------------------------------------


def test_the_queues_hold_what_they_say(client: Any, desk: HelpDesk) -> None:
    made = {state: desk.entrustment_in(state) for state in EntrustmentState.values}
    soon = desk.helping(ends_on=today() + timedelta(days=3))
    expected = {
        "consulted": {made[S.CONSULTED]},
        "promised": {made[S.PROMISED], made[S.DRAWN_UP]},
        "helping": {made[S.HELPING], soon},
        "suspended": {made[S.SUSPENDED]},
        "to_follow_up": {made[S.SIGNED_OFF]},
        "ending_soon": {soon},
        "to_sign_off": set(),
        "originals": set(),
        "mine": {made[s] for s in (S.PROMISED, S.DRAWN_UP, S.HELPING, S.SUSPENDED, S.SIGNED_OFF)} | {soon},
    }
    rows = Entrustment.objects.visible_to(desk.helper)
    counts = rows.queue_counts(desk.helper)
    for name, wanted in expected.items():
        assert set(rows.in_queue(name, desk.helper)) == wanted, name
        assert counts[name] == len(wanted), name
    client.force_login(desk.helper)
    text = client.get(LIST, {"queue": "ending_soon"}).content.decode()
    assert soon.number in text
    assert made[S.CONSULTED].number not in text
    assert "测试申请人" not in text
    assert client.get(LIST, {"queue": "nonsense"}).status_code == 200


def test_a_whole_number_finds_its_entrustments(helper: Any, desk: HelpDesk) -> None:
    entrustment = desk.ask()
    assert entrustment.number in helper.get(LIST, {"q": IDENTITY}).content.decode()
    assert entrustment.number not in helper.get(LIST, {"q": "11010519491231001X"}).content.decode()


def test_the_list_and_the_page_cost_the_same_for_many_rows(helper: Any, desk: HelpDesk) -> None:
    def cost(address: str) -> int:
        helper.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert helper.get(address).status_code == 200
        return len(queries)

    entrustment = desk.step(desk.helping())
    desk.linked_case(entrustment)
    before = cost(LIST), cost(page(entrustment))
    for _ in range(5):
        desk.helping()
        desk.linked_case(entrustment)
        desk.step(desk.hand_in(entrustment))
    assert (cost(LIST), cost(page(entrustment))) == before
    assert before[1] <= 30


# --- The page --------------------------------------------------------------------------------------


def test_the_page_masks_and_reveals_on_record(helper: Any, desk: HelpDesk) -> None:
    entrustment = desk.ask(visit_address="双河镇测试路1号")
    text = helper.get(page(entrustment)).content.decode()
    for hidden in (IDENTITY, "13800005678", "测试路"):
        assert hidden not in text
    address = reverse("admin:services_entrustment_reveal", args=[entrustment.pk])
    assert helper.get(address).status_code == 302
    helper.post(address, {"reason": " "})
    assert not history_of(entrustment).filter(action="reveal").exists()
    response = helper.post(address, {"reason": "电话核实"})
    assert IDENTITY in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert history_of(entrustment).filter(action="reveal").count() == 4


def test_each_verbs_form_opens_where_the_verb_is_offered(client: Any, desk: HelpDesk) -> None:
    """Every button of every state and person leads to a form, never to an error."""
    opened = set()
    project = KeyProjectFactory()
    for state in EntrustmentState.values:
        entrustment = desk.entrustment_in(state)
        if state == S.HELPING:
            Entrustment.objects.filter(pk=entrustment.pk).update(project=project)
            desk.hand_in(entrustment, PaperLine("章程", "copy"))
        for person in (desk.helper, desk.clerk, desk.supervisor, desk.official):
            client.force_login(person)
            text = client.get(page(entrustment)).content.decode()
            for name in do_names():
                if verb(entrustment, name) in text:
                    assert client.get(verb(entrustment, name)).status_code == 200, (state, name)
                    opened.add(name)
    assert opened == set(do_names())


def do_names() -> list[str]:
    return list(ENTRUSTMENT_VERBS)


def test_a_whole_life_through_the_forms(client: Any, desk: HelpDesk) -> None:
    client.force_login(desk.clerk)
    client.post(ADD, sheet(desk))
    entrustment = Entrustment.objects.get()
    client.force_login(desk.helper)

    def press(name: str, expect: int = 302, **data: Any) -> Any:
        fresh = Entrustment.objects.get()
        response = client.post(verb(fresh, name), {"version": fresh.version, **data})
        assert response.status_code == expect, response.content.decode()[-3000:]
        return response

    press("promise")
    on = today()
    authority = {
        "principal_number": IDENTITY,
        "items": [desk.item.pk],
        "powers": [Power.FILL, Power.SUBMIT],
        "starts_on": f"{on}",
        "ends_on": f"{on + timedelta(days=20)}",
    }
    refused = press("draw_up", 200, **{**authority, "powers": [Power.SIGN]}).content.decode()
    assert "特别授权" in refused
    assert IDENTITY in refused  # nothing typed is lost
    press("draw_up", **authority)
    press("sign", signer="测试申请人", signed_on=f"{on}")
    press("record_step", on=f"{on}", power=Power.FILL, item=desk.item.pk, what="代填申请表")
    assert (
        "看不懂"
        in press("receive_papers", 200, papers="原件", origin="principal", handed_by="某").content.decode()
    )
    press(
        "receive_papers",
        papers="营业执照 原件 1\n章程，复印件，2",
        origin="principal",
        handed_by="测试申请人",
    )
    case = desk.record()
    press("link_case", case_number=case.case_number, power=Power.SUBMIT)
    press(
        "record_visit",
        at_0=f"{on}",
        at_1="00:00",
        address="某处",
        visitors="某人",
        what="说明",
        outcome="已说明",
        signer="测试申请人",
    )
    press("suspend", reason="委托人外出")
    press("resume", signer="测试申请人")
    press("record_step", 200, on="", power="", what="")
    desk.bring(case, "withdrawn")
    press("return_papers", papers=[p.pk for p in entrustment.papers.all()], returned_to="测试申请人")
    press("sign_off", signer="测试申请人", result="申请人撤回")
    client.force_login(desk.supervisor)
    press("follow_up", grade="satisfied")
    assert Entrustment.objects.get().state == S.CLOSED


def test_handed_to_another_outlet_it_leaves_the_list(helper: Any, desk: HelpDesk) -> None:
    entrustment, other = desk.ask(), OutletFactory()
    data = sheet(desk, outlet=str(other.pk), version=entrustment.version)
    response = helper.post(verb(entrustment, "amend"), data)
    assert response.url == LIST
    entrustment.refresh_from_db()
    assert entrustment.outlet == other


def test_the_second_of_two_people_is_told(helper: Any, desk: HelpDesk) -> None:
    entrustment = desk.helping()
    desk.step(entrustment)
    response = helper.post(
        verb(entrustment, "suspend"), {"version": entrustment.version, "reason": "委托人外出"}
    )
    assert "已被他人修改" in response.content.decode()
    assert "委托人外出" in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("营业执照", [("营业执照", "original", 1)]),
        ("营业执照 复印件 3", [("营业执照", "copy", 3)]),
        ("建设用地规划许可证，原件，1 份\n\n2025 年审计报告", None),
        ("图纸 12", [("图纸", "original", 12)]),
    ],
)
def test_papers_are_read_a_line_each(typed: str, expected: Any) -> None:
    lines = [(line.name, line.form, line.count) for line in parse_papers(typed)]
    if expected is None:
        assert lines == [("建设用地规划许可证", "original", 1), ("2025 年审计报告", "original", 1)]
    else:
        assert lines == expected


# --- Papers and board ------------------------------------------------------------------------------


def test_a_paper_is_pdf_and_page(helper: Any, desk: HelpDesk) -> None:
    paper = desk.helping().documents.get(kind="help_promise")
    pdf = helper.get(reverse("admin:services_entrustment_paper", args=[paper.pk]))
    assert pdf.content[:5] == b"%PDF-"
    text = helper.get(reverse("admin:services_entrustment_print", args=[paper.pk])).content.decode()
    assert "服务承诺书" in text
    assert paper.entrustment.tracking_code[:4] in text  # a slip: the password is on it


def test_the_board_shows_the_stages(helper: Any, desk: HelpDesk) -> None:
    project = KeyProjectFactory()
    desk.item.stage, desk.item.for_organisations = ProjectStage.LAND, True
    desk.item.save()
    entrustment = desk.ask(mode="full", project=project)
    address = reverse("admin:services_entrustment_board", args=[entrustment.pk])
    text = helper.get(address).content.decode()
    assert "立项用地规划许可" in text
    assert "下一项" in text
    assert desk.item.name in text
    plain = desk.ask()
    assert helper.get(reverse("admin:services_entrustment_board", args=[plain.pk])).status_code == 404


def test_the_first_page_says_what_waits(helper: Any, desk: HelpDesk) -> None:
    desk.ask()
    assert "待承诺的帮办咨询" in helper.get("/admin/").content.decode()


def test_nothing_is_deleted_or_changed_in_bulk(client: Any, desk: HelpDesk) -> None:
    entrustment = desk.helping()
    client.force_login(SuperUserFactory())
    assert client.get(f"{LIST}{entrustment.pk}/delete/").status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [entrustment.pk]})
    client.post(page(entrustment), {"state": "closed"})
    entrustment.refresh_from_db()
    assert entrustment.state == S.HELPING


def test_a_promise_leaves_no_paper_when_refused(helper: Any, desk: HelpDesk) -> None:
    entrustment = desk.ask()
    do.assign_helper(entrustment=entrustment, actor=desk.supervisor, helper=desk.other_helper)
    text = helper.post(verb(entrustment, "promise"), {}).content.decode()
    assert "帮办，请由本人或协办人办理" in text
    assert not entrustment.documents.exists()
