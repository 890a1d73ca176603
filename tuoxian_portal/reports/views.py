"""The archive of reports for those who may read them; never under a media URL."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.export import disposition
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.registries import ReportKind, report_kinds
from tuoxian_portal.core.reporting import UNITS, cell_text, on_paper
from tuoxian_portal.reports import actions
from tuoxian_portal.reports.forms import RequestForm, RerunForm
from tuoxian_portal.reports.models import ReportFile, ReportRun
from tuoxian_portal.reports.periods import clean_period, label_of, months_before

OFFERED_MONTHS = 12
PREVIEW_ROWS = 10
may_read = permission_required("reports.view_reportrun", raise_exception=True)


def readable_kinds(user: Any) -> list[ReportKind]:
    return [kind for kind in report_kinds if user.has_perm(kind.permission)]


def open_jobs(user: Any) -> list[dict[str, Any]]:
    """Reports being made. Only whoever asked (or may see jobs) can follow the bar."""
    jobs = Job.objects.filter(kind=actions.JOB, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    sees_all = user.has_perm("core.view_job")
    return [{"job": job, "own": sees_all or job.requested_by_id == user.pk} for job in jobs[:10]]


def failed_jobs(waiting: dict[str, list[str]]) -> list[Job]:
    """The newest failure of each period that still has no report."""
    found: dict[str, Job] = {}
    for job in Job.objects.filter(kind=actions.JOB, state=Job.State.FAILED).order_by("-created_at")[:50]:
        if job.payload.get("period") in waiting.get(job.payload.get("kind", ""), []):
            found.setdefault(job.dedupe_key, job)
    return list(found.values())


def files_of(run: ReportRun) -> list[dict[str, Any]]:
    order = {format_: number for number, format_ in enumerate(ReportFile.CONTENT_TYPES)}
    return [
        {
            "label": file.get_format_display(),
            "url": file.get_absolute_url(),
            "size": f"{max(1, file.size // 1024)} KB",
        }
        for file in sorted(run.files.all(), key=lambda f: order[ReportFile.Format(f.format)])
    ]


@login_required
@may_read
def index(request: HttpRequest) -> HttpResponse:
    """The archive, newest month first, files one click away; and the button for a missing month."""
    runs = (
        ReportRun.objects.visible_to(request.user)
        .current()
        .without_figures()
        .prefetch_related("files")
        .select_related("produced_by")
    )
    kinds = readable_kinds(request.user)
    listing = Listing(
        request,
        runs,
        facets=[Facet("kind", "报告", "kind", choices=[(k.kind, k.title) for k in kinds])]
        if len(kinds) > 1
        else [],
        sorts={"new": ("最新月份", ["-period", "kind"]), "old": ("最早月份", ["period", "kind"])},
        page_size=12,
    )
    offered = months_before(today(), OFFERED_MONTHS)
    done = set(runs.filter(period__in=offered).values_list("kind", "period"))
    waiting = {k.kind: [p for p in offered if (k.kind, p) not in done] for k in kinds}
    may_produce = request.user.has_perm("reports.produce_reportrun")
    context = {
        "listing": listing,
        "rows": [{"run": run, "files": files_of(run)} for run in listing.page],
        "forms": [
            {"kind": k, "form": RequestForm(periods=waiting[k.kind], auto_id=f"{k.kind}_%s")}
            for k in kinds
            if may_produce and waiting[k.kind]
        ],
        "open_jobs": open_jobs(request.user),
        "failed_jobs": failed_jobs(waiting),
        "crumbs": [("首页", "/"), ("报告", "")],
        "due_day": actions.DUE_DAY,
        "has_sample": any(run.has_samples for run in listing.page),
    }
    return render(request, "reports/index.html", context)


@login_required
@may_read
@require_POST
def produce(request: HttpRequest, kind: str) -> HttpResponse:
    """Asks for a report, or for one made anew when a reason is given."""
    period = request.POST.get("period", "")
    reason = request.POST.get("reason", "").strip()[:300]
    try:
        if "reason" in request.POST and not reason:
            messages.error(request, "重新生成须写明理由。")
            return redirect("reports:detail", period=clean_period(period))
        outcome = actions.request_report(kind=kind, period=period, actor=request.user, reason=reason)
    except PortalError as error:
        messages.error(request, error.message)
        return redirect("reports:list")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect("reports:list")
    if isinstance(outcome, ReportRun):
        messages.info(request, f"{outcome.period_label}的报告已经生成过，直接下载即可。")
        return redirect(outcome)
    outcome.refresh_from_db()
    if outcome.state == Job.State.QUEUED and outcome.published_at is None:
        messages.warning(
            request, "任务队列暂时连不上。请求已经记下，恢复后会自动生成，不必再点；稍后刷新本页查看。"
        )
    elif outcome.state == Job.State.SUCCEEDED:
        return redirect(outcome.result_url)
    return redirect("reports:list")


def headline_of(run: ReportRun) -> list[dict[str, str]]:
    return [
        {
            "label": item["label"],
            "value": cell_text(item["value"], item["kind"]),
            "unit": "" if item["kind"] == "percent" or item["value"] is None else UNITS.get(item["kind"], ""),
            "note": item["note"],
        }
        for item in run.figures["headline"]
    ]


def sections_of(run: ReportRun) -> list[dict[str, Any]]:
    """The sections as the page shows them: short tables only, the long ones are in the files."""
    sections = []
    for section in run.figures["sections"]:
        tables = []
        for table in section["tables"]:
            printed = on_paper({**table, "print_rows": PREVIEW_ROWS}, portrait=True)
            tables.append(
                {
                    "caption": f"{table['caption']}（{printed.unit}）" if printed.unit else table["caption"],
                    "headers": printed.headers,
                    "rows": printed.rows,
                    "note": printed.note,
                }
            )
        sections.append({**section, "tables": tables})
    return sections


OPEN_SHOWN = 20


def open_records(run: ReportRun, user: Any) -> dict[str, Any]:
    """What the month counts and is open today, and whether this person may close it."""
    closing = report_kinds[run.kind].closing
    found = closing.left_open(run.period) if closing else []
    return {
        "total": len(found),
        "shown": found[:OPEN_SHOWN],
        "may_close": bool(closing and user.has_perm(closing.permission)),
    }


@login_required
@may_read
def detail(request: HttpRequest, period: str) -> HttpResponse:
    """One month: main figures, the text, the files, and the versions before."""
    try:
        clean_period(period)
    except ValidationError as error:
        raise Http404 from error
    runs = list(
        ReportRun.objects.visible_to(request.user)
        .filter(period=period)
        .prefetch_related("files")
        .select_related("produced_by", "supersedes")
        .order_by("kind", "-revision")
    )
    current = [run for run in runs if run.state == ReportRun.State.CURRENT]
    if not current:
        raise Http404
    may_rerun = request.user.has_perm("reports.rerun_reportrun")
    context = {
        "period": period,
        "period_label": label_of(period),
        "reports": [
            {
                "run": run,
                "files": files_of(run),
                "headline": headline_of(run),
                "sections": sections_of(run),
                "notes": run.figures["notes"],
                "warnings": run.figures.get("warnings", []),
                "open": open_records(run, request.user),
                "made": [
                    ("生成时间", run.produced_at),
                    ("生成人", str(run.produced_by) if run.produced_by else "系统按期生成"),
                    ("版次", f"第 {run.revision} 版" + (f"，理由：{run.reason}" if run.reason else "")),
                ],
                "older": [
                    {"run": old, "files": files_of(old)}
                    for old in runs
                    if old.kind == run.kind and old.state == ReportRun.State.SUPERSEDED
                ],
                "form": RerunForm(auto_id=f"{run.kind}_%s") if may_rerun else None,
            }
            for run in current
        ],
        "crumbs": [("首页", "/"), ("报告", "/reports/"), (label_of(period), "")],
        "has_sample": any(run.has_samples for run in current),
    }
    return render(request, "reports/detail.html", context)


@login_required
@may_read
@require_POST
def close(request: HttpRequest, period: str, kind: str) -> HttpResponse:
    """Freezes, with one click, what the report counts and is still open."""
    try:
        closed = actions.close_period(kind=kind, period=period, actor=request.user)
    except PortalError as error:
        messages.error(request, error.message)
        return redirect("reports:list")
    except ValidationError as error:
        raise Http404 from error
    if closed:
        messages.success(request, f"已冻结 {closed} 个月份。文件里的标注在重新生成后更新。")
    else:
        messages.warning(request, "没有可以冻结的月份。仍未冻结的，请先按下方所列原因处理。")
    return redirect("reports:detail", period=period)


@login_required
@may_read
def file(request: HttpRequest, period: str, kind: str, revision: int, format: str) -> FileResponse:
    """A file, for those who may read the report; its name is Chinese (RFC 5987)."""
    run = get_object_or_404(
        ReportRun.objects.visible_to(request.user).without_figures(),
        period=period,
        kind=kind,
        revision=revision,
    )
    found = get_object_or_404(run.files.all(), format=format)
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("文件不在存储中，请联系系统管理员从备份恢复。") from error
    response = FileResponse(content, content_type=found.content_type)
    response.headers["Content-Disposition"] = disposition(found.filename)
    response.headers["Cache-Control"] = "private, no-store"
    return response
