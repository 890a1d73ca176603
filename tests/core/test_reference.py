"""Loading reference facts: idempotent, checked, and gentle with what staff corrected."""

from pathlib import Path

import pytest
import yaml

from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import ReferenceSet, record_schema
from tuoxian_portal.directory.models import Park

pytestmark = pytest.mark.django_db


def record(**changes):
    return {
        "id": "PRK-X",
        "name": "示例园区",
        "note": "",
        "source": {"title": "某文"},
        "confidence": "stated",
        **changes,
    }


@pytest.fixture
def parks(tmp_path: Path):
    path = tmp_path / "parks.yaml"

    def write(*records):
        path.write_text(yaml.safe_dump(list(records), allow_unicode=True), encoding="utf-8")

    item = ReferenceSet(
        name="test-parks",
        order=1,
        path=path,
        schema=record_schema({"name": {"type": "string"}, "note": {"type": "string"}}, ["name"]),
        model=Park,
        fields=lambda r: {"name": r["name"], "note": r.get("note", "")},
    )
    return item, write


def test_a_second_load_changes_nothing(parks):
    item, write = parks
    write(record())
    assert item.load().added == ["PRK-X"]
    outcome = item.load()
    assert (outcome.added, outcome.changed, outcome.unchanged) == ([], [], ["PRK-X"])


def test_a_changed_file_is_written(parks):
    item, write = parks
    write(record())
    item.load()
    write(record(note="新说明"))
    assert item.load().changed == ["PRK-X"]
    assert Park.objects.get(reference_id="PRK-X").note == "新说明"


def test_what_staff_corrected_survives_the_next_load(parks):
    item, write = parks
    write(record())
    item.load()
    Park.objects.filter(reference_id="PRK-X").update(note="县里核实后的说明")
    item.load()
    assert Park.objects.get(reference_id="PRK-X").note == "县里核实后的说明"


def test_a_record_of_the_wrong_shape_is_named(parks):
    item, write = parks
    write({"id": "PRK-X", "name": "甲"})
    with pytest.raises(PortalError, match=r"parks\.yaml"):
        item.load()


def test_a_repeated_id_is_named(parks):
    item, write = parks
    write(record(), record(name="乙"))
    with pytest.raises(PortalError, match="PRK-X 重复"):
        item.load()
