"""The finance entry of the public menu, shown while there is a product or an event to show."""

from django.utils.translation import gettext_lazy as _

from finance.models import LoanProduct, MatchmakingEvent
from tuoxian_portal.core.registries import NavEntry, nav_entries


def has_content() -> bool:
    """At most two small queries; the menu asks once a minute."""
    return LoanProduct.objects.published().exists() or MatchmakingEvent.objects.of_county().exists()


nav_entries.register(
    "finance", NavEntry(label=_("融资对接"), url_name="finance:list", order=40, has_content=has_content)
)
