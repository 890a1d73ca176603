"""Service items, bundles and published answers to ratings as lists to follow."""

from django.urls import reverse

from services.models import ServiceBundle, ServiceItem
from services.models.ratings import PublishedAnswer
from services.views.bundles import bundle_listing
from services.views.catalogue import CARD_FIELDS, item_listing
from services.views.ratings import answer_listing
from tuoxian_portal.core.lists import ListEntry, PublicList, public_lists, revision_of


def _item(item: ServiceItem) -> ListEntry:
    """A new version of the guide is news."""
    return ListEntry(
        key=item.code,
        title=item.name,
        url=item.get_absolute_url(),
        updated=max(item.updated_at, item.published_at or item.updated_at),
        summary=f"也叫：{'、'.join(item.alias_list)}" if item.alias_list else "",
        labels=(item.authority,) if item.authority else (),
        is_sample=item.is_sample,
        revision=revision_of(item.name, item.version_number, item.published_at),
    )


def _bundle(bundle: ServiceBundle) -> ListEntry:
    return ListEntry(
        key=bundle.slug,
        title=bundle.name,
        url=bundle.get_absolute_url(),
        updated=max(bundle.updated_at, bundle.published_at or bundle.updated_at),
        summary=bundle.summary,
        labels=(f"牵头：{bundle.lead_authority}",) if bundle.lead_authority else (),
        is_sample=bundle.is_sample,
        revision=revision_of(
            bundle.name,
            bundle.summary,
            bundle.lead_authority,
            bundle.published_at,
            [member.item_id for member in bundle.members.all()],
        ),
    )


public_lists.register(
    "services",
    PublicList(
        "services",
        "办事事项",
        "services:list",
        item_listing,
        _item,
        key_field="code",
        prepare=lambda rows: rows.only(*CARD_FIELDS, "version_number", "published_at", "updated_at"),
    ),
)
public_lists.register(
    "bundles",
    PublicList(
        "bundles",
        "一次办",
        "services:bundles",
        bundle_listing,
        _bundle,
        prepare=lambda rows: rows.prefetch_related("members"),
    ),
)


def _answer(row: PublishedAnswer) -> ListEntry:
    """What the hall answered. What the person wrote stays on the page, from which it can be withdrawn."""
    item = row.item.name if row.item else ""
    return ListEntry(
        key=str(row.pk),
        title=f"对“{row.get_grade_display()}”评价的答复" + (f"：{item}" if item else ""),
        url=f"{reverse('services:ratings')}#answer-{row.pk}",
        updated=row.published_at,
        summary=row.answer,
        labels=tuple(label for label in (row.department.name if row.department else "", row.month) if label),
        is_sample=row.is_sample,
        revision=revision_of(row.grade, item, row.answer, row.published_at),
    )


public_lists.register(
    "ratings",
    PublicList(
        "ratings",
        "公开的评价答复",
        "services:ratings",
        answer_listing,
        _answer,
        key_field="pk",
        changed_field="published_at",
    ),
)
