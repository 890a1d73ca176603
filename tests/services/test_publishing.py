"""The gate, the publication table, versions and snapshots."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from services.actions import catalogue as do
from services.choices import LimitKind, Necessity, PublicationState
from services.models import ItemVersion, ServiceBundle, ServiceItem
from services.publishing import LEAVABLE, bundle_gaps, is_catch_all, item_gaps
from services.versions import content_of
from services.workflow_catalogue import bundle_workflow, item_workflow
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import (
    BundleFactory,
    CompleteItemFactory,
    MaterialFactory,
    MemberFactory,
    PublishedItemFactory,
    add_line,
)
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
S = PublicationState


@pytest.fixture
def editor() -> Any:
    return UserFactory(roles=["reviewer"])


@pytest.fixture
def publisher() -> Any:
    return UserFactory(roles=["approver"])


# --- The gate -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "其他材料",
        "有关材料",
        "相关证明材料",
        "其它有关文件",
        "法律、行政法规规定的其他前置文件",
        "申请材料",
        "窗口要求提供的材料",
        "营业执照等有关材料",
    ],
)
def test_a_catch_all_is_recognised(name: str) -> None:
    assert is_catch_all(name)


@pytest.mark.parametrize(
    "name",
    [
        "营业执照",
        "身份证明",
        "使用土地的有关证明文件",
        "住所（主要经营场所）相关文件",
        "前置许可批准文件",
        "竣工材料清单",
    ],
)
def test_a_named_paper_is_not(name: str) -> None:
    assert not is_catch_all(name)


def test_a_complete_item_has_no_gap() -> None:
    assert item_gaps(CompleteItemFactory()) == []


@pytest.mark.parametrize(
    ("element", "empty"),
    [
        ("handling_kind", {"handling_kind": ""}),
        ("limit", {"statutory_days": None, "statutory_text": ""}),
        ("promised", {"promised_days": None}),
        ("conditions", {"conditions": ""}),
        ("visits", {"visits": None}),
        ("channels", {"at_window": False}),
        ("fee", {"charged": None}),
        ("result", {"result": ""}),
        ("window", {"window": ""}),
        ("phone", {"phone": ""}),
    ],
)
def test_an_empty_element_is_named_unless_it_is_left_to_the_window(element: str, empty: Any) -> None:
    item = CompleteItemFactory(**empty)
    assert [gap.element for gap in item_gaps(item)] == [element]
    assert LEAVABLE[element] in item_gaps(item)[0].text
    item.left_to_window = [element]
    assert item_gaps(item) == []


def test_steps_may_be_left_to_the_window_too() -> None:
    item = CompleteItemFactory()
    item.steps.all().delete()
    assert [gap.element for gap in item_gaps(item)] == ["steps"]


@pytest.mark.parametrize(
    ("element", "empty"), [("authority", {"authority": ""}), ("audience", {"for_organisations": False})]
)
def test_some_elements_can_never_be_left(element: str, empty: Any) -> None:
    item = CompleteItemFactory(**empty, left_to_window=[*LEAVABLE, element])
    assert [gap.element for gap in item_gaps(item)] == [element]


def test_an_item_without_materials_or_basis_is_refused() -> None:
    item = CompleteItemFactory(lines=0)
    item.bases.all().delete()
    assert [gap.element for gap in item_gaps(item)] == ["bases", "materials"]


def test_vague_and_unconditional_materials_are_refused() -> None:
    item = CompleteItemFactory()
    add_line(item, MaterialFactory(name="其他材料"))
    add_line(item, MaterialFactory(name="测试证明甲"), necessity=Necessity.CONDITIONAL)
    texts = [gap.text for gap in item_gaps(item)]
    assert "其他材料" in texts[0]
    assert "适用情形" in texts[1]


def test_a_charged_item_says_how_much() -> None:
    assert [gap.element for gap in item_gaps(CompleteItemFactory(charged=True, fee=""))] == ["fee"]


def test_a_bundle_needs_two_published_members_and_no_cycle() -> None:
    bundle = BundleFactory()
    assert [gap.element for gap in bundle_gaps(bundle)] == ["members"]
    one, two = MemberFactory(bundle=bundle), MemberFactory(bundle=bundle)
    assert bundle_gaps(bundle) == []
    one.prerequisites.add(two)
    assert bundle_gaps(bundle) == []
    two.prerequisites.add(one)
    assert "成了环" in bundle_gaps(bundle)[0].text
    two.prerequisites.clear()
    two.item.state = S.DRAFTED
    two.item.save()
    assert two.item.name in bundle_gaps(bundle)[0].text


# --- Every state × every action -------------------------------------------------------------------
VERBS = {
    "review": lambda r, who: do.review(record=r, actor=who),
    "send_back": lambda r, who: do.send_back(record=r, actor=who, reason="材料名称不准确"),
    "publish": lambda r, who: do.publish(record=r, actor=who),
    "retire": lambda r, who: do.retire(record=r, actor=who, reason="职权调整"),
    "reopen": lambda r, who: do.reopen(record=r, actor=who),
    "take_back": lambda r, who: do.take_back(record=r, actor=who),
    "revise": lambda r, who: do.revise(record=r, actor=who),
}
ALLOWED = {
    ("item", S.DRAFTED): {"review"},
    ("item", S.REVIEWED): {"send_back", "publish"},
    ("item", S.PUBLISHED): {"retire", "revise"},
    ("item", S.RETIRED): {"reopen"},
    ("bundle", S.DRAFTED): {"review"},
    ("bundle", S.REVIEWED): {"send_back", "publish"},
    ("bundle", S.PUBLISHED): {"retire", "take_back"},
    ("bundle", S.RETIRED): {"reopen"},
}
TARGET = {
    "review": S.REVIEWED,
    "send_back": S.DRAFTED,
    "publish": S.PUBLISHED,
    "retire": S.RETIRED,
    "reopen": S.DRAFTED,
    "take_back": S.DRAFTED,
}


def a_record(kind: str, state: str) -> Any:
    if kind == "item":
        return CompleteItemFactory(state=state)
    bundle = BundleFactory(state=state)
    MemberFactory.create_batch(2, bundle=bundle)
    return bundle


@pytest.mark.parametrize(
    ("kind", "state", "verb"),
    [
        (kind, state, verb)
        for kind, table in (("item", item_workflow), ("bundle", bundle_workflow))
        for state in S.values
        for verb in table.by_name
        if verb != "discard"
    ],
)
def test_every_verb_in_every_state(kind: str, state: str, verb: str) -> None:
    record = a_record(kind, state)
    who = UserFactory(roles=["administrator"])
    if verb in ALLOWED[kind, S(state)]:
        result = VERBS[verb](record, who)
        if verb in TARGET:
            assert result.state == TARGET[verb]
            entry = LogEntry.objects.filter(action=verb, actor=who).get()
            assert entry.changes == {"state": [state, TARGET[verb]]}
    else:
        with pytest.raises(WorkflowError):
            VERBS[verb](record, who)
        record.refresh_from_db()
        assert record.state == state


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        ("window", set()),
        ("helper", set()),
        ("official", set()),
        ("supervisor", set()),
        ("reviewer", {"reopen", "revise", "discard"}),
        ("approver", {"review", "send_back", "publish", "retire"}),
        ("administrator", {"review", "send_back", "publish", "retire", "reopen", "revise", "discard"}),
    ],
)
def test_who_may_do_what_with_an_item(role: str, verbs: set[str]) -> None:
    who = UserFactory(roles=[role])
    may = {t.name for t in item_workflow.transitions if who.has_perm(t.permission)}
    assert may == verbs


def test_an_editor_does_not_publish(editor: Any) -> None:
    item = CompleteItemFactory(state=S.REVIEWED)
    with pytest.raises(NotPermitted):
        do.publish(record=item, actor=editor)


def test_publishing_lists_what_is_missing(publisher: Any) -> None:
    item = CompleteItemFactory(state=S.REVIEWED, phone="", window="")
    with pytest.raises(WorkflowError) as refused:
        do.publish(record=item, actor=publisher)
    assert "办理窗口" in refused.value.message
    assert "咨询电话" in refused.value.message


def test_who_opened_an_older_state_is_told(publisher: Any) -> None:
    item = CompleteItemFactory()
    do.review(record=item, actor=publisher, version=0)
    with pytest.raises(EditConflict):
        do.publish(record=item, actor=publisher, version=0)


def test_retiring_needs_a_reason(publisher: Any) -> None:
    with pytest.raises(WorkflowError, match="理由"):
        do.retire(record=PublishedItemFactory(), actor=publisher, reason=" ")


# --- Versions -------------------------------------------------------------------------------------
def test_a_published_item_is_revised_beside_itself(editor: Any, publisher: Any) -> None:
    item = do.publish(record=CompleteItemFactory(state=S.REVIEWED), actor=publisher)
    before = content_of(item)
    draft = do.revise(record=item, actor=editor)
    assert content_of(draft) == before
    assert draft.state == S.DRAFTED
    draft.name, draft.promised_days = "修订后的名称", 3
    draft.save()
    draft.materials.first().delete()
    item.refresh_from_db()
    assert content_of(item) == before
    assert list(ServiceItem.objects.published()) == [item]
    with pytest.raises(WorkflowError, match="修订稿"):
        do.revise(record=item, actor=editor)

    do.review(record=draft, actor=publisher)
    merged = do.publish(record=draft, actor=publisher)
    assert merged.pk == item.pk
    assert (merged.name, merged.promised_days, merged.version_number) == ("修订后的名称", 3, 2)
    assert merged.materials.count() == 1
    assert not ServiceItem.objects.filter(revises__isnull=False).exists()
    versions = ItemVersion.objects.filter(item=item).order_by("number")
    assert [v.number for v in versions] == [1, 2]
    assert versions[0].content == json.loads(json.dumps(before))
    assert versions[1].published_by == publisher


def test_a_draft_can_be_thrown_away(editor: Any) -> None:
    item = PublishedItemFactory()
    draft = do.revise(record=item, actor=editor)
    assert do.discard(record=draft, actor=editor) == item
    assert ServiceItem.objects.count() == 1
    with pytest.raises(WorkflowError):
        do.discard(record=CompleteItemFactory(), actor=editor)


def test_an_item_taken_up_again_gets_a_new_version(publisher: Any) -> None:
    admin = UserFactory(roles=["administrator"])
    item = do.publish(record=CompleteItemFactory(state=S.REVIEWED), actor=publisher)
    item = do.retire(record=item, actor=publisher, reason="职权调整")
    item = do.reopen(record=item, actor=admin)
    item = do.review(record=item, actor=publisher)
    item = do.publish(record=item, actor=publisher)
    assert item.version_number == 2
    assert item.versions.count() == 2


# --- Snapshot -------------------------------------------------------------------------------------
def test_a_snapshot_is_plain_json_and_costs_no_query_when_prefetched(django_assert_num_queries: Any) -> None:
    made = PublishedItemFactory(lines=5)
    item = ServiceItem.objects.select_related("department").with_materials().with_form().get(pk=made.pk)
    with django_assert_num_queries(0):
        snapshot = item.snapshot()
    assert json.loads(json.dumps(snapshot)) == snapshot
    assert snapshot["statutory"] == {
        "days": 20,
        "unit": "working",
        "text": "受理之日起 20 个工作日",
        "basis": "",
    }
    assert snapshot["promised"] == {"days": 5, "unit": "working"}
    assert [row["originals"] for row in snapshot["materials"]] == [1] * 5


def test_a_duty_of_the_applicant_is_no_clock_of_the_office() -> None:
    item = CompleteItemFactory(statutory_kind=LimitKind.APPLICANT, statutory_days=30)
    assert item.snapshot()["statutory"]["days"] is None
    assert item.statutory_limit_text == ""


def test_a_snapshot_does_not_change_with_the_item() -> None:
    item = PublishedItemFactory()
    kept = item.snapshot()
    item.name = "改名"
    item.materials.first().material.name = "改名"
    assert kept["name"] != "改名"
    assert "改名" not in json.dumps(kept, ensure_ascii=False)


# --- Finding --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words", ["食品经营", "开饭店", "kaifandian", "kfd", "KFD", "tc-9001", "食品 开饭店"]
)
def test_people_find_an_item_in_their_own_words(words: str) -> None:
    wanted = PublishedItemFactory(name="食品经营许可", aliases="开饭店、食品证", code="TC-9001")
    PublishedItemFactory(name="取水许可审批")
    assert list(ServiceItem.objects.search(words)) == [wanted]


def test_renaming_with_update_fields_keeps_the_index(django_assert_num_queries: Any) -> None:
    item = PublishedItemFactory()
    item.name = "全新名称"
    item.save(update_fields=["name"])
    assert list(ServiceItem.objects.search("qxmc")) == [item]


def test_the_public_sees_what_is_published_and_staff_see_all() -> None:
    shown = PublishedItemFactory()
    hidden = CompleteItemFactory()
    bundle = BundleFactory(state=S.DRAFTED)
    assert list(ServiceItem.objects.visible_to(AnonymousUser())) == [shown]
    assert set(ServiceItem.objects.visible_to(UserFactory(roles=["window"]))) == {shown, hidden}
    assert list(ServiceItem.objects.visible_to(UserFactory(roles=["finance_officer"]))) == [shown]
    assert not ServiceBundle.objects.visible_to(AnonymousUser()).filter(pk=bundle.pk).exists()
