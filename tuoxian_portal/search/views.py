"""The results page of the search box."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.navigation import menu
from tuoxian_portal.core.registries import search_sources
from tuoxian_portal.search.query import Hits


class KindFacet(Facet):
    """Kinds of records, counted by the search itself."""

    def condition(self, values: Sequence[str]) -> Any:
        return tuple(values)

    def options(self, queryset: Any) -> list[tuple[str, str, int]]:
        return [(value, str(label), queryset.counts.get(value, 0)) for value, label in self.choices]


@public_page
def results(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        Hits(""),  # type: ignore[arg-type]
        search=lambda _, text: Hits(text),  # type: ignore[arg-type,return-value]
        facets=[KindFacet("kind", "类别", choices=[(s.kind, s.label) for s in search_sources])],
        placeholder="政策、事项、项目、产品",
    )
    found: Any = listing.results
    if listing.text and found.is_partial:
        listing.notices.append("没有同时包含全部关键词的内容，以下为包含部分关键词的结果。")
    context = {
        "listing": listing,
        "is_capped": found.is_capped,
        "actions": [(entry["label"], entry["url"]) for entry in menu()] or [("返回首页", "/")],
        "breadcrumbs": [("首页", "/"), ("搜索", reverse("search:results"))],
    }
    return render(request, "search/results.html", context)
