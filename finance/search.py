"""What the site's search box finds of finance: published products and events."""

from django.utils import timezone

from finance.models import LoanProduct, MatchmakingEvent
from tuoxian_portal.core.money import format_wan
from tuoxian_portal.core.registries import SearchDocument, SearchSource, search_sources


def product_document(product: LoanProduct) -> SearchDocument:
    return SearchDocument(
        title=product.name,
        url=product.get_absolute_url(),
        summary=f"{product.bank.name}：{product.audience}",
        body="\n".join(
            (
                product.amount_text,
                product.rate_text,
                product.term_text,
                product.security_text,
                product.conditions,
                product.materials,
            )
        ),
        keywords=f"{product.bank.name} 贷款 融资",
        date=timezone.localdate(product.published_at).isoformat() if product.published_at else "",
    )


def event_document(event: MatchmakingEvent) -> SearchDocument:
    figures = [
        f"{event.enterprises} 家企业" if event.enterprises else "",
        f"意向 {format_wan(event.intention_wan)}" if event.intention_wan else "",
        f"授信 {format_wan(event.credit_wan)}" if event.credit_wan else "",
    ]
    return SearchDocument(
        title=event.name,
        url=event.get_absolute_url(),
        summary="，".join(filter(None, figures)),
        body=event.summary,
        keywords="政银企对接会 贷款 融资 银行",
        date=event.held_on.isoformat() if event.held_on else "",
    )


search_sources.register(
    "loan-product",
    SearchSource(
        kind="loan-product",
        label="贷款产品",
        model=LoanProduct,
        queryset=lambda: LoanProduct.objects.published().select_related("bank"),
        document=product_document,
    ),
)
search_sources.register(
    "matchmaking-event",
    SearchSource(
        kind="matchmaking-event",
        label="政银企对接",
        model=MatchmakingEvent,
        queryset=MatchmakingEvent.objects.all,
        document=event_document,
    ),
)
