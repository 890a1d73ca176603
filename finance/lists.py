"""Banks' products and events as lists to follow."""

from django.urls import reverse

from finance.models import LoanProduct, MatchmakingEvent
from finance.views import event_figures, event_listing, product_listing
from tuoxian_portal.core.lists import ListEntry, PublicList, public_lists, revision_of


def _product(product: LoanProduct) -> ListEntry:
    terms = [product.amount_text, product.rate_text, product.term_text, product.security_text]
    return ListEntry(
        key=product.slug,
        title=product.name,
        url=product.get_absolute_url(),
        updated=max(product.updated_at, product.published_at or product.updated_at),
        summary=product.audience,
        labels=tuple(
            label
            for label in (product.bank.name, f"利率 {product.rate_text}" if product.rate_text else "")
            if label
        ),
        is_sample=product.is_sample,
        revision=revision_of(
            product.name,
            product.audience,
            product.conditions,
            product.materials,
            *terms,
            product.valid_until,
            product.published_at,
        ),
    )


def _event(event: MatchmakingEvent) -> ListEntry:
    figures = [f"{label} {value}" for label, value, _ in event_figures(event)]
    when = event.held_on.isoformat() if event.held_on else event.date_text
    return ListEntry(
        key=event.slug,
        title=event.name,
        url=f"{reverse('finance:list')}#{event.slug}",
        updated=event.updated_at,
        summary=event.summary,
        labels=tuple(label for label in (when, event.place, *figures) if label),
        is_sample=event.is_sample,
        revision=revision_of(event.name, event.summary, when, event.place, figures),
    )


public_lists.register(
    "finance-products",
    PublicList("finance-products", "贷款产品", "finance:list", product_listing, _product),
)
public_lists.register(
    "finance-events", PublicList("finance-events", "政银企对接活动", "finance:list", event_listing, _event)
)
