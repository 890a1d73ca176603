"""The industry chains for investors: which links the county has, and which it looks for."""

from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from projects.chain_map import chain_map
from projects.choices_pipeline import NodeStanding
from projects.models import ChainNode, Opportunity
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Listing

HEADERS = ["环节", "县内情况", "企业或项目", "可以投什么"]


def _row(node: ChainNode) -> list[SafeString | str]:
    """A line of the table; a project only while it is published itself."""
    held = [format_html("{}", node.owner_name)] if node.owner_name else []
    if node.project and node.project.is_published:
        held.append(format_html('<a href="{}">{}</a>', node.project.get_absolute_url(), node.project.name))
    offered = format_html_join(
        "、",
        '<a href="{}">{}</a>',
        ((row.get_absolute_url(), row.name) for row in node.offered),  # type: ignore[attr-defined]  # set by the query above
    )
    return [
        node.name,
        str(node.get_standing_display()),
        format_html_join("，", "{}", ((part,) for part in held)) or "—",
        offered or ("欢迎咨询" if node.standing == NodeStanding.GAP else "—"),
    ]


def _table(nodes: list[ChainNode]) -> dict[str, Any]:
    """Headers and rows; a column in which nothing is known is left out."""
    rows = [_row(node) for node in nodes]
    shown = [n for n in range(len(HEADERS)) if n < 2 or any(row[n] != "—" for row in rows)]
    return {"headers": [HEADERS[n] for n in shown], "rows": [[row[n] for n in shown] for row in rows]}


def _finding(nodes: list[ChainNode]) -> str:
    gaps = [node.name for node in nodes if node.standing == NodeStanding.GAP]
    if gaps:
        return f"缺 {len(gaps)} 环：{'、'.join(gaps)}"
    if all(node.standing == NodeStanding.UNSTATED for node in nodes):
        return "来源写明了环节，没有写明哪一环缺"
    return "没有公布的缺环"


def node_listing(request: HttpRequest) -> Listing:
    """Every published link; the page shows them all, and so has no conditions."""
    return Listing(request, ChainNode.objects.published())


@public_page
def chains(request: HttpRequest) -> HttpResponse:
    """Every chain with published links: the map, and the same as a table. Three queries."""
    offered = Prefetch("opportunities", queryset=Opportunity.objects.published(), to_attr="offered")
    nodes = (
        ChainNode.objects.published()
        .select_related("chain__industry", "chain__leader", "enterprise", "project")
        .prefetch_related(offered)
        .order_by("chain__order", "chain", "position", "pk")
    )
    grouped: dict[int, list[ChainNode]] = {}
    for node in nodes:
        grouped.setdefault(node.chain_id, []).append(node)
    if not grouped:
        raise Http404("产业链图谱还没有公布。")
    found = [
        {
            "chain": links[0].chain,
            "leader": links[0].chain.leader,
            "map": chain_map(links),
            "finding": _finding(links),
            "table": _table(links),
            "sources": list({(n.source_title, n.source_date): n for n in links if n.has_source}.values()),
            "has_sample": any(node.is_sample for node in links),
        }
        for links in grouped.values()
    ]
    return render(
        request,
        "projects/chains.html",
        {
            "chains": found,
            "has_sample": any(row["has_sample"] for row in found),
            "breadcrumbs": [("投资托县", reverse("dashboard:invest")), ("产业链图谱", "")],
        },
    )
