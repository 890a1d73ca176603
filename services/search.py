"""What the site's search box finds of the catalogue."""

from django.utils import timezone

from services.models import ServiceBundle, ServiceItem
from tuoxian_portal.core.registries import SearchDocument, SearchSource, search_sources


def item_document(item: ServiceItem) -> SearchDocument:
    return SearchDocument(
        title=item.name,
        url=item.get_absolute_url(),
        summary=f"{item.get_item_type_display()} · {item.authority}",
        body="。".join([item.conditions, item.result, *(line.name for line in item.materials.all())]),
        keywords=f"{item.code} {' '.join(item.alias_list)}",
        date=timezone.localdate(item.published_at).isoformat() if item.published_at else "",
    )


def bundle_document(bundle: ServiceBundle) -> SearchDocument:
    return SearchDocument(
        title=bundle.name,
        url=bundle.get_absolute_url(),
        summary=bundle.summary,
        body="。".join(member.name for member in bundle.members.all()),
        keywords=" ".join(bundle.aliases.split("、")),
        date=timezone.localdate(bundle.published_at).isoformat() if bundle.published_at else "",
    )


search_sources.register(
    "service_items",
    SearchSource(
        kind="service_item",
        label="办事指南",
        model=ServiceItem,
        queryset=lambda: ServiceItem.objects.published().with_materials(),
        document=item_document,
    ),
)
search_sources.register(
    "service_bundles",
    SearchSource(
        kind="service_bundle",
        label="一次办",
        model=ServiceBundle,
        queryset=lambda: ServiceBundle.objects.published().prefetch_related("members__item"),
        document=bundle_document,
    ),
)
