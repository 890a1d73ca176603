"""The rows behind the cockpit's figures: lists that filter, and files of the same rows."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from finance.choices import IntentState
from finance.models import LoanIntent
from projects import targets as target_rules
from projects.choices import ConfidenceLevel, InvestmentBand, Stage, Status
from projects.models import KeyProject, ProjectProblem
from services.choices_cases import CaseState
from services.models import Case
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.export import csv_response, xlsx_response
from tuoxian_portal.core.listing import Band, Facet, Listing
from tuoxian_portal.core.money import format_wan, plain
from tuoxian_portal.core.months import next_month
from tuoxian_portal.dashboard import cockpit, satisfaction
from tuoxian_portal.dashboard.figures import last_months
from tuoxian_portal.dashboard.models import HallMonth
from tuoxian_portal.dashboard.views_cockpit import cockpit_page
from tuoxian_portal.directory.models import Industry

MAX_EXPORT = 100_000


def export(
    request: HttpRequest,
    name: str,
    headers: list[str],
    rows: Iterator[list[Any]],
    notes: list[tuple[str, str]],
) -> HttpResponseBase:
    filename = f"{name}-{today():%Y%m%d}"
    if request.GET.get("export") == "csv":
        return csv_response(f"{filename}.csv", headers, rows)
    return xlsx_response(f"{filename}.xlsx", title=name, headers=headers, rows=rows, notes=notes)


def export_notes(
    request: HttpRequest, listing: Listing, notes: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """What stands on the 口径 sheet: the conditions of the list first."""
    conditions = "；".join(chip.label for chip in listing.chips) or "无"
    return [
        ("筛选条件", conditions),
        ("导出日期", today().isoformat()),
        ("导出人", str(request.user)),
        *notes,
    ]


PROJECT_NOTES = [
    ("总投资", "台账登记的计划总投资，单位万元；空为来源未载明。"),
    ("本年完成投资", "当年已审核或已冻结的月度进展之和，单位万元。"),
    (
        "把握",
        "绿 可按期，黄 有问题可解，红 现状难以按期，灰 超过 35 天未更新；签约以后、达产以前的项目才评定。",
    ),
]


YEARS = {str(year) for year in range(2000, 2101)}


def _counted_rows(request: HttpRequest) -> tuple[Q, str, str]:
    """The rows that a target's 口径 counts (`?counts=…&year=…&sample=…`): filter, title, what was
    wrong. Figures of the sample and of the county are never mixed."""
    rule, year = request.GET.get("counts", ""), request.GET.get("year", "")
    if not rule:
        return Q(), "", ""
    if rule not in target_rules.RULES or year not in YEARS:
        return Q(), "", "没有这种统计口径，已显示全部项目。"
    condition = target_rules.rows(rule, int(year), is_sample=request.GET.get("sample") == "1")
    return condition, f"{year} 年 {target_rules.RULES[rule].label}", ""


@require_GET
@cockpit_page
def projects(request: HttpRequest) -> HttpResponseBase:
    """Every project that the person may see, with what is said about it."""
    on = today()
    condition, title, notice = _counted_rows(request)
    queryset = (
        KeyProject.objects.visible_to(request.user)
        .counted()
        .filter(condition)
        .select_related("industry", "park", "department", "rating")
        .with_totals(on.year)
    )
    without_helper = KeyProject.objects.without_helper().order_by().values("pk")
    overdue_problems = ProjectProblem.objects.overdue(on).order_by().values("project")
    listing = Listing(
        request,
        queryset,
        facets=[
            Facet("level", "把握", "rating__level", choices=ConfidenceLevel.choices),
            Facet("stage", "阶段", "stage", choices=Stage.choices),
            Facet("status", "状态", "status", choices=Status.choices),
            Facet("industry", "产业", "industry__slug", label_field="industry__name"),
            Facet("band", "投资规模", "investment_band", choices=InvestmentBand.choices),
            Facet("problem", "问题", bands=[Band("overdue", "有超期问题", Q(pk__in=overdue_problems))]),
            Facet("helper", "服务专员", bands=[Band("none", "没有服务专员", Q(pk__in=without_helper))]),
        ],
        search=lambda rows, text: rows.search(text),
        sorts={
            "number": ("编号", ["is_sample", "number"]),
            "investment": ("总投资从大到小", [F("total_investment_wan").desc(nulls_last=True)]),
            "changed": ("把握变化最近", [F("rating__changed_on").desc(nulls_last=True)]),
        },
        keep=("counts", "year", "sample"),
        placeholder="项目、企业或编号",
    )
    if notice:
        listing.notices.append(notice)
    if request.GET.get("export"):
        headers = [
            "编号",
            "项目",
            "企业",
            "产业",
            "阶段",
            "状态",
            "把握",
            "理由",
            "总投资（万元）",
            "本年完成投资（万元）",
            "到位资金累计（万元）",
            "形象进度（%）",
            "责任部门",
            "示例",
        ]
        rows = (
            [
                p.number,
                p.name,
                p.owner_name,
                p.industry and p.industry.name,
                p.stage_label,
                p.status_label,
                _rating(p, "get_level_display"),
                _rating(p, "text"),
                p.total_investment_wan,
                # Nothing accepted this year is not an investment of 0.
                p.invested_year_wan if p.latest_month and p.latest_month.year == on.year else None,
                p.received_total_wan,
                p.latest_progress,
                p.department and p.department.name,
                p.is_sample,
            ]
            for p in listing.results[:MAX_EXPORT].iterator(chunk_size=1000)
        )
        return export(request, "重点项目", headers, rows, export_notes(request, listing, PROJECT_NOTES))
    return render(
        request,
        "dashboard/projects.html",
        {
            "listing": listing,
            "title": title or "重点项目",
            "has_sample": any(project.is_sample for project in listing.page.object_list),
        },
    )


def _rating(project: Any, name: str) -> Any:
    rating = getattr(project, "rating", None)
    value = getattr(rating, name, "") if rating else ""
    return value() if callable(value) else value


@require_GET
@cockpit_page
def industries(request: HttpRequest) -> HttpResponse:
    """Industries: targets of the year against actuals, and the projects of each."""
    on = today()
    years = cockpit.years_with_targets()
    year, notice = cockpit.chosen_year(request.GET.get("year", ""), years)
    targets = [target for target in cockpit.year_targets(year) if target.industry_id]
    by_industry: dict[int | None, list[Any]] = {}
    for target in targets:
        by_industry.setdefault(target.industry_id, []).append(target)
    ordered = cockpit.target_lines(targets, year=year, on=on)
    lines = {(line.label, line.is_sample): line for line in ordered}
    counts = {
        row["industry"]: row for row in KeyProject.objects.visible_to(request.user).counted().by_industry()
    }
    blocks = [
        {
            "industry": industry,
            "count": counts.get(industry.pk, {}).get("count", 0),
            "total": _known_total(counts.get(industry.pk)),
            "href": cockpit.rows_url("projects", industry=industry.slug),
            "lines": [
                lines[(t.indicator, t.is_sample)]
                for t in by_industry.get(industry.pk, [])
                if (t.indicator, t.is_sample) in lines
            ],
        }
        for industry in Industry.objects.filter(is_active=True)
    ]
    return render(
        request,
        "dashboard/industries.html",
        {
            "blocks": [b for b in blocks if b["count"] or b["lines"]],
            "year": year,
            "years": years,
            "notice": notice,
            "elapsed": cockpit.elapsed_percent(year, on),
            "has_sample": any(target.is_sample for target in targets),
        },
    )


def _known_total(row: dict[str, Any] | None) -> str:
    """The total investment of an industry's projects; no known amount is not an amount of zero."""
    if row is None:
        return ""
    return format_wan(row["total_wan"]) if row["total_wan"] else "未公布"


FINANCE_NOTES = [
    ("意向、授信、签约、放款", "各步按到达过该步的贷款计，金额为该步自己的金额，单位万元。"),
    ("中位天数", "从上一步到本步的自然日中位数。"),
]


@require_GET
@cockpit_page
def finance(request: HttpRequest) -> HttpResponseBase:
    """Loan intents with the pipeline over what is filtered."""
    reached = {
        "intent": Q(),
        "credit_approved": Q(credit_on__isnull=False),
        "contracted": Q(contracted_on__isnull=False),
        "drawn": Q(drawdowns__isnull=False, drawdowns__voided_at__isnull=True),
    }
    queryset = (
        LoanIntent.objects.visible_to(request.user).select_related("enterprise", "bank", "event").with_drawn()
    )
    listing = Listing(
        request,
        queryset,
        facets=[
            Facet("state", "进展", "state", choices=IntentState.choices),
            Facet(
                "reached",
                "到达过",
                bands=[
                    Band(state.value, str(state.label), reached[state.value])
                    for state in IntentState
                    if state.value in reached
                ],
                multi=True,
            ),
            Facet("bank", "金融机构", "bank_id", label_field="bank__name"),
        ],
        search=lambda rows, text: rows.filter(
            Q(number__icontains=text) | Q(enterprise__name__icontains=text)
        ),
        sorts={"new": ("最近意向", ["-intent_on"]), "amount": ("金额从大到小", ["-amount_wan"])},
        placeholder="企业或意向编号",
    )
    if request.GET.get("export"):
        headers = [
            "编号",
            "企业",
            "金融机构",
            "对接活动",
            "进展",
            "意向日期",
            "意向金额（万元）",
            "授信（万元）",
            "签约（万元）",
            "放款（万元）",
            "未成原因",
            "示例",
        ]
        rows = (
            [
                i.number,
                i.enterprise.name,
                i.bank.name,
                i.event and i.event.name,
                i.get_state_display(),
                i.intent_on,
                i.amount_wan,
                i.credit_wan,
                i.contract_wan,
                i.drawn_wan or None,
                i.get_drop_reason_display(),
                i.is_sample,
            ]
            for i in listing.results[:MAX_EXPORT].iterator(chunk_size=1000)
        )
        return export(request, "贷款意向", headers, rows, export_notes(request, listing, FINANCE_NOTES))
    pipeline = LoanIntent.objects.filter(pk__in=listing.results.order_by().values("pk")).pipeline()
    return render(
        request,
        "dashboard/finance.html",
        {
            "listing": listing,
            "pipeline": pipeline,
            "loan_bars": cockpit.loan_bars(pipeline),
            "drops": [
                {
                    "label": d.label,
                    "value": d.count,
                    "text": f"{d.count} 笔 · {format_wan(d.amount_wan)}",
                    "href": "",
                }
                for d in pipeline.drops
            ],
            "banks": [
                [b.name, *b.reached, format_wan(b.intended_wan), format_wan(b.drawn_wan)]
                for b in pipeline.banks
            ],
            "bank_headers": [
                "金融机构",
                *(str(step.label) for step in pipeline.steps),
                "意向金额",
                "放款金额",
            ],
            "has_sample": pipeline.has_samples,
        },
    )


HALL_NOTES = [
    ("按期", "决定日期不晚于应作出决定日；没有期限的事项不计入按期率。"),
    ("期限", "承诺时限（没有则法定时限），按工作日历计算，特别程序期间不计。"),
    ("日数", "从受理到决定的工作日。"),
]


@require_GET
@cockpit_page
def hall(request: HttpRequest) -> HttpResponseBase:
    """Cases behind the hall's figures: those that are open, or one month's decisions."""
    if not request.user.has_perm("services.view_case"):
        raise PermissionDenied("办件明细只对政务服务人员和领导开放。")
    on = today()
    cases = Case.objects.visible_to(request.user).counted()
    month, notice = _chosen_month(request, on)
    queue = request.GET.get("queue", "")
    scope = "在办办件"
    if month:
        end = next_month(month)
        cases, scope = (
            cases.filter(decided_on__gte=month, decided_on__lt=end),
            f"{month:%Y 年 %m 月}作出决定的办件",
        )
    elif queue == "late":
        shown = last_months(on)
        cases, scope = cases.late_between(shown[0], on), "近 13 个月逾期作出决定的办件"
    elif queue in cockpit.QUEUES:
        cases, scope = cases.in_queue(queue, on), cockpit.QUEUES[queue]
    else:
        cases = cases.open()
        if queue:
            notice = f"没有“{queue[:10]}”这个队列，已显示全部在办办件。"
    listing = Listing(
        request,
        cases.select_related("item", "department", "outlet"),
        facets=[
            Facet("state", "状态", "state", choices=CaseState.choices),
            Facet("department", "部门", "department_id", label_field="department__name"),
            Facet("outlet", "网点", "outlet_id", label_field="outlet__name"),
        ],
        search=lambda rows, text: rows.filter(
            Q(case_number__startswith=text) | Q(item__name__icontains=text)
        ),
        sorts={
            "due": ("期限从早到晚", [F("due_on").asc(nulls_last=True)]),
            "new": ("最近收件", [F("received_on").desc(nulls_last=True)]),
        },
        keep=("queue", "month"),
        placeholder="办件编号或事项",
    )
    if notice:
        listing.notices.append(notice)
    if request.GET.get("export"):
        headers = [
            "办件编号",
            "事项",
            "部门",
            "网点",
            "状态",
            "收件",
            "受理",
            "决定",
            "应作出决定日",
            "本环节期限",
            "示例",
        ]
        rows = (
            [
                c.case_number,
                c.item_name,
                c.department.name,
                c.outlet.name,
                c.get_state_display(),
                c.received_on,
                c.accepted_on,
                c.decided_on,
                c.decide_by,
                c.due_on,
                c.is_sample,
            ]
            for c in listing.results[:MAX_EXPORT].iterator(chunk_size=1000)
        )
        return export(request, "办件", headers, rows, export_notes(request, listing, HALL_NOTES))
    shown = last_months(on)
    by_department = (
        HallMonth.objects.filter(department__isnull=False, month__gte=shown[0])
        if cockpit.sees_county(request.user, "services.view_case")
        else HallMonth.objects.filter(
            department=getattr(request.user, "department_id", None), month__gte=shown[0]
        )
    )
    return render(
        request,
        "dashboard/hall.html",
        {
            "listing": listing,
            "scope": scope,
            "queues": cockpit.queue_links(Case.objects.visible_to(request.user).queue_counts(on)),
            "department_headers": ["部门", "收件", "决定", "按期率", "免提交材料"],
            "departments": _department_rows(by_department.select_related("department")),
            "ratings": satisfaction.panel(request.user, on),
            "has_sample": any(case.is_sample for case in listing.page.object_list),
        },
    )


def _chosen_month(request: HttpRequest, on: Any) -> tuple[Any, str]:
    asked = request.GET.get("month", "")
    if not asked:
        return None, ""
    known = {f"{month:%Y-%m}": month for month in last_months(on)}
    if asked in known:
        return known[asked], ""
    return None, f"只能查看近 13 个月，没有“{asked[:10]}”；已显示在办办件。"


def _department_rows(months: Any) -> list[list[Any]]:
    """Department, received, decided, on-time percent and materials nobody had to bring over the shown
    months, busiest first."""
    totals: dict[str, list[int]] = {}
    for row in months:
        total = totals.setdefault(row.department.name, [0] * 5)
        figures = (row.received, row.decided, row.with_limit, row.on_time, row.exempted)
        for place, value in enumerate(figures):
            total[place] += value
    return [
        [name, received, decided, f"{plain(on_time * 100 / limited, 1)}%" if limited else "—", exempted]
        for name, (received, decided, limited, on_time, exempted) in sorted(
            totals.items(), key=lambda i: -i[1][0]
        )
    ]
