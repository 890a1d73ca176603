"""The library of policies and the prices of factors as lists to follow."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from policies.models import FactorPrice, IncentivePolicy, PolicyClause
from policies.models.price import label_of
from policies.views import policy_listing
from policies.views_costs import price_listing
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.lists import ListEntry, PublicList, public_lists, revision_of


def _terms(clause: PolicyClause) -> list[Any]:
    """What a clause promises, to whom, and what it asks for."""
    fields = [clause.order, clause.heading, clause.text, clause.amount_text, clause.condition, clause.formula]
    fields += [
        clause.cap_wan,
        clause.recurrence,
        clause.years,
        clause.mode,
        clause.payer,
        clause.opens_on,
        clause.closes_on,
    ]
    fields += [clause.review_within_days, clause.objection_days, clause.pay_within_days]
    return [*fields, clause.service_item_id, [(row.material_id, row.note) for row in clause.materials.all()]]


def _entry(policy: IncentivePolicy) -> ListEntry:
    """A new clause, other terms of one, another date, a policy confirmed, expiring, repealed or published again is news."""
    status = policy.status_on(today())
    return ListEntry(
        key=policy.slug,
        title=policy.title,
        url=policy.get_absolute_url(),
        updated=max(policy.updated_at, policy.published_at or policy.updated_at),
        summary=policy.summary,
        labels=tuple(
            str(label)
            for label in (
                status.label,
                policy.get_level_display(),
                policy.document_number,
                policy.issuing_body,
            )
            if label
        ),
        is_sample=policy.is_sample,
        revision=revision_of(
            policy.title,
            policy.summary,
            policy.full_text,
            policy.document_number,
            policy.issuing_body,
            policy.objects_text,
            policy.issued_label,
            policy.in_force_from,
            policy.expires_on,
            policy.theme,
            policy.level,
            policy.industry_id,
            policy.published_at,
            policy.verified_on,
            status,
            [_terms(clause) for clause in policy.clause_list],
            [attachment.sha256 for attachment in policy.attachments.all()],
        ),
    )


public_lists.register(
    "policies",
    PublicList(
        kind="policies",
        label="惠企政策",
        url_name="policies:list",
        listing=policy_listing,
        entry=_entry,
        prepare=lambda rows: (
            rows.defer(None)  # all of it: the list reads what its cards show
            .select_related("industry", "replaced_by")
            .prefetch_related("clauses__materials", "attachments")
        ),
    ),
)


def _with_previous(prices: QuerySet) -> QuerySet:
    """Each price with the one before it in its series (see `policies.costs.series`)."""
    earlier = (
        FactorPrice.objects.published()
        .filter(
            **{name: OuterRef(name) for name in ("factor", "item", "kind", "unit", "is_sample")},
            as_of_date__lt=OuterRef("as_of_date"),
            value__isnull=False,
        )
        .order_by("-as_of_date", "-pk")
    )
    return prices.annotate(
        previous_value=Subquery(earlier.values("value")[:1]),
        previous_date=Subquery(earlier.values("as_of_date")[:1]),
    )


def _price(price: FactorPrice) -> ListEntry:
    """A new date, another value, unit, kind or tax is news."""
    before = ""
    if price.value is not None and price.previous_value is not None:  # type: ignore[attr-defined]  # annotated above
        old = label_of(price.previous_value, price.unit)  # type: ignore[attr-defined]
        before = f"此前 {old}（{price.previous_date}）"  # type: ignore[attr-defined]
    when = price.as_of_label or "日期不详"
    return ListEntry(
        key=price.code,
        title=f"{price.item}：{price.value_label}",
        url=price.get_absolute_url(),
        updated=price.updated_at,
        summary="。".join(part for part in (before, price.note) if part),
        labels=tuple(
            str(label)
            for label in (price.get_factor_display(), price.get_kind_display(), when, price.get_tax_display())
            if label
        ),
        is_sample=price.is_sample,
        revision=revision_of(
            price.factor,
            price.item,
            price.kind,
            price.value_label,
            price.unit,
            price.tax,
            price.as_of_date,
            price.as_of_text,
            price.note,
            price.source_title,
        ),
    )


public_lists.register(
    "prices",
    PublicList(
        kind="prices",
        label="要素价格",
        url_name="policies:costs",
        listing=price_listing,
        entry=_price,
        key_field="code",
        prepare=_with_previous,
    ),
)
