"""The results page of the search box."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.navigation import menu
from tuoxian_portal.core.registries import search_sources
from tuoxian_portal.search.misses import note_miss
from tuoxian_portal.search.models import MissKind
from tuoxian_portal.search.query import Hit, Hits


class KindFacet(Facet):
    """Kinds of records, counted by the search itself."""

    def condition(self, values: Sequence[str]) -> Any:
        return tuple(values)

    def options(self, queryset: Any) -> list[tuple[str, str, int]]:
        return [(value, str(label), queryset.counts.get(value, 0)) for value, label in self.choices]


def search_listing(request: HttpRequest) -> Listing:
    """What is found for the address, with the kinds of records as its facet."""
    return Listing(
        request,
        Hits(""),  # type: ignore[arg-type]  # duck-typed for Listing
        search=lambda _, text: Hits(text),  # type: ignore[arg-type,return-value]  # duck-typed for Listing
        facets=[KindFacet("kind", "类别", choices=[(s.kind, s.label) for s in search_sources])],
        placeholder="政策、事项、项目、产品",
    )


@public_page
def results(request: HttpRequest) -> HttpResponse:
    listing = search_listing(request)
    found: Any = listing.results
    if listing.text and found.is_partial:
        listing.notices.append("没有同时包含全部关键词的内容，以下为包含部分关键词的结果。")
    if listing.text and (found.is_partial or not found.found.matches):
        note_miss(listing.text, MissKind.SIMILAR if found.is_partial else MissKind.NOTHING)
    hits: list[Hit] = list(listing.page.object_list)
    hotline = settings.SITE["hotline"]
    context = {
        "listing": listing,
        "heading": f"搜索“{listing.text}”",
        "unit": "条以上" if found.is_capped else "条",
        "cards": [card(hit) for hit in hits],
        "has_sample": any(hit.is_sample for hit in hits),
        "advice": "可以换个说法、减少关键词，或者按栏目查找。"
        + (f"也可以拨打 {hotline} 询问。" if hotline else ""),
        "actions": [(entry["label"], entry["url"]) for entry in menu()] or [("返回首页", "/")],
        "breadcrumbs": [("搜索", "")],
    }
    return render(request, "search/results.html", context)


def card(hit: Hit) -> dict[str, Any]:
    return {
        "title": hit.title_html,
        "url": hit.url,
        "summary": hit.snippet,
        "meta": [hit.date] if hit.date else [],
        "badges": [(hit.kind_label, "neutral"), *([("已失效", "muted")] if hit.is_over else [])],
        "sample": hit.is_sample,
    }
