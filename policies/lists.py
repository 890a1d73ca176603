"""The library of policies as a list to follow."""

from policies.models import IncentivePolicy
from policies.views import policy_listing
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.lists import ListEntry, PublicList, public_lists, revision_of


def _entry(policy: IncentivePolicy) -> ListEntry:
    """A new clause, another date, a policy confirmed, expiring, repealed or published again is news."""
    status = policy.status_on(today())
    clauses = [
        (c.order, c.heading, c.text, c.amount_text, c.formula, c.mode, c.opens_on, c.closes_on)
        for c in policy.clause_list
    ]
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
            clauses,
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
        prepare=lambda rows: rows.select_related("industry", "replaced_by").prefetch_related(
            "clauses", "attachments"
        ),
    ),
)
