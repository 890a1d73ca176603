"""The county's facts as they stand in the repository."""

import pytest
import yaml
from django.core.management import CommandError, call_command

from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.directory import reference
from tuoxian_portal.directory.models import (
    CountyFact,
    Department,
    Enterprise,
    Industry,
    IndustryChain,
    Outlet,
    Park,
    Town,
)

pytestmark = pytest.mark.django_db

SETS = [
    "towns",
    "departments",
    "towns",
    "outlets",
    "parks",
    "industries",
    "chains",
    "enterprises",
    "county_facts",
]
MODELS = [Town, Department, Outlet, Park, Industry, IndustryChain, Enterprise, CountyFact]


@pytest.fixture
def loaded():
    for name in SETS:
        reference_sets[name].load()


def test_a_second_load_changes_nothing(loaded):
    for name in SETS:
        outcome = reference_sets[name].load()
        assert outcome.unchanged
        assert not outcome.added
        assert not outcome.changed


def test_every_record_names_its_source_and_confidence(loaded):
    for model in MODELS:
        assert model.objects.exists()
        for record in model.objects.all():
            assert record.has_source, record
            assert record.confidence, record


def test_what_the_public_reads_is_chinese(loaded):
    for model in MODELS:
        for record in model.objects.all():
            text = getattr(record, "note", "") or getattr(record, "text", "")
            assert not text or any("\u4e00" <= c <= "\u9fff" for c in text), record


def test_several_names_of_one_park_are_one_record(loaded):
    park = Park.objects.get(name="托克托经济开发区")
    assert {"托克托工业园区", "托清经济开发区"} <= set(park.aliases)
    assert "103.31" in park.note
    assert all(fact["source"] for fact in park.facts)


def test_no_source_knows_an_address_of_the_county_hall_or_of_a_towns_outlet(loaded):
    hall, *towns = Outlet.objects.order_by("order")
    assert (hall.name, hall.level, hall.confidence) == ("托克托县政务服务大厅", "county", "stated")
    assert [outlet.town.code for outlet in towns] == [f"15012210{n}" for n in range(5)]
    assert {(outlet.level, outlet.confidence) for outlet in towns} == {("town", "derived")}
    assert all("待核实" in outlet.name for outlet in towns)
    assert {(o.address, o.phone, o.opening_hours) for o in (hall, *towns)} == {("", "", "")}


def test_the_five_towns_of_the_code_table(loaded):
    assert list(Town.objects.filter(kind="镇").values_list("code", flat=True)) == [
        f"15012210{n}" for n in range(5)
    ]


def test_the_order_of_the_file_is_the_order_of_the_page(loaded):
    keys = [r["key"] for r in yaml.safe_load((reference.HERE / "county_facts.yaml").read_text("utf-8"))]
    assert list(CountyFact.objects.values_list("key", flat=True)) == keys


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"code": "12"}, "0/code"),
        ({"colour": "red"}, "0"),
        ({"source": {"publisher": "无标题"}}, "0/source"),
        ({"confidence": "sure"}, "0/confidence"),
    ],
)
def test_a_broken_record_is_named(tmp_path, monkeypatch, change, where):
    towns = reference_sets["towns"]
    record = {**towns.records()[0], **change}
    path = tmp_path / "towns.yaml"
    path.write_text(yaml.safe_dump([record], allow_unicode=True), encoding="utf-8")
    monkeypatch.setitem(towns.__dict__, "path", path)
    with pytest.raises(CommandError, match=rf"towns\.yaml 第 {where} 处不合格式"):
        call_command("load_reference", "towns")
    assert not Town.objects.exists()


def test_an_unknown_industry_is_named(tmp_path, monkeypatch):
    enterprises = reference_sets["enterprises"]
    path = tmp_path / "enterprises.yaml"
    path.write_text(
        yaml.safe_dump([{**enterprises.records()[0], "industry": "magic"}], allow_unicode=True),
        encoding="utf-8",
    )
    monkeypatch.setitem(enterprises.__dict__, "path", path)
    with pytest.raises(CommandError, match="ENT-01 所属产业 magic 不存在"):
        call_command("load_reference", "enterprises")


def test_an_unknown_set_is_named():
    with pytest.raises(CommandError, match="没有名为 villages 的数据集"):
        call_command("load_reference", "villages")
