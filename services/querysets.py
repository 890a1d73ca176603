"""Everything about many catalogue rows. Cases are in `querysets_cases.py`."""

from typing import Any, Self

from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce

from services.choices import PublicationState
from tuoxian_portal.core.querysets import PortalQuerySet


class CatalogueQuerySet(PortalQuerySet):
    """Records that are drafted, reviewed, published and retired."""

    def published(self) -> Self:
        """What the public sees."""
        return self.filter(state=PublicationState.PUBLISHED)

    def visible_to(self, user: Any) -> Self:
        """Staff who may view the catalogue see all of it, everybody else what is published."""
        if user is not None and user.has_perm(f"services.view_{self.model._meta.model_name}"):
            return self
        return self.published()


class ServiceItemQuerySet(CatalogueQuerySet):
    def published(self) -> Self:
        """What the public sees; the draft of a next version is not it."""
        return super().published().filter(revises__isnull=True)

    def search(self, text: str) -> Self:
        """Items whose name, alias, pinyin, code or authority contains every word of `text`."""
        return self.with_every_word(text.lower(), "search_text__contains", "authority__icontains")

    def with_materials(self) -> Self:
        """Two more queries for any number of items: materials in order, with their catalogue entry."""
        from services.models import ItemMaterial

        return self.prefetch_related(
            Prefetch("materials", ItemMaterial.objects.select_related("material").order_by("order", "pk"))
        )

    def with_material_total(self) -> Self:
        """`material_total`: how many materials an item asks for; no further query."""
        from services.models import ItemMaterial

        lines = ItemMaterial.objects.filter(item=OuterRef("pk")).order_by().values("item")
        return self.annotate(
            material_total=Coalesce(Subquery(lines.annotate(total=Count("pk")).values("total")), 0)
        )

    def with_form(self) -> Self:
        """One more query for any number of items: the fields of their forms."""
        return self.prefetch_related("form_fields")

    def for_guide(self) -> Self:
        """Everything the guide page shows, in a constant number of queries."""
        return (
            self.select_related("department")
            .with_materials()
            .with_form()
            .prefetch_related("themes", "outlets", "bases", "steps", "questions")
        )


class ServiceBundleQuerySet(CatalogueQuerySet):
    def with_member_total(self) -> Self:
        """`member_total`: how many items a bundle joins; no further query."""
        from services.models import BundleMember

        lines = BundleMember.objects.filter(bundle=OuterRef("pk")).order_by().values("bundle")
        return self.annotate(
            member_total=Coalesce(Subquery(lines.annotate(total=Count("pk")).values("total")), 0)
        )

    def search(self, text: str) -> Self:
        """Bundles whose name, alias, pinyin or member contains every word of `text`."""
        return self.with_every_word(text.lower(), "search_text__contains")

    def for_composition(self) -> Self:
        """Members with items, materials, forms, answers and prerequisites: what `composition` reads.
        Nine queries for any number of bundles."""
        from services.models import BundleAnswer, BundleMember, ItemMaterial

        members = (
            BundleMember.objects.select_related("item__department")
            .prefetch_related(
                Prefetch("answers", BundleAnswer.objects.select_related("question")),
                "prerequisites",
                "item__issues",
                "item__form_fields",
                Prefetch(
                    "item__materials",
                    ItemMaterial.objects.select_related("material").order_by("order", "pk"),
                ),
            )
            .order_by("order", "pk")
        )
        return self.select_related("theme", "department").prefetch_related(
            Prefetch("members", members), "questions__answers"
        )


class BundleQuestionQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The questions of the bundles that `user` may see."""
        from services.models import ServiceBundle

        return self.filter(bundle__in=ServiceBundle.objects.visible_to(user))


class ItemVersionQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Staff who may view versions see all of them, nobody else any."""
        return self if user.has_perm("services.view_itemversion") else self.none()


class CatalogueImportQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Who may import sees every import, nobody else any."""
        return self if user.has_perm("services.import_serviceitem") else self.none()
