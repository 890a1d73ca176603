"""Policies and factor costs in the search box."""

from typing import Any

from django.urls import reverse

from policies.models import FactorPrice, IncentivePolicy
from tuoxian_portal.core.registries import SearchDocument, SearchSource, search_sources


def _policies() -> Any:
    return (
        IncentivePolicy.objects.published()
        .select_related("industry")
        .prefetch_related("clauses", "questions")
    )


def _policy_document(policy: IncentivePolicy) -> SearchDocument:
    clauses = "\n".join(f"{c.heading} {c.text} {c.amount_text}" for c in policy.clause_list)
    questions = "\n".join(f"{one.question} {one.answer}" for one in policy.questions.all())
    industry = policy.industry.name if policy.industry else ""
    return SearchDocument(
        title=policy.title,
        url=policy.get_absolute_url(),
        summary=policy.summary,
        body=f"{clauses}\n{questions}\n{policy.full_text}",
        keywords=f"{policy.document_number} {policy.issuing_body} {policy.objects_text} {industry}"
        f" {policy.get_theme_display()} {policy.get_level_display()} 能享受什么 政策匹配",
        date=policy.issued_on.isoformat() if policy.issued_on else "",
        ends_on=policy.last_day,
    )


def _price_document(price: FactorPrice) -> SearchDocument:
    return SearchDocument(
        title=f"{price.item}：{price.value_label}",
        url=f"{reverse('policies:costs')}#{price.code}",
        summary=f"{price.get_kind_display()}，{price.as_of_label}。{price.note}",
        keywords=f"{price.get_factor_display()} 要素成本 价格",
        date=price.as_of_date.isoformat() if price.as_of_date else "",
    )


search_sources.register(
    "policies", SearchSource("policies", "惠企政策", IncentivePolicy, _policies, _policy_document)
)
search_sources.register(
    "costs",
    SearchSource("costs", "要素成本", FactorPrice, FactorPrice.objects.published, _price_document),
)
