"""The pages of open data, the files, and the catalogue for programs."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.datasets import Dataset, datasets
from tuoxian_portal.core.export import XLSX, Sheet, book_response, csv_response
from tuoxian_portal.core.http import public_page
from tuoxian_portal.opendata.catalogue import catalogue
from tuoxian_portal.opendata.models import DatasetState
from tuoxian_portal.opendata.states import look, states
from tuoxian_portal.opendata.throttling import DownloadThrottle
from tuoxian_portal.opendata.words import (
    ROWS_ARE_SOURCED,
    TERMS,
    api_url,
    detail_url,
    feed_url,
    file_url,
)

SOURCES_SHOWN = 100
THEMES = ("投资", "政策", "办事", "融资")
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
DICTIONARY = ["列", "字段", "类型", "单位", "含义"]


def _or_404(key: str) -> Dataset:
    if key not in datasets:
        raise Http404("没有这个数据集。")
    return datasets[key]


def _links(dataset: Dataset) -> dict[str, str]:
    return {
        "url": detail_url(dataset),
        "csv": file_url(dataset, "csv"),
        "xlsx": file_url(dataset, "xlsx"),
        "api": api_url(dataset),
        "feed": feed_url(dataset),
    }


def _day(state: DatasetState) -> str:
    return f"{timezone.localdate(state.changed_at):%Y-%m-%d}"


def _by_theme(dataset: Dataset) -> int:
    return THEMES.index(dataset.theme) if dataset.theme in THEMES else len(THEMES)


@public_page
def index(request: HttpRequest) -> HttpResponse:
    """Every dataset by theme. One query."""
    found = sorted(datasets, key=_by_theme)
    known = states(found)
    themes: dict[str, list[dict[str, Any]]] = {}
    for dataset in found:
        state = known[dataset.key]
        themes.setdefault(dataset.theme, []).append(
            {"dataset": dataset, "rows": state.rows, "changed": _day(state), **_links(dataset)}
        )
    context = {
        "themes": themes.items(),
        "total": len(found),
        "terms": TERMS,
        "sourced": ROWS_ARE_SOURCED,
        "breadcrumbs": [("数据开放", "")],
    }
    return render(request, "opendata/index.html", context)


def _dictionary(dataset: Dataset) -> list[list[str]]:
    return [[c.heading, c.name, c.type, c.unit, c.meaning] for c in dataset.columns]


def _on_a_phone(dataset: Dataset) -> list[list[str]]:
    """The same in two columns: five do not fit."""
    return [[name, " · ".join(part for part in rest if part)] for name, *rest in _dictionary(dataset)]


@public_page
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """What one dataset holds, what its columns mean, where it comes from. Two queries and one look."""
    dataset = _or_404(key)
    state = look(dataset)
    sources = dataset.sources(SOURCES_SHOWN + 1)
    context = {
        "dataset": dataset,
        "key_facts": [
            ("行数", f"{state.rows:,}", ""),
            ("最近变动", _day(state), "内容与上次核对不同的日期"),
            (
                "来源",
                f"{len(sources[:SOURCES_SHOWN])}{' 以上' if len(sources) > SOURCES_SHOWN else ''} 种",
                "",
            ),
        ],
        "page_url": reverse(dataset.page),
        "notes": [("范围", dataset.scope), *dataset.notes, ("来源", ROWS_ARE_SOURCED), ("使用", TERMS)],
        "sources": sources[:SOURCES_SHOWN],
        "dictionary": _on_a_phone(dataset),
        "dictionary_headers": ["列", "字段 · 类型 · 单位 · 含义"],
        "breadcrumbs": [("数据开放", reverse("opendata:index")), (dataset.title, "")],
        **_links(dataset),
    }
    return render(request, "opendata/detail.html", context)


@require_safe
def file(request: HttpRequest, key: str, kind: str) -> HttpResponseBase:
    """The rows as CSV or XLSX, the same for everybody, with validators."""
    dataset = _or_404(key)
    state = look(dataset)
    etag, stamp = f'W/"{state.digest[:32]}.{kind}"', int(state.changed_at.timestamp())
    unchanged = get_conditional_response(request, etag=etag, last_modified=stamp)
    if unchanged is None and not DownloadThrottle().allow_request(request, None):  # type: ignore[arg-type]  # counts by address, asks no view
        return _too_many()
    response = unchanged or _made(dataset, state, kind, head=request.method == "HEAD")
    seconds = settings.PUBLIC_PAGE_SECONDS
    response.headers["ETag"], response.headers["Last-Modified"] = etag, http_date(stamp)
    response.headers["Cache-Control"] = f"public, max-age={seconds}" if seconds else "no-cache"
    return response


def _made(dataset: Dataset, state: DatasetState, kind: str, *, head: bool) -> HttpResponseBase:
    if head:
        return HttpResponse(content_type=CONTENT_TYPES[kind])
    name = f"{dataset.title}_{today()}.{kind}"
    if kind == "csv":
        return csv_response(name, dataset.headers, dataset.values())
    sheets = [
        Sheet(dataset.title, dataset.headers, dataset.values()),
        Sheet("数据字典", DICTIONARY, _dictionary(dataset)),
    ]
    return book_response(name, sheets, Sheet("口径", ["名称", "说明"], _about(dataset, state)))


def _about(dataset: Dataset, state: DatasetState) -> Iterator[tuple[str, str]]:
    yield "数据集", dataset.title
    yield "内容", dataset.summary
    yield "范围", dataset.scope
    yield from dataset.notes
    yield "来源", ROWS_ARE_SOURCED
    yield "最近变动", _day(state)
    yield "下载日期", f"{today()}"
    yield "使用", TERMS
    yield "页面", settings.SITE_URL + detail_url(dataset)


def _too_many() -> HttpResponse:
    text = "下载过于频繁，请一小时后再试；只要个别记录的，请用开放接口。"
    response = HttpResponse(text, status=429, content_type="text/plain; charset=utf-8")
    response.headers["Retry-After"] = "3600"
    return response


@public_page
def catalog(request: HttpRequest) -> HttpResponse:
    """The catalogue as DCAT. One query."""
    content = json.dumps(catalogue(states(datasets)), ensure_ascii=False, indent=1)
    return HttpResponse(content, content_type="application/ld+json; charset=utf-8")
