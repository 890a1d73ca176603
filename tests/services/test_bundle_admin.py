"""Editing bundles and forms in the admin: circles are named, nothing is taken away unseen."""

from typing import Any

import pytest
from django.db import connection
from django.db.models.fields.files import FieldFile
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from zeal import zeal_ignore

from services.choices import PublicationState
from services.models import BundleMember, BundleQuestion, FormField, ItemField, ServiceBundle
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import (
    BundleFactory,
    CompleteItemFactory,
    MemberFactory,
    PublishedItemFactory,
    add_field,
    yes_or_no,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def editor(client: Any) -> Any:
    who = UserFactory(roles=["administrator"])
    client.force_login(who)
    return who


@pytest.fixture
def draft() -> ServiceBundle:
    bundle = BundleFactory(state=PublicationState.DRAFTED)
    for _ in range(3):
        MemberFactory(bundle=bundle)
    yes_or_no(bundle, "fire")
    return bundle


def url_of(record: Any, page: str = "change") -> str:
    return reverse(f"admin:services_{record._meta.model_name}_{page}", args=[record.pk])


def as_posted(client: Any, record: Any) -> dict[str, Any]:
    """What a browser would send back of the change page, unchanged."""
    response = client.get(url_of(record))
    assert response.status_code == 200
    data: dict[str, Any] = {}
    groups = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        groups += [inline.formset.management_form, *inline.formset.forms]
    for form in groups:
        for bound in form:
            value = bound.value()
            if value is None or value is False or isinstance(value, FieldFile):
                continue
            data[bound.html_name] = (
                [getattr(v, "pk", v) for v in value] if isinstance(value, (list, tuple)) else value
            )
    return data


def save(client: Any, record: Any, data: dict[str, Any]) -> str:
    """The page that came back with errors, or "" when it was saved."""
    with zeal_ignore():  # Django's formsets look each row's choices up on their own
        response = client.post(url_of(record), data)
    if response.status_code == 302:
        return ""
    assert response.status_code == 200
    return response.content.decode()


def test_an_unchanged_bundle_is_saved(client: Any, draft: ServiceBundle) -> None:
    assert save(client, draft, as_posted(client, draft)) == ""


def test_a_circle_is_refused_and_named(client: Any, draft: ServiceBundle) -> None:
    one, two, three = draft.members.all()
    data = as_posted(client, draft)
    for n, after in enumerate((three, one, two)):
        data[f"members-{n}-prerequisites"] = [after.pk]
    text = save(client, draft, data)
    assert "先办关系成了环" in text
    path = text.split("先办关系成了环：")[1].split("。")[0]
    assert path.count("→") == 3
    assert all(member.name in path for member in (one, two, three))
    assert not BundleMember.objects.filter(prerequisites__isnull=False).exists()

    data["members-0-prerequisites"] = []
    assert save(client, draft, data) == ""
    assert list(two.prerequisites.all()) == [one]
    data = as_posted(client, draft)
    data["members-0-prerequisites"] = [one.pk]
    assert f"{one.name} → {one.name}" in save(client, draft, data)


def test_a_member_that_leaves_closes_no_circle(client: Any, draft: ServiceBundle) -> None:
    one, two, _ = draft.members.all()
    data = as_posted(client, draft) | {
        "members-0-prerequisites": [two.pk],
        "members-1-prerequisites": [one.pk],
        "members-1-DELETE": "on",
    }
    assert save(client, draft, data) == ""


def test_a_question_is_written_with_its_options_in_one_line(client: Any, draft: ServiceBundle) -> None:
    data = as_posted(client, draft)
    data |= {
        "questions-TOTAL_FORMS": 2,
        "questions-1-order": 5,
        "questions-1-text": "有多大？",
        "questions-1-options": "小、中、大",
    }
    assert save(client, draft, data) == ""
    size = BundleQuestion.objects.get(text="有多大？")
    assert size.key == "q1"
    assert [(a.value, a.label) for a in size.answers.all()] == [("o1", "小"), ("o2", "中"), ("o3", "大")]

    place = [q.pk for q in draft.questions.all()].index(size.pk)
    data = as_posted(client, draft)
    data[f"questions-{place}-options"] = "小、适中、大、特大"
    assert save(client, draft, data) == ""
    assert [(a.value, a.label) for a in size.answers.all()] == [
        ("o1", "小"),
        ("o2", "适中"),
        ("o3", "大"),
        ("o4", "特大"),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [("是", "至少要有两个选项"), ("是、是", "选项有重复"), (f"是、{'长' * 61}", "太长")],
)
def test_odd_options_are_refused_and_kept(
    client: Any, draft: ServiceBundle, options: str, words: str
) -> None:
    data = as_posted(client, draft) | {"questions-0-options": options}
    text = save(client, draft, data)
    assert words in text
    assert f'value="{options}"' in text


def test_what_decides_about_a_member_is_not_taken_away(client: Any, draft: ServiceBundle) -> None:
    member = draft.members.first()
    question = draft.questions.get()
    yes = question.answers.get(value="yes")
    member.answers.add(yes)
    data = as_posted(client, draft)
    text = save(client, draft, data | {"questions-0-options": "否、也许、都行"})
    assert text == ""  # 是 was renamed to 也许: the member still depends on it
    yes.refresh_from_db()
    assert yes.label == "也许"
    data = as_posted(client, draft)
    assert f"还决定着：{member.name}" in save(client, draft, data | {"questions-0-options": "否、都行"})
    assert f"还决定着：{member.name}" in save(client, draft, data | {"questions-0-DELETE": "on"})
    answers = as_posted(client, question)
    place = next(n for n in range(3) if answers[f"answers-{n}-id"] == yes.pk)
    assert f"还决定着：{member.name}" in save(client, question, answers | {f"answers-{place}-DELETE": "on"})
    member.answers.clear()
    assert save(client, draft, as_posted(client, draft) | {"questions-0-DELETE": "on"}) == ""


def test_a_member_is_an_item_or_named(client: Any, draft: ServiceBundle) -> None:
    data = as_posted(client, draft)
    assert "请清空这一格" in save(client, draft, data | {"members-0-days": "3"})
    data.pop("members-0-item")
    assert "请选择目录内的事项" in save(client, draft, data)
    assert save(client, draft, data | {"members-0-title": "银行开户", "members-0-days": "3"}) == ""


def test_the_preview_is_the_public_page_for_every_state(client: Any, draft: ServiceBundle) -> None:
    url = url_of(draft, "preview")
    assert url in client.get(url_of(draft)).content.decode()
    text = client.get(url, {"fire": "yes"}).content.decode()
    assert "只有工作人员看得到本页" in text
    assert "要办的事项（3&nbsp;个）" in text
    assert reverse("services:bundle-slip", args=[draft.slug]) not in text
    assert "<html" not in client.get(url, {"_part": "1"}).content.decode()
    one, two, _ = draft.members.all()
    one.prerequisites.add(two)
    two.prerequisites.add(one)
    response = client.get(url, follow=True)
    assert response.redirect_chain[0][0] == url_of(draft)
    assert "先办关系成了环" in response.content.decode()
    assert client.get(reverse("admin:services_servicebundle_preview", args=["0"])).status_code == 404


def test_the_preview_is_for_who_may_see_bundles(client: Any, draft: ServiceBundle) -> None:
    client.force_login(UserFactory(roles=["helper"]))
    assert client.get(url_of(draft, "preview")).status_code == 200
    client.force_login(UserFactory(roles=[], is_staff=True))
    assert client.get(url_of(draft, "preview")).status_code in (403, 404)
    client.logout()
    assert client.get(url_of(draft, "preview")).status_code == 302


def test_the_page_of_a_bundle_costs_the_same_for_few_and_many(client: Any) -> None:
    counts = []
    for size in (2, 20):
        bundle = BundleFactory(state=PublicationState.DRAFTED)
        for member in MemberFactory.create_batch(size, bundle=bundle):
            member.answers.add(yes_or_no(bundle, f"q{member.pk}")["yes"])
        client.get(url_of(bundle))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url_of(bundle)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 40


# --- Forms ----------------------------------------------------------------------------------------
def test_the_form_of_an_item_is_edited_on_its_page(client: Any) -> None:
    item = CompleteItemFactory()
    parent = add_field(item, "new", label="是否新建", kind="yesno").field
    area = FormField.objects.create(key="area", label="面积", kind="number", group="building")
    data = as_posted(client, item)
    line = {
        "form_fields-TOTAL_FORMS": 2,
        "form_fields-1-order": 2,
        "form_fields-1-field": area.pk,
        "form_fields-1-required": "on",
        "form_fields-1-depends_on": parent.pk,
    }
    assert "要么都填，要么都不填" in save(client, item, data | line)
    text = save(client, item, data | line | {"form_fields-1-depends_value": "也许"})
    assert "该项的选项是：是、否" in text
    assert save(client, item, data | line | {"form_fields-1-depends_value": "是"}) == ""
    assert ItemField.objects.get(field=area).condition_text == "“是否新建”为“是”时填写"
    data = as_posted(client, item)
    place = next(n for n in (0, 1) if data[f"form_fields-{n}-field"] == parent.pk)
    assert "本表单没有这一项" in save(client, item, data | {f"form_fields-{place}-DELETE": "on"})


def test_a_field_keeps_its_key_and_the_options_others_depend_on(client: Any) -> None:
    item = CompleteItemFactory()
    parent = add_field(item, "kind", label="类别", kind="choice", options="甲、乙").field
    line = add_field(item, "more", line={"depends_on": parent, "depends_value": "乙"})
    data = as_posted(client, parent)
    assert "key" not in data
    text = save(client, parent, data | {"options": "甲、丙"})
    assert f"“{line.name}”取决于选项“乙”" in text
    assert save(client, parent, data | {"options": "甲、乙、丙"}) == ""
    assert "至少要写两个选项" in save(client, line.field, as_posted(client, line.field) | {"kind": "choice"})


def test_the_page_of_an_item_costs_the_same_for_few_and_many(client: Any) -> None:
    counts = []
    for size in (2, 12):
        item = CompleteItemFactory(lines=size)
        parent = add_field(item, f"parent{size}", label=f"总{size}", kind="yesno").field
        for n in range(size):
            line = {"depends_on": parent, "depends_value": "是"}
            add_field(item, f"g{size}-{n}", label=f"项{size}-{n}", line=line)
        client.get(url_of(item))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url_of(item)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 50


def test_the_list_of_fields_costs_the_same_for_few_and_many(client: Any) -> None:
    url = reverse("admin:services_formfield_changelist")
    counts = []
    for size in (2, 18):
        for n in range(size):
            add_field(PublishedItemFactory(), f"f{size}-{n}", label=f"项目{size}-{n}")
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("role", "status"), [("reviewer", 200), ("window", 403), ("approver", 403)])
def test_who_may_add_a_field(client: Any, role: str, status: int) -> None:
    client.force_login(UserFactory(roles=[role]))
    assert client.get(reverse("admin:services_formfield_add")).status_code == status
