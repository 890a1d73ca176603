"""Whether a policy is in force, and what keeps it from being shown so.

The rule (公平竞争审查条例, in force since 2024-08-01, and the county's own caution): nothing is shown as
in force without document number, legal basis, fair-competition review and an end or review date,
and without an officer who confirmed it. The same table is written twice, for one record in Python
(`status_on`) and for many rows in SQL (`status_case`); a property test holds them together.
"""

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Q, Value, When
from django.db.models.functions import Coalesce

from policies.choices import Nature, Status

if TYPE_CHECKING:
    from policies.models import IncentivePolicy

EXPIRING_WITHIN = timedelta(days=90)

# Words by which a clause rewards tax paid. A flag for the officer to read, not a verdict.
TAX_WORDS = re.compile(r"纳税|缴税|税额|税收贡献|税收返还|地方经济贡献|地方财政贡献|地方留成|级留成")


def missing_fields(policy: "IncentivePolicy") -> list[str]:
    """What the record itself lacks to be shown as in force, in the officer's words; no query."""
    missing = []
    if policy.nature != Nature.DOCUMENT:
        missing.append(f"性质为“{policy.get_nature_display()}”，不是已印发的政策文件")
    if not policy.document_number.strip():
        missing.append("文号")
    if not policy.legal_basis.strip():
        missing.append("法律依据")
    if policy.fair_competition_reviewed_on is None:
        missing.append("公平竞争审查日期")
    if not policy.fair_competition_reviewed_by.strip():
        missing.append("公平竞争审查机关")
    if policy.expires_on is None and policy.review_on is None:
        missing.append("有效期至或复审日期")
    return missing


def missing_for_force(policy: "IncentivePolicy") -> list[str]:
    """The gate: `missing_fields` and what its clauses and dates add. One query for the clauses."""
    missing = missing_fields(policy)
    tied = [str(clause.order) for clause in policy.clause_list if clause.tied_to_tax]
    if tied:
        missing.append(f"第 {'、'.join(tied)} 条与纳税挂钩，须先按公平竞争审查条例修改或删除")
    return missing


def status_on(policy: "IncentivePolicy", day: date) -> Status:
    """Whether `policy` is in force on `day`. First match wins; the end of the list is the gate."""
    if policy.repealed_on is not None and policy.repealed_on <= day:
        return Status.REPEALED
    if policy.expires_on is not None and policy.expires_on < day:
        return Status.EXPIRED
    if policy.verified_on is None or missing_fields(policy):
        return Status.UNVERIFIED
    if policy.review_on is not None and policy.review_on < day:
        return Status.UNVERIFIED
    start = policy.in_force_from or policy.issued_on
    if start is not None and start > day:
        return Status.UPCOMING
    if policy.expires_on is not None and policy.expires_on <= day + EXPIRING_WITHIN:
        return Status.EXPIRING
    return Status.IN_FORCE


def status_case(day: date) -> Case:
    """`status_on` as an SQL expression."""
    gate_open = Q(
        nature=Nature.DOCUMENT,
        verified_on__isnull=False,
        fair_competition_reviewed_on__isnull=False,
    ) & (Q(expires_on__isnull=False) | Q(review_on__isnull=False))
    for name in ("document_number", "legal_basis", "fair_competition_reviewed_by"):
        gate_open &= Q(**{f"{name}__regex": r"\S"})
    return Case(
        When(repealed_on__lte=day, then=Value(Status.REPEALED.value)),
        When(expires_on__lt=day, then=Value(Status.EXPIRED.value)),
        When(~gate_open, then=Value(Status.UNVERIFIED.value)),
        When(review_on__lt=day, then=Value(Status.UNVERIFIED.value)),
        When(starts_on__gt=day, then=Value(Status.UPCOMING.value)),
        When(expires_on__lte=day + EXPIRING_WITHIN, then=Value(Status.EXPIRING.value)),
        default=Value(Status.IN_FORCE.value),
        output_field=CharField(),
    )


def starts_on() -> Coalesce:
    """The first day of force as an SQL expression; null when it is not known."""
    return Coalesce("in_force_from", "issued_on")


def reason_on(policy: "IncentivePolicy", day: date) -> str:
    """Why `status_on` says what it says, in one sentence for the public."""
    status = status_on(policy, day)
    if status == Status.REPEALED:
        successor = policy.replaced_by
        by = f"，由《{successor.title}》取代" if successor and successor.is_published else ""
        return f"已于 {policy.repealed_on} 废止{by}。"
    if status == Status.EXPIRED:
        return f"有效期至 {policy.expires_on}，现已失效。"
    if status == Status.UPCOMING:
        return f"自 {policy.in_force_from or policy.issued_on} 起施行。"
    if status == Status.EXPIRING:
        return f"有效期至 {policy.expires_on}，将在三个月内到期。"
    if status == Status.IN_FORCE:
        if policy.expires_on:
            return f"已通过公平竞争审查，有效期至 {policy.expires_on}。"
        return f"已通过公平竞争审查，将于 {policy.review_on} 复审。"
    if policy.nature == Nature.CONSULTATION:
        return "这是征求意见稿，不是正式印发的文件，不能作为申报依据。"
    if policy.nature == Nature.MECHANISM:
        return "这是工作机制的名称，不是政策文件；具体做法以窗口答复为准。"
    if policy.verified_on and policy.review_on and policy.review_on < day and not missing_fields(policy):
        return f"复审日期 {policy.review_on} 已过，正在重新核实是否继续执行。"
    if missing := missing_fields(policy):
        return f"尚未核实是否有效：缺{'、'.join(missing)}。以发文机关公布为准。"
    return "尚未由县里核实是否有效，以发文机关公布为准。"
