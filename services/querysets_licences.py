"""Electronic licences: which are in force, whose they are, which materials they replace."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q

from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.querysets import PortalQuerySet

if TYPE_CHECKING:
    from services.models.licences import Licence


class LicenceQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The whole register for who may view it: holders' numbers are masked, a look is logged."""
        if not user.is_authenticated or not user.has_perm("services.view_licence"):
            return self.none()
        return self

    def in_force(self, on: date | None = None) -> Self:
        """Issued, not expired and not revoked on the day `on` (today)."""
        on = on or today()
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=on), issued_on__lte=on, revoked_on=None)

    def held_by(self, holder_hash: str, on: date | None = None) -> Self:
        """Licences in force on `on`, signed, of the holder with this keyed hash; none for ""."""
        if not holder_hash:
            return self.none()
        return self.in_force(on).filter(holder_hash=holder_hash, is_signed=True).select_related("kind")

    def held_materials(
        self, holder_hash: str, *, materials: Iterable[int] | None = None, on: date | None = None
    ) -> "dict[int, Licence]":
        """`{pk of a Material: the licence that replaces it}` for one holder; of several the one that is
        valid longest. At most three queries, one when there is no licence."""
        from services.models.catalogue import Material

        held: list[Licence] = list(self.held_by(holder_hash, on))  # type: ignore[arg-type]  # rows of our own model
        licences = sorted(held, key=lambda one: one.valid_until or date.max, reverse=True)
        if not licences:
            return {}
        by_kind: dict[int, Licence] = {}
        for licence in licences:
            by_kind.setdefault(licence.kind_id, licence)
        by_name = {licence.kind.name: licence for licence in by_kind.values()}
        replaced = Material.objects.filter(Q(licence_kinds__in=by_kind) | Q(electronic_licence__in=by_name))
        if materials is not None:
            replaced = replaced.filter(pk__in=list(materials))
        found: dict[int, Licence] = {}
        rows = replaced.order_by("pk", "licence_kinds").values_list(
            "pk", "electronic_licence", "licence_kinds"
        )
        for pk, name, kind in rows:
            licence_found = by_kind.get(kind) or by_name.get(name)
            if licence_found is not None:
                found.setdefault(pk, licence_found)
        return found
