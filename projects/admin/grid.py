"""Entering a month for many projects at once: a grid of plain inputs, one form a row.

Works without scripts; `js/grid.js` adds arrows, Enter and pasting from Excel. What is right is saved, row by
row through `actions.save_report`; what is wrong comes back with what was typed, at its cell. Somebody who was
signed out meanwhile signs in on the same page and loses nothing.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from projects import actions
from projects.choices import ReportState
from projects.models import KeyProject, ProgressReport
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import EditConflict, PortalError
from tuoxian_portal.core.months import month_of, period_of, previous_month
from tuoxian_portal.directory.models import Department

ROWS = 50
MONTHS = 13
FIELDS = ("invested_month_wan", "physical_progress", "progress_text", "regress_reason")
EMPTY = "请填写；没有进展时填 0 或上月的数。"


class FigureField(forms.DecimalField):
    """A number as people type it: full-width digits and thousands separators are forgiven."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).replace(",", "").replace(" ", "").removesuffix("%")
        try:
            number = super().to_python(value)
            if number is not None and not number.is_finite():
                raise ValidationError("")
            return number
        except ValidationError:
            raise ValidationError(f"“{str(value)[:20]}”不是数字，请只填数字，例如 120.5。") from None


class RowForm(forms.Form):
    """One project's month. `seen` is the version that was shown, `was` a digest of what was shown."""

    invested_month_wan = FigureField(
        label="本月完成（万元）", required=False, min_value=0, max_digits=16, decimal_places=4
    )
    physical_progress = FigureField(
        label="形象进度（%）", required=False, min_value=0, max_value=100, max_digits=4, decimal_places=1
    )
    progress_text = forms.CharField(label="形象进度说明", required=False, max_length=2000)
    regress_reason = forms.CharField(label="回退理由", required=False, max_length=300)
    seen = forms.IntegerField(required=False)
    was = forms.CharField(required=False)


@dataclass
class Cell:
    """An input: its name, what stands in it, and what is wrong with it."""

    name: str
    label: str
    value: str
    errors: list[str] = field(default_factory=list)
    numeric: bool = False


@dataclass
class Row:
    """A project in the grid. `report` is None until its month is first saved."""

    project: Any
    report: ProgressReport | None
    cells: list[Cell]
    seen: str
    was: str
    errors: list[str] = field(default_factory=list)
    saved: bool = False
    conflict: bool = False

    @property
    def prefix(self) -> str:
        return f"r{self.project.pk}"

    @property
    def is_open(self) -> bool:
        return self.report is None or self.report.state == ReportState.DRAFT

    @property
    def has_errors(self) -> bool:
        return bool(self.errors or any(cell.errors for cell in self.cells))


def _text(value: Any) -> str:
    """A stored value as it stands in its input."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def _digest(values: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(value.strip() for value in values).encode()).hexdigest()[:16]


@dataclass
class Grid:
    """The page's rows for one month and one choice of projects."""

    month: date
    department: str
    missing: bool
    rows: list[Row]
    page: Any = None  # of the paginator; None when exactly the rows that were sent are shown
    number: int = 1

    @property
    def query(self) -> str:
        chosen = {"month": period_of(self.month), "department": self.department}
        if self.missing:
            chosen["missing"] = "1"
        if self.number > 1:
            chosen["page"] = str(self.number)
        return urlencode({name: value for name, value in chosen.items() if value})


def months() -> list[date]:
    """What may be chosen, newest first."""
    found = [month_of(today())]
    while len(found) < MONTHS:
        found.append(previous_month(found[-1]))
    return found


def read_grid(user: Any, data: Any, *, posted: bool = False) -> Grid:
    """The grid as it is stored; six queries, however many rows. Of a form that was sent exactly its
    rows, whatever has become of them meanwhile."""
    allowed = {period_of(month): month for month in months()}
    month = allowed.get(data.get("month", ""), previous_month(today()))
    asked = data.get("department", "")
    department = asked if re.fullmatch(r"\d{1,18}", asked, re.ASCII) else ""
    missing = data.get("missing") == "1"
    projects = KeyProject.objects.visible_to(user)
    reports = ProgressReport.objects.of_month(month)
    if posted:
        sent = [name for name in data if re.fullmatch(r"r\d{1,18}-was", name, re.ASCII)]
        projects = projects.filter(pk__in=[int(name[1:-4]) for name in sent[:ROWS]])
    else:
        projects = projects.assessed()
    if department and not posted:
        projects = projects.filter(department=int(department))
    if missing and not posted:
        projects = projects.exclude(pk__in=reports.order_by().values("project"))
    before = ProgressReport.objects.filter(project=OuterRef("pk"), month__lt=month).order_by("-month")
    projects = (
        projects.select_related("department")
        .with_totals(month.year, previous_month(month) if month.month > 1 else None)
        .annotate(
            before_progress=Subquery(before.values("physical_progress")[:1]),
            before_month=Subquery(before.values("month")[:1]),
        )
        .order_by("is_sample", "number")
    )
    page = None if posted else Paginator(projects, ROWS).get_page(data.get("page"))
    shown = list(projects if page is None else page.object_list)
    known = {r.project_id: r for r in reports.filter(project__in=[p.pk for p in shown])}
    number = page.number if page else _number(data.get("page", ""))
    rows = [stored_row(project, known.get(project.pk)) for project in shown]
    return Grid(month, department, missing, rows, page, number)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else 1


def stored_row(project: Any, report: ProgressReport | None) -> Row:
    values = [_text(getattr(report, name, None)) for name in FIELDS]
    cells = [
        Cell(f"r{project.pk}-{name}", str(RowForm.base_fields[name].label), value, numeric=index < 2)
        for index, (name, value) in enumerate(zip(FIELDS, values, strict=True))
    ]
    return Row(project, report, cells, str(report.version) if report else "", _digest(values))


def save_grid(grid: Grid, data: Any, actor: Any) -> tuple[int, int]:
    """Saves the rows of `grid` that were changed in `data`; returns how many were saved and refused.

    A row that somebody else saved meanwhile is refused by name; its new values are said, what was typed
    stays, and saving once more puts it over them knowingly.
    """
    saved = refused = 0
    for row in grid.rows:
        if f"{row.prefix}-was" not in data:
            continue  # came to the list after the page was opened
        typed = [data.get(f"{row.prefix}-{name}", "") for name in FIELDS]
        if _digest(typed) == data[f"{row.prefix}-was"]:
            continue
        if not row.is_open and row.report is not None:
            row.errors.append(
                f"进展{row.report.get_state_display()}，本行没有保存。如需修改，请先退回；您填的是："
                f"{'，'.join(value for value in typed if value)}"
            )
            refused += 1
            continue
        for cell, value in zip(row.cells, typed, strict=True):
            cell.value = value
        if _save_row(row, grid.month, data, actor):
            saved += 1
        else:
            refused += 1
            row.was = data[f"{row.prefix}-was"]
            if not row.conflict:
                row.seen = data.get(f"{row.prefix}-seen", "")
    return saved, refused


def _save_row(row: Row, month: date, data: Any, actor: Any) -> bool:
    form = RowForm(data, prefix=row.prefix)
    cells = dict(zip(FIELDS, row.cells, strict=True))
    form.full_clean()
    for name in ("invested_month_wan", "physical_progress"):
        if name not in form.errors and form.cleaned_data.get(name) is None:
            form.add_error(name, EMPTY)
    if form.errors:
        for name, problems in form.errors.items():
            (cells[name].errors if name in cells else row.errors).extend(str(p) for p in problems)
        return False
    values = {name: form.cleaned_data[name] for name in FIELDS}
    report, seen = row.report, form.cleaned_data["seen"]
    if report is not None and seen != report.version:
        row.conflict = True
        row.errors.append(_conflict(report))
        return False
    changed: list[str] = []
    if report is None:
        report = ProgressReport(project=row.project, month=month, **values)
    else:
        changed = [name for name, value in values.items() if getattr(report, name) != value]
        for name in changed:
            setattr(report, name, values[name])
        if not changed:  # only written differently
            row.saved = True
            return True
    try:
        saved = actions.save_report(report=report, actor=actor, changed=changed, version=seen)
    except EditConflict:  # between reading the grid and saving the row
        newest = ProgressReport.objects.get(pk=report.pk)
        row.conflict, row.seen = True, str(newest.version)
        row.errors.append(_conflict(newest))
    except PortalError as error:
        row.errors.append(error.message)
    except ValidationError as error:
        for name, problems in getattr(error, "message_dict", {"": error.messages}).items():
            (cells[name].errors if name in cells else row.errors).extend(problems)
    else:
        fresh = stored_row(row.project, saved)
        row.report, row.cells, row.seen, row.was = saved, fresh.cells, fresh.seen, fresh.was
        row.saved = True
        return True
    return False


def _conflict(report: ProgressReport) -> str:
    return (
        "您打开页面之后，别人已把本行存为："
        f"{_text(report.invested_month_wan)} 万元，{_text(report.physical_progress)}%"
        f"{'，' + report.progress_text if report.progress_text else ''}。您填的还在，核对后再按保存即以您的为准。"
    )


# --- The page ------------------------------------------------------------------------------------
def grid_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET shows a month, POST saves it. For people who enter reports."""
    if not request.user.has_perm("projects.add_progressreport"):
        raise PermissionDenied("您没有填报月度进展的权限。如需填报，请联系系统管理员开通项目专员角色。")
    data = request.POST if request.method == "POST" else request.GET
    grid = read_grid(request.user, data, posted=request.method == "POST")
    saved = refused = 0
    if request.method == "POST":
        saved, refused = save_grid(grid, request.POST, request.user)
        handed_in = 0
        if not refused and "submit" in request.POST:
            handed_in = _submit(grid, request)
        if not refused:
            if saved or handed_in:
                more = f"，提交 {handed_in} 行待审核" if handed_in else ""
                messages.success(request, f"{grid.month:%Y年%m月}：保存 {saved} 行{more}。")
            else:
                messages.info(request, "没有改动，无需保存。")
            return HttpResponseRedirect(f"{request.path}?{grid.query}")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"批量填报 {grid.month:%Y年%m月}",
        "opts": model_admin.opts,
        "grid": grid,
        "months": [(period_of(month), f"{month:%Y年%m月}") for month in months()],
        "departments": Department.objects.filter(
            Q(pk__in=KeyProject.objects.visible_to(request.user).assessed().order_by().values("department"))
        ),
        "saved": saved,
        "refused": [row for row in grid.rows if row.has_errors],
        "may_submit": request.user.has_perm("projects.submit_report"),
    }
    return TemplateResponse(request, "projects/admin/grid.html", context, status=400 if refused else 200)


def _submit(grid: Grid, request: HttpRequest) -> int:
    """Hands in the page's drafts; each refusal is said."""
    count = 0
    for row in grid.rows:
        if row.report is None or row.report.state != ReportState.DRAFT:
            continue
        try:
            actions.submit_report(report=row.report, actor=request.user, version=row.report.version)
        except PortalError as error:
            messages.error(request, f"{row.project.name}：{error.message}")
        else:
            count += 1
    return count


def signing_in_keeps_what_was_typed(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The door of the page: a POST after the session has ended asks for the password and goes on."""
    if request.method == "POST" and not request.user.is_authenticated:
        asked = "signing-in" in request.POST
        form = AuthenticationForm(request, data=request.POST if asked else None)
        if not asked or not form.is_valid():
            kept = [
                (name, value)
                for name, values in request.POST.lists()
                if name not in {"csrfmiddlewaretoken", "username", "password", "signing-in"}
                for value in values
            ]
            context = {"form": form, "kept": kept, "title": "登录已过期"}
            return TemplateResponse(
                request, "projects/admin/grid_expired.html", context, status=403 if not asked else 400
            )
        login(request, form.get_user())
    view = model_admin.admin_site.admin_view(lambda r: grid_view(model_admin, r))
    return view(request)
