"""Published projects and opportunities in the site-wide search. Internal fields are never indexed."""

from typing import Any

from projects.models import KeyProject, Opportunity
from tuoxian_portal.core.money import format_wan
from tuoxian_portal.core.registries import SearchDocument, SearchSource, search_sources


def project_document(project: KeyProject) -> SearchDocument:
    parts = [
        project.industry.name if project.industry else "",
        project.stage_label if project.stage else "",
        f"总投资 {format_wan(project.total_investment_wan)}" if project.total_investment_wan else "",
        project.owner_name,
    ]
    return SearchDocument(
        title=project.name,
        url=project.get_absolute_url(),
        summary="；".join(part for part in parts if part),
        body=" ".join((project.capacity, project.summary, project.location, project.stage_note)),
        keywords=" ".join((project.number, project.owner_name)),
        date=project.source_date,
    )


def opportunity_document(opportunity: Opportunity) -> SearchDocument:
    return SearchDocument(
        title=opportunity.name,
        url=opportunity.get_absolute_url(),
        summary=opportunity.summary[:120],
        body=" ".join((opportunity.summary, opportunity.conditions, opportunity.scale, opportunity.site)),
        keywords=f"{opportunity.number} 招商 招商项目 投资机会",
        date=opportunity.source_date,
    )


def published_projects() -> Any:
    return KeyProject.objects.published().select_related("industry", "enterprise")


def published_opportunities() -> Any:
    return Opportunity.objects.published()


search_sources.register(
    "key-projects",
    SearchSource("project", "重点项目", KeyProject, published_projects, project_document),
)
search_sources.register(
    "opportunities",
    SearchSource("opportunity", "招商项目", Opportunity, published_opportunities, opportunity_document),
)
