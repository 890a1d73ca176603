"""What may be done with a loan intent, a demand and a product, in which state, and by whom."""

from typing import Any

from finance.choices import DemandState, IntentState, ProductState
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

LIVE = frozenset({IntentState.INTENT, IntentState.CREDIT_APPROVED, IntentState.CONTRACTED})

INTENT_WORKFLOW = register_check(
    Workflow(
        name="loan_intent",
        states=IntentState,
        initial=IntentState.INTENT,
        terminal=frozenset({IntentState.DROPPED}),
        transitions=(
            Transition(
                "approve_credit",
                "登记授信",
                frozenset({IntentState.INTENT}),
                IntentState.CREDIT_APPROVED,
                "finance.advance_loanintent",
                tone="primary",
            ),
            Transition(
                "sign_contract",
                "登记签约",
                frozenset({IntentState.CREDIT_APPROVED}),
                IntentState.CONTRACTED,
                "finance.advance_loanintent",
                tone="primary",
            ),
            Transition(
                "record_drawdown",
                "登记放款",
                frozenset({IntentState.CONTRACTED, IntentState.DRAWN}),
                IntentState.DRAWN,
                "finance.advance_loanintent",
                guards=(
                    lambda intent, user: (
                        None if intent.undrawn_wan > 0 else "合同金额已全部放款，不能再登记。"
                    ),
                ),
                tone="primary",
            ),
            Transition(
                "void_drawdown",
                "作废放款",
                frozenset({IntentState.DRAWN}),
                None,
                "finance.correct_loanintent",
                needs_reason=True,
            ),
            Transition(
                # When the last payment was voided there is only the contract left.
                "return_to_contract",
                "退回签约",
                frozenset({IntentState.DRAWN}),
                IntentState.CONTRACTED,
                None,
            ),
            Transition(
                "drop_intent",
                "登记未成",
                LIVE,
                IntentState.DROPPED,
                "finance.drop_loanintent",
                confirm="登记未成后，这笔意向不能再推进。",
                tone="danger",
            ),
            Transition(
                "correct_intent",
                "更正",
                frozenset(IntentState),
                None,
                "finance.correct_loanintent",
                needs_reason=True,
            ),
        ),
    )
)

DEMAND_WORKFLOW = register_check(
    Workflow(
        name="financing_demand",
        states=DemandState,
        initial=DemandState.OPEN,
        terminal=frozenset({DemandState.MET, DemandState.CLOSED}),
        transitions=(
            Transition(
                "meet_demand",
                "登记已落实",
                frozenset({DemandState.OPEN}),
                DemandState.MET,
                "finance.close_financingdemand",
                tone="primary",
            ),
            Transition(
                "close_demand",
                "终止",
                frozenset({DemandState.OPEN}),
                DemandState.CLOSED,
                "finance.close_financingdemand",
                needs_reason=True,
                tone="danger",
            ),
        ),
    )
)


def _unsourced(product: Any, user: Any) -> str | None:
    if product.has_source and product.source_date:
        return None
    return "发布前须写明来源标题和来源日期（例如银行产品页及其日期）。"


def _expired(product: Any, user: Any) -> str | None:
    return "有效期已过，请先更新有效期。" if product.is_expired else None


PRODUCT_WORKFLOW = register_check(
    Workflow(
        name="loan_product",
        states=ProductState,
        initial=ProductState.DRAFT,
        terminal=frozenset(),
        transitions=(
            Transition(
                "publish_product",
                "发布",
                frozenset({ProductState.DRAFT, ProductState.WITHDRAWN}),
                ProductState.PUBLISHED,
                "finance.publish_loanproduct",
                guards=(_unsourced, _expired),
                tone="primary",
            ),
            Transition(
                "withdraw_product",
                "下架",
                frozenset({ProductState.PUBLISHED}),
                ProductState.WITHDRAWN,
                "finance.publish_loanproduct",
                needs_reason=True,
                tone="danger",
            ),
        ),
    )
)
