"""The papers of a rectification. The invitation is a paper of its case, see `papers.compose`."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from services.choices_ratings import CallBackVerdict, RatingGrade
from services.models.ratings import RatingRemediation, RemediationPaper
from services.papers.compose import content_of
from services.papers.texts import PAPERS
from tuoxian_portal.core.chinese import plain_date

LABELS = {
    "number": "整改编号",
    "rating": "评价编号",
    "grade": "评价",
    "rated": "评价日期",
    "about": "办理事项",
    "deadline": "整改期限",
}


def new_remediation_paper(
    kind: str, remediation: RatingRemediation, *, sequence: int, at: datetime, by: Any = None
) -> RemediationPaper:
    """An unsaved paper whose content is frozen. It names the matter, never the applicant."""
    rating, number = remediation.rating, f"{remediation.number}-{sequence:02d}"
    said = [*rating.tag_names, *([rating.comment] if rating.comment else [])]
    context = {
        "number": remediation.number,
        "rating": rating.number,
        "grade": str(RatingGrade(rating.grade).label),
        "rated": plain_date(timezone.localdate(rating.rated_at)),
        "about": rating.invitation.title,
        "deadline": plain_date(remediation.due_on),
        "department": remediation.department.name if remediation.department else remediation.outlet.name,
        "outlet": remediation.outlet.name,
        "comment": "；".join(said) or "（未填写）",
        "finding": remediation.finding,
        "answer": f"整改答复：{remediation.answer}" if remediation.answer else "",
        "call": _call(remediation),
        "closing": _closing(remediation),
    }
    content = content_of(
        PAPERS[kind],
        context,
        number=number,
        on=timezone.localdate(at),
        place=remediation.outlet.name,
        by=by,
        labels=LABELS,
    )
    return RemediationPaper(
        remediation=remediation, kind=kind, number=number, content=content, created_at=at, created_by=by
    )


def _call(remediation: RatingRemediation) -> str:
    if not remediation.verdict:
        return ""
    verdict = CallBackVerdict(remediation.verdict).label
    return f"回访情况：{verdict}。{remediation.call_note}"


def _closing(remediation: RatingRemediation) -> str:
    if not remediation.answer:
        return "处理结果：经核实不属实，终结整改，评价不计入统计。"
    return f"办结意见：{remediation.closing_note}"
