"""Public lists: search, facets with counts, removable chips, sorting and pages, from one GET form.

A view builds a `Listing` and hands it to its template as `listing`; the components `listing_tools`
and `pagination` draw it. Unknown values never raise: they become a notice and are left out.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest

TEXT = "q"
SORT = "sort"
PAGE = "page"
MAX_TEXT = 60


@dataclass(frozen=True)
class Band:
    """A facet option that is a condition rather than a value (an amount between two bounds)."""

    value: str
    label: str
    condition: Q


@dataclass(frozen=True)
class Facet:
    """One dimension to narrow a list by; several options of one facet are alternatives (OR).

    `lookup` is a field path. Labels come from `choices`, from `label_field` (another path of the same
    row), or, for `bands`, from the bands; otherwise the value is its own label. `multi` says that the
    path crosses a to-many relation, so that rows are counted once each.
    """

    name: str
    label: str
    lookup: str = ""
    label_field: str = ""
    choices: Sequence[tuple[str, Any]] = ()
    bands: Sequence[Band] = ()
    multi: bool = False

    def condition(self, values: Sequence[str]) -> Q:
        if self.bands:
            condition = Q()
            for band in self.bands:
                if band.value in values:
                    condition |= band.condition
            return condition
        return Q(**{f"{self.lookup}__in": list(values)})

    def options(self, queryset: QuerySet) -> list[tuple[str, str, int]]:
        """(value, label, count) over `queryset`, in the order of the choices or by count; one query."""
        if self.bands:
            counts = queryset.order_by().aggregate(
                **{
                    f"n{i}": Count("pk", filter=b.condition, distinct=self.multi)
                    for i, b in enumerate(self.bands)
                }
            )
            return [(b.value, b.label, counts[f"n{i}"]) for i, b in enumerate(self.bands)]
        paths = [self.lookup] + ([self.label_field] if self.label_field else [])
        rows = list(
            queryset.order_by()
            .values_list(*paths)
            .annotate(facet_count=Count("pk", distinct=self.multi))
            .order_by("-facet_count", *paths)
        )
        return self.in_order([(row[0], row[-2], row[-1]) for row in rows])

    def in_order(self, rows: Iterable[tuple[Any, Any, int]]) -> list[tuple[str, str, int]]:
        """Counted (value, own label, count) as options: without the empty value, under the labels and in
        the order of the choices."""
        labels = {str(value): str(label) for value, label in self.choices}
        found = [
            (str(value), labels.get(str(value), str(label)), count)
            for value, label, count in rows
            if value not in (None, "")
        ]
        if self.choices:
            order = {value: i for i, value in enumerate(labels)}
            found.sort(key=lambda option: order.get(option[0], len(order)))
        return found


def count_together(queryset: QuerySet, facets: Sequence[Facet]) -> dict[str, list[tuple[str, str, int]]]:
    """`Facet.options` of each of `facets`, none of them `multi`, over the same rows: one query, however
    many there are. The database groups by all of them at once, and the groups are added up here."""
    if len(facets) < 2:
        return {facet.name: facet.options(queryset) for facet in facets}
    columns: dict[str, Any] = {}
    places: dict[str, list[str]] = {}
    for number, facet in enumerate(facets):
        paths = [facet.lookup] + ([facet.label_field] if facet.label_field else [])
        if facet.bands:
            paths = [f"band_{number}_{i}" for i in range(len(facet.bands))]
            for name, band in zip(paths, facet.bands, strict=True):
                columns[name] = ExpressionWrapper(band.condition, output_field=BooleanField())
        places[facet.name] = paths
    names = list(dict.fromkeys(name for paths in places.values() for name in paths))
    groups = list(
        queryset.order_by().annotate(**columns).values_list(*names).annotate(facet_count=Count("pk"))
    )
    at = {name: i for i, name in enumerate(names)}
    counted = {}
    for facet in facets:
        paths = places[facet.name]
        if facet.bands:
            counted[facet.name] = [
                (band.value, band.label, sum(group[-1] for group in groups if group[at[name]]))
                for name, band in zip(paths, facet.bands, strict=True)
            ]
            continue
        totals: Counter[tuple[Any, Any]] = Counter()
        for group in groups:
            totals[group[at[paths[0]]], group[at[paths[-1]]]] += group[-1]
        rows = sorted(
            ((value, label, count) for (value, label), count in totals.items()),
            key=lambda row: (-row[2], str(row[0]), str(row[1])),
        )
        counted[facet.name] = facet.in_order(rows)
    return counted


@dataclass
class FacetOption:
    value: str
    label: str
    count: int
    selected: bool
    url: str


@dataclass
class FacetView:
    """A facet as the page draws it."""

    name: str
    label: str
    options: list[FacetOption]


@dataclass
class Link:
    label: str
    url: str
    selected: bool = False


class Listing:
    """A filtered, sorted page of `queryset` and everything that is drawn around it.

    Costs: one query for the count, one for the page, one for all facets of which nothing is chosen, and one
    for each other facet. `search(queryset, text)`
    narrows by text. `sorts` maps a key to (label, order_by); the first is the default. A facet's counts
    are those under the other facets, so that a count says what choosing the option would give. `keep`
    names parameters that belong to the page and stay in every address of the list.

    A list that is the same for everybody names itself in `shared_as`: its counts are then kept as long
    as a public page is, except under a search text.
    """

    def __init__(
        self,
        request: HttpRequest,
        queryset: QuerySet,
        *,
        facets: Sequence[Facet] = (),
        search: Callable[[Any, str], Any] | None = None,
        sorts: dict[str, tuple[str, Sequence[Any]]] | None = None,
        page_size: int = 20,
        keep: Sequence[str] = (),
        shared_as: str = "",
        placeholder: str = "输入关键词",
    ) -> None:
        self.request = request
        self.keep = keep
        self.shared_as = shared_as
        self.facets_by = facets
        self.search = search
        self.sorts_by = sorts or {}
        self.page_size = page_size
        self.placeholder = placeholder
        self.notices: list[str] = []
        self.text = self._read_text()
        self._base = search(queryset, self.text) if search and self.text else queryset
        # One after the other, those with a fixed list first: what has not been read yet may be rubbish,
        # and narrows nothing for the others.
        self.selected: dict[str, list[str]] = {facet.name: [] for facet in facets}
        for facet in sorted(facets, key=lambda facet: not (facet.choices or facet.bands)):
            self._read_options(facet)
        self.sort = self._read_sort()

    # --- reading the address --------------------------------------------------------------------
    def _read_text(self) -> str:
        text = self.request.GET.get(TEXT, "").replace("\x00", "").strip()
        if len(text) > MAX_TEXT:
            self.notices.append(f"关键词过长，只按前 {MAX_TEXT} 个字查找。")
        return text[:MAX_TEXT]

    def _read_sort(self) -> str:
        key = self.request.GET.get(SORT, "")
        if key and key not in self.sorts_by:
            self.notices.append("没有这种排序方式，已按默认顺序显示。")
        return key if key in self.sorts_by else next(iter(self.sorts_by), "")

    def _narrowed(self, but: str = "") -> QuerySet:
        queryset = self._base
        for facet in self.facets_by:
            values = self.selected.get(facet.name, [])
            if values and facet.name != but:
                queryset = queryset.filter(facet.condition(values))
        return queryset

    def _read_options(self, facet: Facet) -> None:
        chosen = self.selected[facet.name] = [v for v in self.request.GET.getlist(facet.name) if v]
        known = {str(value) for value, _ in facet.choices} or {band.value for band in facet.bands}
        if chosen and not known:
            # Without a fixed list the rows themselves say which values exist.
            known = {value for value, _, _ in self._options(facet)}
        if unknown := [value for value in chosen if value not in known]:
            self.notices.append(f"“{facet.label}”没有“{unknown[0][:20]}”这一项，已忽略。")
            self.selected[facet.name] = [value for value in chosen if value in known]

    def _options(self, facet: Facet) -> list[tuple[str, str, int]]:
        """The options of `facet` with their counts under the other facets; at most one query."""
        seconds = settings.PUBLIC_PAGE_SECONDS
        if not (self.shared_as and seconds) or self.text:
            return self._counted(facet)
        others = {name: values for name, values in self.selected.items() if values and name != facet.name}
        key = hashlib.sha256(repr((self.shared_as, facet.name, sorted(others.items()))).encode()).hexdigest()
        options: list[tuple[str, str, int]] | None = cache.get(f"facet.{key}")
        if options is None:
            options = self._counted(facet)
            cache.set(f"facet.{key}", options, seconds)
        return options

    def _counted(self, facet: Facet) -> list[tuple[str, str, int]]:
        """The options of `facet`. Those of which nothing is chosen are counted over the same rows, and so
        together."""
        if facet.multi or self.selected[facet.name]:
            return facet.options(self._narrowed(but=facet.name))
        return self._together[facet.name]

    @cached_property
    def _together(self) -> dict[str, list[tuple[str, str, int]]]:
        alike = [f for f in self.facets_by if not f.multi and not self.selected[f.name]]
        return count_together(self._narrowed(), alike)

    # --- what the page draws --------------------------------------------------------------------
    @cached_property
    def facets(self) -> list[FacetView]:
        views = []
        for facet in self.facets_by:
            options = self._options(facet)
            chosen = self.selected[facet.name]
            views.append(
                FacetView(
                    facet.name,
                    facet.label,
                    [
                        FacetOption(value, label, count, value in chosen, self._toggle(facet.name, value))
                        for value, label, count in options
                        if count or value in chosen
                    ],
                )
            )
        return views

    @cached_property
    def chips(self) -> list[Link]:
        """What narrows the list now; each link removes its own condition."""
        links = [Link(f"“{self.text}”", self.url(**{TEXT: None}))] if self.text else []
        for facet in self.facets:
            links += [Link(f"{facet.label}：{o.label}", o.url) for o in facet.options if o.selected]
        return links

    @cached_property
    def sorts(self) -> list[Link]:
        return [
            Link(label, self.url(**{SORT: key}), key == self.sort)
            for key, (label, _) in self.sorts_by.items()
        ]

    @cached_property
    def results(self) -> QuerySet:
        """Every row that matches, in order; what an export takes."""
        queryset = self._narrowed()
        if any(facet.multi and self.selected[facet.name] for facet in self.facets_by):
            queryset = queryset.distinct()
        if self.sort:
            queryset = queryset.order_by(*self.sorts_by[self.sort][1], "pk")
        return queryset

    @cached_property
    def page(self) -> Page:
        paginator = Paginator(self.results, self.page_size)
        asked = self.request.GET.get(PAGE, "1")
        page = paginator.get_page(asked)
        if str(page.number) != asked.strip():
            self.notices.append(f"没有第“{asked[:10]}”页，已显示第 {page.number} 页。")
        return page

    @property
    def total(self) -> int:
        return self.page.paginator.count

    @property
    def has_search(self) -> bool:
        return self.search is not None

    @property
    def clear_url(self) -> str:
        return self.request.path

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filter form carries along besides its own fields."""
        kept = [(name, self.request.GET[name]) for name in self.keep if self.request.GET.get(name)]
        return kept + ([(SORT, self.sort)] if self.request.GET.get(SORT) and self.sort else [])

    @cached_property
    def pages(self) -> list[Link]:
        """Links to pages around this one; an empty label stands for a gap."""
        page = self.page
        return [
            Link(str(n), self.url(**{PAGE: n}), n == page.number) if isinstance(n, int) else Link("", "")
            for n in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        ]

    @property
    def previous_url(self) -> str:
        return self.url(**{PAGE: self.page.number - 1}) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        return self.url(**{PAGE: self.page.number + 1}) if self.page.has_next() else ""

    @property
    def xlsx_url(self) -> str:
        """The same rows as a file, for views that offer `export`."""
        return self.url(export="xlsx")

    @property
    def csv_url(self) -> str:
        return self.url(export="csv")

    # --- addresses ------------------------------------------------------------------------------
    @property
    def conditions(self) -> list[tuple[str, str]]:
        """What narrows the list, as parameters of its address."""
        pairs = [(TEXT, self.text)] if self.text else []
        return pairs + [(name, value) for name, values in self.selected.items() for value in values]

    @property
    def query(self) -> str:
        """`conditions` as a query string: what its feed and its subscription carry."""
        return urlencode(self.conditions)

    def _parameters(self) -> list[tuple[str, str]]:
        return self.conditions + self.hidden

    def _address(self, pairs: list[tuple[str, str]]) -> str:
        return f"{self.request.path}?{urlencode(pairs)}" if pairs else self.request.path

    def url(self, **changes: Any) -> str:
        """This list with `changes`; None removes. The page starts again unless it is given."""
        pairs = [(name, value) for name, value in self._parameters() if name not in changes]
        pairs += [(name, str(value)) for name, value in changes.items() if value is not None]
        return self._address(pairs)

    def _toggle(self, name: str, value: str) -> str:
        pairs = self._parameters()
        if (name, value) in pairs:
            return self._address([pair for pair in pairs if pair != (name, value)])
        return self._address([*pairs, (name, value)])
