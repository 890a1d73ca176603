"""Policies for officials: who is reached, what is paid, what is late; clause by clause, worst first."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from policies.choices import ApplyMode, Level
from policies.models import PolicyClaim
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.jobs import enqueue
from tuoxian_portal.core.listing import Band, Facet, Listing
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.money import format_yuan, plain
from tuoxian_portal.dashboard import cockpit, policy_figures
from tuoxian_portal.dashboard.tasks import REFRESH_POLICIES
from tuoxian_portal.dashboard.views_cockpit import cockpit_page
from tuoxian_portal.dashboard.views_rows import MAX_EXPORT, export, export_notes

NOTES = [
    ("范围", "现行有效政策的条款，以及有过兑现的条款。"),
    ("名录里符合", "企业名录中满足条款条件的企业；示例政策只数示例企业。夜里计算。"),
    ("符合未享受", "名录里符合、本年度没有这一条款的兑现（被拒和撤回的不算）的企业。夜里计算。"),
    ("已批准、已兑付", "核定金额之和，单位元；已批准包括已兑付。"),
    ("剩余", "资金盘子减已批准；没有定额的为空。"),
    ("中位工作日", "申报到批准、批准到兑付的工作日中位数，按工作日历，当日不计。夜里计算。"),
    ("超时", "过了条款写明的审核时限、兑付时限；文件没有写明时限的不算，公示（异议）期内的不算超时未兑付。"),
]
HEADERS = [
    "条款编号",
    "条款",
    "政策",
    "兑现方式",
    "名录里符合",
    "符合未享受",
    "待确认",
    "待审核",
    "待批准",
    "待兑付",
    "已兑付",
    "不予兑付",
    "异议处理中",
    "已批准（元）",
    "已兑付（元）",
    "资金盘子（元）",
    "剩余（元）",
    "申报到批准（中位工作日）",
    "批准到兑付（中位工作日）",
    "超时未审核",
    "超时未兑付",
    "示例",
]
STATES = ("proposed", "filed", "reviewed", "approved", "paid", "refused", "objected")


def _may_see(request: HttpRequest) -> None:
    if not cockpit.sees_county(request.user, "policies.view_policyclaim"):
        raise PermissionDenied("政策兑现只对政策专员、督办和领导开放。")


@require_GET
@cockpit_page
def policies(request: HttpRequest) -> HttpResponseBase:
    """One row a clause. Its queries do not grow with clauses, claims or enterprises."""
    _may_see(request)
    on = today()
    listing = _listing(request, on)
    tallies = PolicyClaim.objects.visible_to(request.user).by_clause(on)
    if request.GET.get("export"):
        rows = (
            _row(line, tallies.get(line.clause.pk, {}))
            for line in policy_figures.lines(listing.results[:MAX_EXPORT], tallies)
        )
        return export(request, "政策兑现", HEADERS, rows, export_notes(request, listing, NOTES))
    shown = policy_figures.lines(listing.page.object_list, tallies)
    bars = policy_figures.share_bars(shown)
    return render(
        request,
        "dashboard/policies.html",
        {
            "listing": listing,
            "lines": shown,
            "stats": _stats(tallies),
            "concerns": [*cockpit.late_claims(request.user, on), *_concerns(on)],
            "bars": bars,
            "bars_title": _finding(shown),
            "as_of": policy_figures.as_of(),
            "job": Job.objects.filter(kind=REFRESH_POLICIES, requested_by=request.user.pk).first(),
            "notes": NOTES,
            "has_sample": any(line.clause.policy.is_sample for line in shown),
        },
    )


def _listing(request: HttpRequest, on: Any) -> Listing:
    return Listing(
        request,
        policy_figures.clauses(on),
        facets=[
            Facet(
                "attention",
                "要过问",
                bands=[
                    Band("late", "有超时", policy_figures.with_late_claims(on)),
                    Band("envelope", "盘子将用完", policy_figures.nearly_used()),
                    Band("gap", "免申即享未享受", _auto_gap()),
                ],
            ),
            Facet("mode", "兑现方式", "mode", choices=ApplyMode.choices),
            Facet("level", "层级", "policy__level", choices=Level.choices),
        ],
        search=lambda rows, text: rows.filter(
            Q(heading__icontains=text) | Q(policy__title__icontains=text) | Q(code__iexact=text)
        ),
        sorts={
            "worst": (
                "问题最多",
                [F("late").desc(), F("figure__unclaimed").desc(nulls_last=True), "policy_id", "order"],
            ),
            "money": ("已批准从多到少", [F("committed_yuan").desc(), "policy_id", "order"]),
            "policy": ("按政策", ["policy_id", "order"]),
        },
        placeholder="条款、政策或编号",
    )


def _auto_gap() -> Q:
    return Q(mode=ApplyMode.AUTO, figure__unclaimed__gt=0)


def _concerns(on: Any) -> list[cockpit.Concern]:
    """Envelopes that are nearly used, and 免申即享 that does not reach those it is for; two queries."""
    rows: Any = policy_figures.clauses(on)
    found = []
    if used := list(rows.filter(policy_figures.nearly_used()).order_by("-committed_yuan")):
        texts = [f"{line.clause.name}：{line.envelope}" for line in policy_figures.lines(used, _money(used))]
        href = cockpit.rows_url("policies", attention="envelope")
        found.append(cockpit.Concern("资金盘子将用完", len(used), "warn", href, texts[: cockpit.TOP]))
    if gaps := list(rows.filter(_auto_gap()).order_by("-figure__unclaimed")):
        texts = [f"{clause.name}：{clause.figure.unclaimed} 家符合未享受" for clause in gaps]
        href = cockpit.rows_url("policies", attention="gap")
        found.append(cockpit.Concern("免申即享未享受", len(gaps), "warn", href, texts[: cockpit.TOP]))
    return found


def _money(rows: Any) -> dict[int, dict[str, Any]]:
    return {clause.pk: {"committed_yuan": clause.committed_yuan} for clause in rows}


def _stats(tallies: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    sums = policy_figures.totals(tallies)
    late = sums["review_late"] + sums["pay_late"]
    approved, paid = format_yuan(sums["approved"]).split("\u00a0"), format_yuan(sums["paid"]).split("\u00a0")
    return [
        {
            "value": str(sums["claims"]),
            "unit": "笔",
            "label": "政策兑现",
            "href": cockpit.rows_url("policies"),
        },
        {
            "value": approved[0],
            "unit": approved[1],
            "label": "已批准",
            "href": cockpit.rows_url("policies", sort="money"),
        },
        {
            "value": paid[0],
            "unit": paid[1],
            "label": "其中已兑付",
            "href": cockpit.rows_url("policies", sort="money"),
        },
        {
            "value": str(late),
            "unit": "笔",
            "label": "超时",
            "note": f"未审核 {sums['review_late']}，未兑付 {sums['pay_late']}",
            "href": cockpit.rows_url("policies", attention="late"),
        },
    ]


def _finding(shown: list[policy_figures.Line]) -> str:
    """What stands over the chart."""
    limited = [line for line in shown if line.share is not None]
    most = max(limited, key=lambda line: line.share or 0, default=None)
    if most is None:
        return ""
    return f"{len(limited)} 个有定额的条款，用得最多的是“{most.clause.name}”，已批准 {plain(most.share, 0)}%"


def _row(line: policy_figures.Line, tally: dict[str, Any]) -> list[Any]:
    clause, figure = line.clause, line.figure
    return [
        clause.code,
        clause.name,
        clause.policy.title,
        clause.get_mode_display() if clause.mode else "",
        figure and figure.qualified,
        figure and figure.unclaimed,
        *(tally.get(state, 0) for state in STATES),
        line.approved,
        line.paid,
        clause.budget_wan * 10_000 if clause.budget_wan is not None else None,
        line.left,
        figure and figure.days_to_approval,
        figure and figure.days_to_payment,
        line.review_late,
        line.pay_late,
        clause.policy.is_sample,
    ]


@require_POST
@cockpit_page
def refresh(request: HttpRequest) -> HttpResponse:
    """Reads the register now, in the background; a second click finds the first job."""
    _may_see(request)
    enqueue(REFRESH_POLICIES, title="更新政策兑现数据", requested_by=request.user, dedupe_key="now")
    return redirect("dashboard:policies")
