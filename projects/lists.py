"""Key projects and opportunities as lists to follow."""

from projects.models import KeyProject, Opportunity
from projects.views import opportunity_listing, project_listing
from tuoxian_portal.core.lists import ListEntry, PublicList, public_lists, revision_of
from tuoxian_portal.core.money import format_wan


def _project(project: KeyProject) -> ListEntry:
    stage = str(project.stage_label) if project.stage else ""
    total = format_wan(project.total_investment_wan) if project.total_investment_wan else ""
    summary = project.summary or project.capacity or project.stage_note
    return ListEntry(
        key=project.number,
        title=project.name,
        url=project.get_absolute_url(),
        updated=project.updated_at,
        summary=summary,
        labels=tuple(
            label for label in (stage, f"总投资 {total}" if total else "", project.owner_name) if label
        ),
        is_sample=project.is_sample,
        revision=revision_of(project.name, summary, project.capacity, stage, total, project.published_at),
    )


def _opportunity(opportunity: Opportunity) -> ListEntry:
    total = format_wan(opportunity.total_investment_wan) if opportunity.total_investment_wan else ""
    return ListEntry(
        key=opportunity.number,
        title=opportunity.name,
        url=opportunity.get_absolute_url(),
        updated=opportunity.updated_at,
        summary=opportunity.summary,
        labels=(f"估算总投资 {total}",) if total else (),
        is_sample=opportunity.is_sample,
        revision=revision_of(
            opportunity.name,
            opportunity.summary,
            opportunity.scale,
            opportunity.site,
            opportunity.cooperation,
            total,
            opportunity.published_at,
        ),
    )


public_lists.register(
    "projects",
    PublicList("projects", "重点项目", "projects:list", project_listing, _project, key_field="number"),
)
public_lists.register(
    "opportunities",
    PublicList(
        "opportunities",
        "招商项目",
        "projects:opportunities",
        opportunity_listing,
        _opportunity,
        key_field="number",
    ),
)
