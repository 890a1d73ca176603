"""好差评 for officials: the same figures as the public's, over what the person sees, nothing left out."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from services.choices_ratings import RatingGrade
from services.models import RatingInvitation, RatingRemediation
from services.querysets_ratings import NOTHING, SMALL, Satisfaction
from services.satisfaction import NOTES
from tuoxian_portal.core.money import plain
from tuoxian_portal.dashboard.figures import last_months

HEADERS = ["", "邀请", "收到", "参评率", "有效评价", "满意率"]
QUEUES = {
    "verifying": "差评待核实",
    "rectifying": "差评整改中",
    "calling_back": "差评待回访",
    "overdue": "差评整改超期",
}


@dataclass(frozen=True)
class SatisfactionPanel:
    """What the hall's page shows of ratings."""

    finding: str
    bars: list[dict[str, Any]]
    months: list[list[Any]]
    departments: list[list[Any]]
    queues: list[tuple[str, int, str]]
    headers: list[str]
    notes: list[tuple[str, str]]


def panel(user: Any, on: date) -> SatisfactionPanel:
    """Four queries: all together, by month, by department, and the queues of rectification."""
    shown = last_months(on)
    rows = RatingInvitation.objects.visible_to(user).between(shown[0], on)
    total, by_month = rows.satisfaction(), rows.satisfaction_by_month()
    by_department = rows.filter(department__isnull=False).satisfaction_by("department__name")
    busiest = sorted(by_department.items(), key=lambda item: -item[1].invited)
    counts = RatingRemediation.objects.visible_to(user).queue_counts(on)
    return SatisfactionPanel(
        finding=_finding(total),
        bars=_bars(user, total),
        months=[_row(f"{month:%Y-%m}", by_month.get(month, NOTHING)) for month in shown],
        departments=[_row(name, found) for name, found in busiest],
        queues=[(label, counts[name], _rectifications(name)) for name, label in QUEUES.items()],
        headers=HEADERS,
        notes=[note for note in NOTES if note[0] != "不列出的数"]
        + [("样本不足", f"有效评价少于 {SMALL} 份，比例只作参考。")],
    )


def _rectifications(queue: str) -> str:
    return f"{reverse('admin:services_ratingremediation_changelist')}?queue={queue}"


def _finding(total: Satisfaction) -> str:
    if total.satisfied_percent is None:
        return "近 13 个月还没有有效评价"
    text = f"近 13 个月有效评价 {total.n} 份，满意率 {plain(total.satisfied_percent, 1)}%"
    text += f"，参评率 {plain(total.response_percent or 0, 1)}%"
    return text + ("（样本不足）" if total.is_small else "")


def _bars(user: Any, total: Satisfaction) -> list[dict[str, Any]]:
    """The five grades, each leading to its ratings for those who may read them."""
    ratings = reverse("admin:services_servicerating_changelist")
    may = user.has_perm("services.view_servicerating")
    return [
        {
            "label": str(RatingGrade(grade).label),
            "value": count,
            "text": f"{count} 份",
            "href": f"{ratings}?grade__exact={grade}" if may and count else "",
        }
        for grade, count in total.grades.items()
    ]


def _row(label: str, found: Satisfaction) -> list[Any]:
    def share(value: Any) -> str:
        return "—" if value is None else f"{plain(value, 1)}%"

    small = "（样本不足）" if found.n and found.is_small else ""
    return [
        label,
        found.invited,
        found.rated,
        share(found.response_percent),
        found.n,
        share(found.satisfied_percent) + small,
    ]
