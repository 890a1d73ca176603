"""Every target and published figure, with what the portal computes for it or why it does not."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects import targets as rules
from projects.choices import TargetCategory
from projects.models import Target
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.export import xlsx_response
from tuoxian_portal.core.money import plain
from tuoxian_portal.dashboard.views_cockpit import cockpit_page

HEADERS = ["指标", "年度", "范围", "目标或数值", "实际", "完成率", "口径或原因", "来源"]


def _line(target: Target, actual: rules.Actual) -> list[str]:
    aim = (
        f"{plain(target.value)} {target.unit}".strip()
        if target.value is not None
        else "、".join(target.words)
    )
    if target.value is not None and target.get_comparison_display() != "达到":
        aim = f"{target.get_comparison_display()} {aim}"
    scope = target.industry or target.park or target.get_scope_display()
    found = f"{plain(actual.value)} {target.unit}".strip() if actual.value is not None else "—"
    source = "；".join(part for part in (target.source_title, target.source_date) if part)
    return [
        f"{target.indicator}（示例）" if target.is_sample else target.indicator,
        str(target.year or target.period),
        str(scope),
        aim,
        found,
        f"{plain(actual.percent, 1)}%" if actual.percent is not None else "—",
        f"{actual.text}{f'（{actual.source}）' if actual.source else ''}",
        source,
    ]


@require_GET
@cockpit_page
def targets(request: HttpRequest) -> HttpResponseBase:
    """All of them in the order of the sources, by category; at most three queries for each year that a
    rule asks for, however many targets."""
    years = sorted({year for year in Target.objects.values_list("year", flat=True) if year}, reverse=True)
    asked = request.GET.get("year", "")
    rows = Target.objects.select_related("industry", "park")
    year = int(asked) if asked in map(str, years) else None
    if year:
        rows = rows.filter(year=year)
    listed = list(rows)
    actuals = rules.actuals(listed)
    blocks: list[dict[str, Any]] = []
    for category in TargetCategory:
        of = [target for target in listed if target.category == category]
        if of:
            known = sum(1 for target in of if actuals[target.pk].is_known)
            blocks.append(
                {
                    "label": str(category.label),
                    "count": len(of),
                    "known": known,
                    "is_target": category == TargetCategory.TARGET,
                    "rows": [_line(target, actuals[target.pk]) for target in of],
                }
            )
    if request.GET.get("export"):
        return xlsx_response(
            f"目标与结果-{today():%Y%m%d}.xlsx",
            title="目标与结果",
            headers=["类别", *HEADERS],
            rows=([block["label"], *line] for block in blocks for line in block["rows"]),
            notes=[
                ("年度", str(year or "全部")),
                ("导出日期", today().isoformat()),
                *((rule.label, rule.text) for rule in rules.RULES.values()),
            ],
        )
    return render(
        request,
        "dashboard/targets.html",
        {
            "blocks": blocks,
            "years": years,
            "year": year,
            "notice": f"没有“{asked[:10]}”年的目标，已显示全部。" if asked and not year else "",
            "rules": [(rule.label, rule.text) for rule in rules.RULES.values()],
            "has_sample": any(target.is_sample for target in listed),
        },
    )
