"""The public figures of satisfaction: what the page and the API show, small cells left out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.choices_ratings import RatingGrade
from services.disclosure import SMALLEST, hidden_cells
from services.models.ratings import RatingInvitation
from services.querysets_ratings import NOTHING, SMALL, Satisfaction
from tuoxian_portal.core.months import month_of, previous_month

MONTHS = 13
NOTES = [
    ("范围", "近 13 个月办结、发出评价邀请的事项；按办结月份统计，邀请过期前收到的评价会补入。"),
    ("满意率", "非常满意、满意、基本满意之和占有效评价的比例。"),
    ("参评率", "收到评价的事项占发出邀请的事项的比例。"),
    ("有效评价", "存疑的评价在认定之前不计入；认定无效的不计入。"),
    ("不列出的数", f"少于 {SMALLEST} 份的不单列，以免认出评价人；评价少于 {SMALL} 份的标“样本不足”。"),
]


@dataclass(frozen=True)
class Line:
    """One line of a public table; `figures` is None where they are not shown."""

    label: str
    figures: Satisfaction | None

    @property
    def n(self) -> int | None:
        return self.figures.n if self.figures else None

    @property
    def satisfied_percent(self) -> Decimal | None:
        return self.figures.satisfied_percent if self.figures else None

    @property
    def response_percent(self) -> Decimal | None:
        return self.figures.response_percent if self.figures else None

    @property
    def is_small(self) -> bool:
        return self.figures is not None and self.figures.is_small


@dataclass(frozen=True)
class PublicFigures:
    """`grades` are (label, count) from best to worst, None for a count that is not shown. `total` is
    None while fewer than three ratings count."""

    since: date
    until: date
    total: Satisfaction | None
    grades: list[tuple[str, int | None]]
    months: list[Line]
    departments: list[Line]
    has_samples: bool


def shown_months(on: date) -> list[date]:
    """The first days of the `MONTHS` months that end with the month of `on`, oldest first."""
    months = [month_of(on)]
    while len(months) < MONTHS:
        months.append(previous_month(months[-1]))
    return months[::-1]


def public_figures(on: date) -> PublicFigures:
    """Four queries, whatever there is."""
    months = shown_months(on)
    rows = RatingInvitation.objects.between(months[0], on)
    total = rows.satisfaction()
    by_month = rows.satisfaction_by_month()
    by_department = rows.filter(department__isnull=False).satisfaction_by(
        "department__order", "department__name"
    )
    labels = [(f"{m:%Y-%m}", by_month.get(m, NOTHING)) for m in months]
    units = [(name, found) for (_, name), found in sorted(by_department.items())]
    return PublicFigures(
        since=months[0],
        until=on,
        total=total if total.n >= SMALLEST else None,
        grades=_grades(total) if total.n >= SMALLEST else [],
        months=_lines(labels),
        departments=_lines([(name, found) for name, found in units if found.invited]),
        has_samples=rows.samples().exists(),
    )


def _grades(total: Satisfaction) -> list[tuple[str, int | None]]:
    hidden = hidden_cells(total.grades)
    return [
        (str(RatingGrade(grade).label), None if grade in hidden else count)
        for grade, count in total.grades.items()
    ]


def _lines(rows: list[tuple[str, Satisfaction]]) -> list[Line]:
    hidden = hidden_cells({label: found.n for label, found in rows})
    return [Line(label, None if label in hidden else found) for label, found in rows]


def as_dict(figures: PublicFigures) -> dict[str, Any]:
    """The same for the API."""
    total = figures.total
    return {
        "since": figures.since,
        "until": figures.until,
        "n": total.n if total else None,
        "satisfied_percent": total.satisfied_percent if total else None,
        "response_percent": total.response_percent if total else None,
        "is_small": total.is_small if total else True,
        "grades": [{"name": label, "count": count} for label, count in figures.grades],
        "months": [_line(line) for line in figures.months],
        "departments": [_line(line) for line in figures.departments],
        "has_samples": figures.has_samples,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.label,
        "n": line.n,
        "satisfied_percent": line.satisfied_percent,
        "response_percent": line.response_percent,
        "is_small": line.is_small,
    }
