"""Public pages of the catalogue: finder, guide, checklist, bundles, facts about the hall."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from services.choices import FactScope, ItemType, ProjectStage
from services.form_filling import FORM_NOTE, fields_of
from services.guides import (
    AT_WINDOW,
    bundle_card,
    desk_of,
    details_of,
    item_card,
    key_facts,
    left_open,
    material_row,
    source_of,
)
from services.guides_bundles import form_rows
from services.models import HallMechanism, HallStatistic, RatingInvitation, ServiceBundle, ServiceItem
from tuoxian_portal.core.cache import kept
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Band, Facet, Listing
from tuoxian_portal.core.money import NBSP, plain
from tuoxian_portal.core.uploads import KINDS, clean_name
from tuoxian_portal.directory.models import Outlet

AUDIENCES = [
    Band("organisations", "法人", Q(for_organisations=True)),
    Band("individuals", "个人", Q(for_individuals=True)),
]
CHANNELS = [
    Band("window", "窗口办", Q(at_window=True)),
    Band("online", "网上办", Q(online=True)),
    Band("mobile", "掌上办", Q(mobile=True)),
    Band("post", "邮寄办", Q(by_post=True)),
]
ITEM_FACETS = [
    Facet("audience", "服务对象", bands=AUDIENCES),
    Facet("theme", "主题", "themes__slug", label_field="themes__name", multi=True),
    Facet("authority", "部门", "authority"),
    Facet("stage", "项目阶段", "stage", choices=ProjectStage.choices),
    Facet("type", "事项类型", "item_type", choices=ItemType.choices),
    Facet("channel", "办理形式", bands=CHANNELS),
]
# What a card in the list shows; a page of them needs none of the long texts.
CARD_FIELDS = (
    "code",
    "name",
    "aliases",
    "authority",
    "item_type",
    "handling_kind",
    "statutory_days",
    "statutory_unit",
    "statutory_kind",
    "promised_days",
    "promised_unit",
    "is_sample",
)
# How the hall handles what has no flow of its own: the county's published 一窗受理 mechanism.
FLOW = "HM-03"


def tabs(current: str) -> list[dict[str, Any]]:
    """单项事项, 一次办, 帮您办, 大厅, 评价: the doors of the section. One query, for a door that may be empty."""
    doors = [("list", "单项事项"), ("bundles", "一次办"), ("help", "帮您办"), ("hall", "大厅概况")]
    if current == "ratings" or RatingInvitation.objects.filter(rated_at__isnull=False).exists():
        doors.append(("ratings", "群众评价"))
    return [
        {"label": label, "url": reverse(f"services:{name}"), "current": name == current}
        for name, label in doors
    ]


def item_listing(request: HttpRequest) -> Listing:
    """Published items."""
    return Listing(
        request,
        ServiceItem.objects.published().with_material_total().only(*CARD_FIELDS),
        facets=ITEM_FACETS,
        search=lambda queryset, text: queryset.search(text),
        sorts={"code": ("默认", ["code"]), "name": ("名称", ["name"])},
        shared_as="items",
        placeholder="想办什么事？例如：开饭店、刻章、过户",
    )


@public_page
def item_list(request: HttpRequest) -> HttpResponse:
    """The finder. Constant queries; a bundle that answers the same words is named first."""
    listing = item_listing(request)
    bundles = ServiceBundle.objects.published().with_member_total()
    matching = list(bundles.search(listing.text)[:3]) if listing.text else []
    return render(
        request,
        "services/list.html",
        {
            "listing": listing,
            "cards": [item_card(item) for item in listing.page],
            "bundle_cards": [bundle_card(bundle) for bundle in matching],
            "tabs": tabs("list"),
            "has_sample": any(item.is_sample for item in listing.page),
        },
    )


def _usual_flow() -> dict[str, Any]:
    """How the hall handles what has no flow of its own: `parts` and their source. {} when unknown."""
    flow = HallMechanism.objects.of_county().filter(reference_id=FLOW).first()
    if not flow:
        return {}
    source = {name: getattr(flow, f"source_{name}") for name in ("title", "publisher", "date")}
    return {"parts": list(flow.parts), "source": {**source, "confidence": flow.confidence}}


def _bundles_by_item() -> dict[int, list[dict[str, Any]]]:
    """The cards of the published bundles that each item belongs to. Two queries."""
    cards: dict[int, list[dict[str, Any]]] = {}
    for bundle in ServiceBundle.objects.published().with_member_total().prefetch_related("members"):
        for item_id in dict.fromkeys(m.item_id for m in bundle.members.all() if m.item_id):
            cards.setdefault(item_id, []).append(bundle_card(bundle))
    return cards


@public_page
def item_detail(request: HttpRequest, code: str) -> HttpResponse:
    """The guide (办事指南) of a published item. Eight queries, once what all guides share is kept."""
    item = get_object_or_404(ServiceItem.objects.published().for_guide(), code=code)
    steps = [
        {
            "title": step.name,
            "text": step.text,
            "note": "，".join(
                part
                for part in (step.who, f"{step.days}{NBSP}个工作日" if step.days is not None else "")
                if part
            ),
        }
        for step in item.steps.all()
    ]
    flow = None
    if not steps:
        usual = kept("services.flow", _usual_flow)
        steps = [{"title": part} for part in usual.get("parts", [])]
        flow = source_of(usual["source"]) if usual else None
    return render(
        request,
        "services/detail.html",
        {
            "item": item,
            "crumbs": [("办事服务", reverse("services:list")), (item.name, "")],
            "facts": key_facts(item),
            "details": details_of(item),
            "left_open": left_open(item),
            "at_window": AT_WINDOW,
            "materials": [material_row(line) for line in item.materials.all()],
            "form": form_rows(fields_of([item]), shared=False),
            "form_note": FORM_NOTE,
            "steps": steps,
            "flow": flow,
            "bases": [str(base) for base in item.bases.all()],
            "questions": item.questions.all(),
            "bundle_cards": kept("services.bundles_by_item", _bundles_by_item).get(item.pk, []),
            "desk": desk_of(item),
            "sources": {name: source_of(part) for name, part in item.part_sources.items()},
            "online_url": item.online_url or settings.SITE["online_filing_url"],
            "has_sample": item.is_sample,
        },
    )


@public_page
def checklist(request: HttpRequest, code: str) -> HttpResponse:
    """A slip to print and tick: what to bring for one item."""
    item = get_object_or_404(ServiceItem.objects.published().for_guide(), code=code)
    return render(
        request,
        "services/checklist.html",
        {
            "item": item,
            "materials": [material_row(line) for line in item.materials.all()],
            "form": form_rows(fields_of([item]), shared=False),
            "form_note": FORM_NOTE,
            "facts": key_facts(item),
            "desk": desk_of(item),
            "sources": {name: source_of(part) for name, part in item.part_sources.items()},
            "has_sample": item.is_sample,
        },
    )


def public_file(request: HttpRequest, code: str, kind: str, number: str) -> FileResponse:
    """A file of a published guide: the sample or the blank form of a material, or the sample of the
    result. Two queries."""
    item = get_object_or_404(ServiceItem.objects.published(), code=code)
    if kind == "result":
        file, name = item.result_sample, f"{item.result or item.name}（样本）"
    else:
        line = get_object_or_404(item.materials.select_related("material"), material=int(number))
        file, what = {"sample": (line.sample_file, "样表"), "blank": (line.blank_form, "空白表格")}[kind]
        name = f"{line.name}（{what}）"
    stored = file.name or ""
    if not stored or not file.storage.exists(stored):
        raise Http404
    extension = stored.rpartition(".")[2]
    found = next((known for known in KINDS.values() if extension in known.extensions), None)
    # A form is to be filled in and so saved, an example to be looked at.
    response = FileResponse(
        file.open("rb"),
        as_attachment=kind == "blank" or not (found and found.inline),
        filename=clean_name(f"{name}.{extension}"),
        content_type=found.content_type if found else "application/octet-stream",
    )
    response.headers["Cache-Control"] = f"public, max-age={settings.PUBLIC_PAGE_SECONDS}"
    return response


@public_page
def hall(request: HttpRequest) -> HttpResponse:
    """Dated facts about the hall: the county's figures by group, then the city's and the region's."""
    figures = []
    context = []
    for row in HallStatistic.objects.exclude(scope=FactScope.ELSEWHERE):
        if row.scope == FactScope.COUNTY:
            figures.append(
                {
                    "value": plain(row.value),
                    "unit": row.unit,
                    "label": row.name,
                    "note": "。".join(part.rstrip("。") for part in (row.period, row.note) if part),
                }
            )
            continue
        context.append(
            (
                row.name,
                row.get_scope_display(),
                f"{plain(row.value)}{NBSP}{row.unit}",
                row.period,
                f"{row.source_publisher}《{row.source_title}》",
            )
        )
    mechanisms = list(HallMechanism.objects.exclude(scope=FactScope.ELSEWHERE))
    source = HallStatistic.objects.of_county().first()
    return render(
        request,
        "services/hall.html",
        {
            "figures": figures,
            "context": context,
            "mechanisms": [m for m in mechanisms if m.scope == FactScope.COUNTY],
            "wider": [m for m in mechanisms if m.scope != FactScope.COUNTY],
            "source": source,
            "outlet": Outlet.objects.filter(level=Outlet.Level.COUNTY, is_active=True).first(),
            "tabs": tabs("hall"),
        },
    )
