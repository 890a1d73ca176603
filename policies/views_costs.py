"""The public page of factor costs. It works without JavaScript; its address holds the whole answer."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from policies.choices import Factor, PriceKind
from policies.costs import CostLine, comparable, difference_in_words, drawing, series, tariffs
from policies.forms import CostForm
from policies.models import ComparisonPrice, FactorPrice
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.export import csv_response, xlsx_response
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Listing
from tuoxian_portal.core.money import format_yuan

HEADERS = ["要素", "项目", "数值类别", "数值", "单位", "含税口径", "日期", "时效", "来源", "说明"]
NOTES = [
    ("数值类别", "实际价格才可以乘用量；政策价格、补差门槛、奖补标准、预期是不同的数，不连成一条线。"),
    ("含税口径", "空着的，来源没有写明。"),
    ("时效", "价格日期距下载当天的时间；写明的，请先核对最新价格。"),
    ("来源", "逐条注明；没有来源的价格不公布。"),
]


def price_listing(request: HttpRequest) -> Listing:
    """Every public price; the page shows them all, and so has no conditions."""
    return Listing(request, FactorPrice.objects.published())


@public_page
def costs(request: HttpRequest) -> HttpResponse:
    """Factor costs as dated facts, the calculator, and the comparison with another place. Two queries."""
    day = today()
    prices = _in_order(list(FactorPrice.objects.published()))
    if (kind := request.GET.get("export", "")) in {"xlsx", "csv"}:
        return _export(kind, prices)
    usable = tariffs(p for p in prices if p.is_usable)
    known = comparable(ComparisonPrice.objects.published(), usable)
    form = CostForm(usable, request.GET, known)
    lines = form.lines() if form.is_bound and form.is_valid() else []
    found_series = series(prices)
    earlier = {point.pk for found in found_series for point in found.points[:-1]}  # shown in the trend
    by_factor: dict[str, list[dict[str, Any]]] = {factor: [] for factor in Factor.values}
    for price in prices:
        if price.pk not in earlier:
            by_factor[price.factor].append(
                {
                    "price": price,
                    "kind": price.get_kind_display(),
                    "tone": PriceKind(price.kind).tone,
                    "warning": price.age_warning(day),
                }
            )
    trends = [
        {
            "title": found.title,
            "drawing": drawing(found),
            "rows": [[p.as_of_label, p.value_label, p.source_title] for p in found.points],
            "sample": found.points[-1].is_sample,
        }
        for found in found_series
    ]
    groups = [
        {"label": Factor(factor).label, "anchor": factor, "rows": rows}
        for factor, rows in by_factor.items()
        if rows
    ]
    context = {
        "groups": groups,
        "unpublished": "、".join(str(f.label) for f in Factor if not by_factor[f.value]),
        "form": form,
        "lines": lines,
        "total": format_yuan(sum((line.yuan for line in lines), Decimal(0))) if lines else "",
        "comparison": _compared(lines),
        "sources": _known(lines),
        "warning": "；".join(_old(lines, day)),
        "trends": trends,
        "trend_headers": ["日期", "数值", "来源"],
        "headers": ["项目", "数值", "类别", "含税口径", "日期"],
        "rows": [
            [
                f"{p.get_factor_display()}：{p.item}{'（示例）' if p.is_sample else ''}",
                p.value_label,
                p.get_kind_display(),
                p.get_tax_display() or "来源未写明",
                p.as_of_label or "日期不详",
            ]
            for p in prices
        ],
        "has_sample": any(p.is_sample for p in prices) or any(p.is_sample for p in _known(lines)),
        "crumbs": [("投资托县", "/invest/"), ("要素成本", "")],
    }
    return render(request, "policies/costs.html", context)


def _known(lines: list[CostLine]) -> list[ComparisonPrice]:
    """The prices of the other place that staff keep and `lines` were compared with."""
    return [line.elsewhere.known for line in lines if line.elsewhere and line.elsewhere.known]


def _old(lines: list[CostLine], day: date) -> list[str]:
    """What is too old among the prices of a result, the county's own first."""
    ours = [(line.tariff.price.item, line.tariff.price.age_warning(day)) for line in lines]
    theirs = [(f"{known.place}{known.item}", known.age_warning(day)) for known in _known(lines)]
    return [f"{item}：{warning}" for item, warning in [*ours, *theirs] if warning]


def _compared(lines: list[CostLine]) -> str:
    """The sum of what could be compared, in words; "" for fewer than two lines of one place."""
    pairs = [(line, there) for line in lines if (there := line.yuan_elsewhere) is not None]
    places = {line.elsewhere.place for line, _ in pairs if line.elsewhere}
    if len(pairs) < 2 or len(places) != 1:
        return ""
    here = sum((line.yuan for line, _ in pairs), Decimal(0))
    there = sum((amount for _, amount in pairs), Decimal(0))
    only = "" if len(pairs) == len(lines) else "（只算两地都有价格的项目）"
    return f"合计{only}：托克托县{difference_in_words(here, there, places.pop())}"


def _export(kind: str, prices: list[FactorPrice]) -> HttpResponse:
    """The table as a file; the same rows as on the page."""
    day = today()
    rows = [
        [
            p.get_factor_display(),
            f"【示例】{p.item}" if p.is_sample else p.item,
            p.get_kind_display(),
            p.value if p.value is not None else p.value_text,
            p.unit,
            p.get_tax_display(),
            p.as_of_label or "日期不详",
            p.age_warning(day),
            "，".join(part for part in (p.source_title, p.source_publisher, p.source_date) if part),
            p.note,
        ]
        for p in prices
    ]
    name = f"托克托县要素价格-{day:%Y%m%d}.{kind}"
    made: Any
    if kind == "csv":
        made = csv_response(name, HEADERS, rows)
    else:
        made = xlsx_response(name, title="要素价格", headers=HEADERS, rows=rows, notes=NOTES)
    return made


def _in_order(prices: list[FactorPrice]) -> list[FactorPrice]:
    """Prices really paid first, then by kind; the newest of a kind first."""
    kinds = list(PriceKind.values)
    return sorted(
        prices,
        key=lambda p: (
            p.is_sample,
            kinds.index(p.kind),
            p.item,
            -(p.as_of_date.toordinal() if p.as_of_date else 0),
            p.pk,
        ),
    )
