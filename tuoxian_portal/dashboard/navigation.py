"""The menu entry of “投资托县”."""

from tuoxian_portal.core.registries import NavEntry, nav_entries
from tuoxian_portal.directory.models import CountyFact

nav_entries.register(
    "invest",
    NavEntry(label="投资托县", url_name="dashboard:invest", order=5, has_content=CountyFact.objects.exists),
)
