"""The public menu's entry for projects and opportunities."""

from projects.models import KeyProject, Opportunity
from tuoxian_portal.core.registries import NavEntry, nav_entries


def has_content() -> bool:
    return KeyProject.objects.published().exists() or Opportunity.objects.published().exists()


nav_entries.register(
    "projects", NavEntry(label="项目机会", url_name="projects:list", order=10, has_content=has_content)
)
