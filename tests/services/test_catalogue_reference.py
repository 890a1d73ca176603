"""The shipped facts: complete, idempotent, Chinese, and never another place's promise."""

import re
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from services.composition import compose
from services.models import (
    FormField,
    HallMechanism,
    HallStatistic,
    ItemVersion,
    Material,
    ServiceBundle,
    ServiceItem,
    ServiceTheme,
)
from services.models.form_fields import condition_problems
from services.publishing import bundle_gaps, is_catch_all, item_gaps
from services.reference.forms import form_rows
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import reference_sets

pytestmark = pytest.mark.django_db
FILES = Path(__file__).resolve().parents[2] / "services" / "reference"
SETS = [
    "service_themes",
    "materials",
    "form_fields",
    "service_items",
    "service_bundles",
    "hall_statistics",
    "hall_mechanisms",
]


@pytest.fixture
def facts(db: Any) -> None:
    call_command("load_reference", "departments", *SETS, stdout=StringIO())


def test_everything_is_loaded(facts: None) -> None:
    assert ServiceItem.objects.count() == 45
    assert ServiceBundle.objects.count() == 15
    assert ServiceTheme.objects.count() == 12
    assert HallStatistic.objects.of_county().count() == 15
    assert HallMechanism.objects.count() == 21
    assert Material.objects.filter(uses__isnull=True).count() == 0
    assert FormField.objects.filter(uses__isnull=True).count() == 0


def test_a_second_load_changes_nothing(facts: None) -> None:
    for name in SETS:
        outcome = reference_sets[name].load()
        assert (outcome.added, outcome.changed) == ([], [])


def test_what_staff_corrected_survives_a_second_load(facts: None) -> None:
    ServiceItem.objects.filter(code="SI-001").update(promised_days=1, phone="0471-8512345")
    ServiceItem.objects.get(code="SI-001").materials.first().delete()
    reference_sets["service_items"].load()
    item = ServiceItem.objects.get(code="SI-001")
    assert (item.promised_days, item.materials.count()) == (1, 3)


def test_published_facts_pass_the_same_gate(facts: None) -> None:
    for item in ServiceItem.objects.published():
        assert item_gaps(item) == []
    for bundle in ServiceBundle.objects.published():
        assert bundle_gaps(bundle) == []
    assert ServiceItem.objects.published().count() == 45
    assert ServiceBundle.objects.published().count() == 12
    assert ServiceItem.objects.exclude(versions__number=1).count() == 0


def test_no_promise_of_another_place_is_shown_as_the_countys(facts: None) -> None:
    assert not ServiceItem.objects.filter(promised_days__isnull=False).exists()
    assert not ServiceBundle.objects.filter(promised_days__isnull=False).exists()
    assert not ServiceBundle.objects.exclude(promised_text="").exists()
    for item in ServiceItem.objects.all():
        assert "promised" in item.left_to_window


def test_no_material_is_a_catch_all_or_kept_twice(facts: None) -> None:
    names = list(Material.objects.values_list("name", flat=True))
    assert [name for name in names if is_catch_all(name)] == []
    bare = [re.sub(r"[（(].*?[）)]|\s", "", name) for name in names]
    assert {name for name in bare if bare.count(name) > 1} == set()


def test_one_licence_serves_many_items(facts: None) -> None:
    licence = Material.objects.get(name="营业执照")
    assert licence.uses.count() > 10
    assert licence.electronic_licence == "电子营业执照"
    assert {item.code for item in licence.issued_by.all()} == {"SI-030", "SI-031"}


def test_what_the_public_reads_is_chinese() -> None:
    public = {"name", "text", "when", "conditions", "meaning", "summary", "note", "hint", "result", "wording"}
    english: list[str] = []

    def look(value: Any, key: str = "") -> None:
        if isinstance(value, dict):
            for name, part in value.items():
                look(part, name)
        elif isinstance(value, list):
            for part in value:
                look(part, key)
        elif key in public and isinstance(value, str) and re.search(r"[A-Za-z]{3,}", value):
            english.append(value)

    for path in FILES.glob("*.yaml"):
        look(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert english == []


def test_every_item_has_a_form_that_is_marked_as_ours(facts: None) -> None:
    assert not ServiceItem.objects.filter(form_fields__isnull=True).exists()
    assert all("以窗口表单为准" in field.source_title for field in FormField.objects.all())
    for item in ServiceItem.objects.with_form():
        assert condition_problems(list(item.form_fields.all())) == []
    for version in ItemVersion.objects.select_related("item"):
        assert len(version.content["form_fields"]) == version.item.form_fields.count()
    for field in FormField.objects.all():
        field.full_clean()


def test_a_restaurant_asks_once_what_three_forms_ask(facts: None) -> None:
    bundle = ServiceBundle.objects.for_composition().get(slug="open-restaurant")
    composition = compose(bundle, {"public": "yes", "sign": "yes", "tobacco": "no"})
    address = next(q for q in composition.questions if q.key == "premises-address")
    assert len(address.items) == 3
    saving = composition.saving
    assert saving.forms_before == 3
    assert saving.fields_after * 2 < saving.fields_before


def test_every_bundle_composes_for_every_answer(facts: None) -> None:
    for bundle in ServiceBundle.objects.for_composition():
        questions = [[(q.key, a.value) for a in q.answers.all()] for q in bundle.questions.all()]
        for answers in product(*questions):
            composition = compose(bundle, dict(answers))
            assert composition.undecided == []
            assert all(0 <= after <= before for _, before, after in composition.saving.rows)


def test_a_form_that_names_an_unknown_field_says_so(facts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for form, words in (
        (["nothing"], "不在表单项目目录中"),
        (["premises-area@by-post=是"], "本表单没有这一项"),
    ):
        with pytest.raises(PortalError, match=words):
            form_rows({"id": "SI-001", "form": form})
    monkeypatch.setattr("services.reference.forms_of_items", lambda: {"SI-999": []})
    with pytest.raises(PortalError, match="SI-999"):
        reference_sets["service_items"].load()


def test_an_item_of_an_unknown_department_says_what_to_load_first() -> None:
    with pytest.raises(PortalError, match="部门"):
        reference_sets["service_items"].load()
