"""The cockpit (驾驶舱): one page of figures, and a page of rows behind each of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from projects.choices import ConfidenceLevel
from projects.models import KeyProject
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.money import format_wan, plain
from tuoxian_portal.dashboard import cockpit
from tuoxian_portal.dashboard.models import HallMonth
from tuoxian_portal.dashboard.tasks import REFRESH

View = Callable[..., HttpResponseBase]


def cockpit_page(view: View) -> View:
    """For people who may see the cockpit; others are asked to sign in, or told whom to ask."""

    @login_required
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("dashboard.view_cockpit"):
            raise PermissionDenied(
                "驾驶舱只对领导、督办和各条线专员开放。如需查看，请联系系统管理员开通角色。"
            )
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-cache"
        return response

    return wrapper


@require_GET
@cockpit_page
def index(request: HttpRequest) -> HttpResponse:
    """The one page. Its queries do not grow with projects, cases or loans."""
    on = today()
    years = cockpit.years_with_targets()
    year, notice = cockpit.chosen_year(request.GET.get("year", ""), years)
    lines = cockpit.target_lines(cockpit.year_targets(year), year=year, on=on)
    context: dict[str, Any] = {
        "on": on,
        "year": year,
        "years": years,
        "notice": notice,
        "elapsed": cockpit.elapsed_percent(year, on),
        "known": [line for line in lines if line.is_known],
        "unknown": [line for line in lines if not line.is_known],
        "concerns": cockpit.concerns(request.user, on),
        "as_of": cockpit.as_of(),
        "job": Job.objects.filter(kind=REFRESH, requested_by=request.user.pk).first(),
        "has_sample": any(line.is_sample for line in lines)
        or KeyProject.objects.filter(is_sample=True).exists(),
    }
    if cockpit.sees_county(request.user, "projects.view_keyproject"):
        context["levels"] = cockpit.confidence_counts()
        context["confidence_finding"] = _confidence_finding(context["levels"])
        context["stages"] = cockpit.stage_bars()
    if request.user.has_perm("projects.view_investmentlead"):
        context["answers"] = cockpit.answers(request.user, on)
    if cockpit.sees_county(request.user, "services.view_case"):
        context["hall"] = hall = cockpit.hall(on)
        context["hall_months"] = _month_bars(hall.months)
        context["queues"] = cockpit.queue_links(hall.queues)
        context["hall_finding"] = _hall_finding(hall)
    if cockpit.sees_county(request.user, "finance.view_loanintent"):
        context["pipeline"] = pipeline = cockpit.loans(request.user)
        context["loan_bars"] = cockpit.loan_bars(pipeline)
        context["loan_finding"] = _loan_finding(pipeline)
    context["stats"] = _headline(context)
    return render(request, "dashboard/cockpit.html", context)


def _headline(context: dict[str, Any]) -> list[dict[str, Any]]:
    """At most four large figures."""
    stats: list[dict[str, Any]] = []
    for line in context["known"]:
        if (
            any(f"counts={rule}&" in line.href for rule in ("projects_500", "invested"))
            and "industry=" not in line.href
        ):
            stats.append(
                {
                    "label": line.label,
                    "value": plain(line.value or 0),
                    "unit": line.unit,
                    "note": f"目标 {plain(line.target)} {line.unit}，完成 {plain(line.percent or 0, 0)}%",
                    "href": line.href,
                }
            )
    if "hall" in context and context["hall"].on_time_percent is not None:
        hall = context["hall"]
        stats.append(
            {
                "label": "按期办结率（13 个月）",
                "value": plain(hall.on_time_percent, 1),
                "unit": "%",
                "note": f"{hall.on_time} / {hall.with_limit} 件",
                "href": cockpit.rows_url("hall", queue="late"),
            }
        )
    if "pipeline" in context and context["pipeline"].steps:
        drawn = context["pipeline"].steps[-1]
        stats.append(
            {
                "label": "已放款",
                "value": format_wan(drawn.amount_wan).split("\u00a0")[0],
                "unit": format_wan(drawn.amount_wan).split("\u00a0")[-1],
                "note": f"{drawn.count} 笔，{drawn.enterprises} 家企业",
                "href": cockpit.rows_url("finance", reached=drawn.step),
            }
        )
    return stats[:4]


def _confidence_finding(levels: list[cockpit.LevelCount]) -> str:
    """The headline over the confidence badges, in words."""
    total = sum(level.count for level in levels)
    if not total:
        return "还没有评定过项目把握"
    counts = {level.level: level.count for level in levels}
    red, green = counts[ConfidenceLevel.RED], counts[ConfidenceLevel.GREEN]
    return f"{total} 个签约以后、达产以前的项目：{green} 个可按期，{red} 个难以按期"


def _hall_finding(hall: cockpit.Hall) -> str:
    words = f"近 13 个月收件 {hall.received} 件"
    if hall.on_time_percent is not None:
        words += f"，作出决定 {hall.decided} 件，按期 {plain(hall.on_time_percent, 1)}%"
    if hall.exempted:
        words += f"，凭电子证照免提交材料 {hall.exempted} 份"
    return words


def _loan_finding(pipeline: Any) -> str:
    first, last = pipeline.steps[0], pipeline.steps[-1]
    if not first.count:
        return "还没有贷款意向"
    return f"意向 {format_wan(first.amount_wan)}，已放款 {format_wan(last.amount_wan)}"


def _month_bars(months: list[HallMonth]) -> list[dict[str, Any]]:
    return [
        {
            "label": f"{row.month:%Y-%m}",
            "value": row.decided,
            "text": f"收 {row.received} · 决定 {row.decided}"
            + (f" · 按期 {plain(row.on_time_percent, 0)}%" if row.on_time_percent is not None else "")
            + (f" · 中位 {row.p50_days} 日" if row.p50_days is not None else ""),
            "href": cockpit.rows_url("hall", month=f"{row.month:%Y-%m}"),
        }
        for row in months
    ]


@require_POST
@cockpit_page
def refresh(request: HttpRequest) -> HttpResponse:
    """Computes the kept figures now, in the background; a second click finds the first job."""
    enqueue(REFRESH, title="更新驾驶舱数据", requested_by=request.user, dedupe_key="now")
    return redirect("dashboard:cockpit")
