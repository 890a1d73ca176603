"""The publication workflow of a policy, as one table.

Two people stand between a draft and the public: whoever edited a policy last cannot review it or
confirm it as in force.
"""

from typing import Any

from policies.cases import failures
from policies.choices import Publication
from policies.fact_labels import fresh_labels
from policies.models import IncentivePolicy
from policies.status import missing_for_force
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

REVIEW = "policies.review_incentivepolicy"
PUBLISH = "policies.publish_incentivepolicy"
CHANGE = "policies.change_incentivepolicy"


def not_own_work(policy: IncentivePolicy, user: Any) -> str | None:
    if user is not None and policy.edited_by_id is not None and policy.edited_by_id == user.pk:
        return "这份政策最后由您本人修改，须由另一位工作人员审核或核实。"
    return None


def gate(policy: IncentivePolicy, user: Any) -> str | None:
    """公平竞争审查: nothing is published as in force while something is missing."""
    missing = missing_for_force(policy)
    return f"不能按“有效”公开，还缺：{'；'.join(missing)}。可先按“待核实”公开。" if missing else None


def cases_hold(policy: IncentivePolicy, user: Any) -> str | None:
    """Every case of every clause gives what its officer expected. Two queries without cases, six with."""
    clauses = list(policy.clauses.prefetch_related("cases"))
    if not any(clause.cases.all() for clause in clauses):
        return None
    failed = failures(clauses, today(), fresh_labels())
    if not failed:
        return None
    more = f"等 {len(failed)} 处" if len(failed) > 3 else ""
    return f"条款用例没有通过：{'。'.join(failed[:3])}{more}。请先改正条款或用例，再公开。"


def not_yet_verified(policy: IncentivePolicy, user: Any) -> str | None:
    return "这份政策已核实为有效。" if policy.verified_on else None


def verified(policy: IncentivePolicy, user: Any) -> str | None:
    return None if policy.verified_on else "这份政策尚未核实为有效，无须转为待核实。"


def not_repealed(policy: IncentivePolicy, user: Any) -> str | None:
    return f"这份政策已于 {policy.repealed_on} 废止。" if policy.repealed_on else None


POLICY_WORKFLOW = register_check(
    Workflow(
        name="incentive_policy",
        states=Publication,
        initial=Publication.DRAFT,
        terminal=frozenset(),
        transitions=(
            Transition(
                "review",
                "审核通过",
                frozenset({Publication.DRAFT}),
                Publication.REVIEWED,
                REVIEW,
                guards=(not_own_work,),
                tone="primary",
            ),
            Transition(
                "return_to_draft",
                "退回修改",
                frozenset({Publication.REVIEWED}),
                Publication.DRAFT,
                REVIEW,
                needs_reason=True,
            ),
            Transition(
                "publish",
                "按“有效”公开",
                frozenset({Publication.REVIEWED}),
                Publication.PUBLISHED,
                PUBLISH,
                guards=(not_repealed, gate, cases_hold),
                confirm="公开后，企业会看到“有效”字样。确定公开？",
                tone="primary",
            ),
            Transition(
                "publish_unverified",
                "按“待核实”公开",
                frozenset({Publication.REVIEWED}),
                Publication.PUBLISHED,
                PUBLISH,
                guards=(cases_hold,),
            ),
            Transition(
                "verify",
                "核实为有效",
                frozenset({Publication.PUBLISHED}),
                None,
                PUBLISH,
                guards=(not_repealed, not_yet_verified, not_own_work, gate, cases_hold),
                confirm="核实后，企业会看到“有效”字样，内容不能再直接修改。确定核实？",
                tone="primary",
            ),
            Transition(
                "unverify",
                "转为待核实",
                frozenset({Publication.PUBLISHED}),
                None,
                PUBLISH,
                needs_reason=True,
                guards=(not_repealed, verified),
            ),
            Transition(
                "repeal",
                "废止",
                frozenset({Publication.PUBLISHED}),
                None,
                PUBLISH,
                needs_reason=True,
                guards=(not_repealed,),
                tone="danger",
            ),
            Transition(
                "withdraw",
                "撤下",
                frozenset({Publication.PUBLISHED}),
                Publication.WITHDRAWN,
                PUBLISH,
                needs_reason=True,
                tone="danger",
            ),
            Transition(
                "revise",
                "重新起草",
                frozenset({Publication.WITHDRAWN}),
                Publication.DRAFT,
                CHANGE,
            ),
        ),
    )
)
