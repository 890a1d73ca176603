"""Lists of the public site: facets, chips, sorting, pages, and rubbish in the address."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import Q

from tuoxian_portal.core.listing import Band, Facet, Listing
from tuoxian_portal.directory.models import Outlet, Town

LEVELS = Outlet.Level.choices
CHOICES = {"level": "", "town": "?level=town", "rank": "?level=town&level=county"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def outlets():
    towns = [Town.objects.create(name=f"镇{i}", code=f"15012290{i}") for i in range(2)]
    for i in range(25):
        Outlet.objects.create(
            name=f"网点{i:02d}",
            level="county" if i == 0 else "town" if i < 11 else "village",
            town=towns[i % 2] if i else None,
            order=i,
        )


def listing(rf, query="", **changes):
    options = {
        "facets": [
            Facet("level", "层级", "level", choices=LEVELS),
            Facet("town", "乡镇", "town__code", label_field="town__name"),
            Facet(
                "rank",
                "排序",
                bands=[Band("low", "前十", Q(order__lt=10)), Band("high", "十以后", Q(order__gte=10))],
            ),
        ],
        "search": lambda rows, text: rows.filter(name__contains=text),
        "sorts": {"order": ("默认", ["order"]), "name": ("名称倒序", ["-name"])},
        "page_size": 10,
    }
    return Listing(rf.get(f"/outlets/{query}"), Outlet.objects.all(), **{**options, **changes})


def counts(view, name):
    return {o.value: o.count for f in view.facets if f.name == name for o in f.options}


def test_counts_and_labels_without_a_choice(rf, outlets):
    view = listing(rf)
    assert view.total == 25
    assert counts(view, "level") == {"county": 1, "town": 10, "village": 14}
    assert counts(view, "rank") == {"low": 10, "high": 15}
    assert {o.label for f in view.facets if f.name == "town" for o in f.options} == {"镇0", "镇1"}
    assert view.chips == []
    assert view.notices == []


def test_a_count_is_what_choosing_the_option_gives(rf, outlets):
    view = listing(rf, "?level=town")
    assert view.total == 10
    assert counts(view, "level")["village"] == 14, "a facet does not narrow itself"
    for name in ("town", "rank"):
        for value, count in counts(view, name).items():
            assert listing(rf, f"?level=town&{name}={value}").total == count


def test_two_options_of_one_facet_are_alternatives(rf, outlets):
    assert listing(rf, "?level=town&level=county").total == 11


def test_a_chip_removes_only_its_own_condition(rf, outlets):
    view = listing(rf, "?q=网点&level=town&rank=low&sort=name")
    urls = {chip.label: parse_qs(urlsplit(chip.url).query) for chip in view.chips}
    assert urls == {
        "“网点”": {"level": ["town"], "rank": ["low"], "sort": ["name"]},
        "层级：镇级": {"q": ["网点"], "rank": ["low"], "sort": ["name"]},
        "排序：前十": {"q": ["网点"], "level": ["town"], "sort": ["name"]},
    }


def test_sorting_and_pages(rf, outlets):
    view = listing(rf, "?sort=name&page=3")
    assert [o.name for o in view.page.object_list][-1] == "网点00"
    assert view.next_url == ""
    assert parse_qs(urlsplit(view.previous_url).query) == {"sort": ["name"], "page": ["2"]}
    assert [link.label for link in view.pages if link.selected] == ["3"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?level=moon", "层级"),
        ("?town=nowhere", "乡镇"),
        ("?rank=<script>", "排序"),
        ("?sort=moon", "排序方式"),
        ("?page=99", "99"),
        ("?page=abc", "abc"),
        ("?page=-1", "-1"),
        ("?q=" + "长" * 200, "过长"),
    ],
)
def test_rubbish_becomes_a_notice(rf, outlets, query, said):
    view = listing(rf, query)
    assert view.page is not None
    assert any(said in notice for notice in view.notices)


def test_a_nul_in_the_text_is_dropped(rf, outlets):
    assert listing(rf, "?q=%00网点01").total == 1


def test_queries_do_not_grow_with_rows(rf, outlets, django_assert_num_queries):
    def draw():
        view = listing(rf, "?level=town&level=village")
        return view.facets, view.chips, list(view.page.object_list), view.total

    with django_assert_num_queries(4):
        draw()
    Outlet.objects.bulk_create(Outlet(name=f"更多{i}", level="village") for i in range(200))
    with django_assert_num_queries(4):
        draw()


def test_a_shared_list_keeps_its_counts_per_choice(rf, outlets, settings, django_assert_num_queries):
    settings.PUBLIC_PAGE_SECONDS = 60
    first = {name: counts(listing(rf, query, shared_as="o"), name) for name, query in CHOICES.items()}
    with django_assert_num_queries(0):
        again = {name: counts(listing(rf, query, shared_as="o"), name) for name, query in CHOICES.items()}
    assert first == again
    assert counts(listing(rf, "?rank=low", shared_as="o"), "level") != first["level"]
    assert sum(counts(listing(rf, "?q=网点1", shared_as="o"), "level").values()) == 10


def test_a_list_of_ones_own_counts_anew(rf, outlets, settings):
    settings.PUBLIC_PAGE_SECONDS = 60
    assert counts(listing(rf), "level")["town"] == 10
    Outlet.objects.filter(level="town").delete()
    assert "town" not in counts(listing(rf), "level")


def test_rubbish_in_two_facets_at_once_narrows_nothing(rf, outlets):
    keys = [Facet("town", "乡镇", "town_id", label_field="town__name"), Facet("outlet", "网点", "pk")]
    view = listing(rf, "?town=abc&outlet=xyz&outlet=%00", facets=keys)
    assert view.total == 25
    assert len(view.notices) == 2
    town = str(Town.objects.first().pk)
    assert listing(rf, f"?town={town}&outlet=xyz", facets=keys).total == 12
