from services.models import ServiceItem
from tuoxian_portal.core.registries import NavEntry, nav_entries

nav_entries.register(
    "services",
    NavEntry(
        label="办事服务",
        url_name="services:list",
        order=30,
        has_content=lambda: ServiceItem.objects.published().exists(),
    ),
)
