"""Key projects, opportunities and the links of chains as lists to follow."""

from django.urls import reverse

from projects.models import ChainNode, KeyProject, Opportunity
from projects.views import opportunity_listing, project_listing
from projects.views_chains import node_listing
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


def _node(node: ChainNode) -> ListEntry:
    """Another standing, enterprise or public project is news."""
    standing = str(node.get_standing_display())
    project = node.project.name if node.project and node.project.is_published else ""
    return ListEntry(
        key=str(node.pk),
        title=f"{node.chain.name}：{node.name}",
        url=f"{reverse('projects:chains')}#chain-{node.chain_id}",
        updated=max(node.updated_at, node.published_at or node.updated_at),
        summary=node.note,
        labels=tuple(label for label in (standing, node.owner_name, project) if label),
        is_sample=node.is_sample,
        revision=revision_of(
            node.chain_id, node.name, standing, node.owner_name, project, node.note, node.published_at
        ),
    )


public_lists.register(
    "chains",
    PublicList(
        "chains",
        "产业链环节",
        "projects:chains",
        node_listing,
        _node,
        key_field="pk",
        prepare=lambda rows: rows.select_related("chain", "enterprise", "project"),
    ),
)
