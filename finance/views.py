"""The public finance pages: what banks offer, what was agreed at events, how to ask."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from finance.choices import Level
from finance.models import LoanIntent, LoanProduct, MatchmakingEvent
from finance.pipeline import StepFigure
from finance.querysets import LoanProductQuerySet
from tuoxian_portal.core.chinese import plain_date
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.money import format_wan

ASK_THE_BANK = "以银行答复为准"


def ask_steps() -> list[dict[str, Any]]:
    """How this portal carries a demand to the banks."""
    return [
        {
            "title": "说清楚要多少、做什么用",
            "text": "金额、用途、什么时候要、有什么可以担保。说不准的先空着。",
            "links": [],
        },
        {
            "title": "把需求告诉县里",
            "text": "在线提交咨询，当场得到编号；也可以到政务服务大厅说。",
            "links": [("提交融资咨询", reverse("projects:enquiry"))],
        },
        {
            "title": "金融专员登记并对接银行",
            "text": "只有您同意，需求才会给银行看。",
            "links": [],
        },
        {
            "title": "银行授信、签约、放款",
            "text": "每一步记下日期和金额，卡在哪里一眼看得到。是否放款由银行决定。",
            "links": [],
        },
    ]


def search_products(queryset: LoanProductQuerySet, text: str) -> LoanProductQuerySet:
    return queryset.with_every_word(text, "name__icontains", "audience__icontains", "bank__name__icontains")


def event_figures(event: MatchmakingEvent) -> list[tuple[str, str, str]]:
    """What the source states of an event; what it does not state is not listed."""
    figures = [
        ("企业", f"{event.enterprises} 家" if event.enterprises else "", ""),
        ("金融机构", f"{event.banks} 家" if event.banks else "", ""),
        ("项目", f"{event.projects} 个" if event.projects else "", ""),
        ("贷款意向", format_wan(event.intention_wan), ""),
        ("授信", format_wan(event.credit_wan), ""),
        (
            "户均意向",
            format_wan(event.average_intention_wan),
            f"按 {format_wan(event.intention_wan)} ÷ {event.enterprises} 家推算",
        ),
    ]
    return [figure for figure in figures if figure[1]]


def event_view(event: MatchmakingEvent) -> dict[str, Any]:
    names = [("金融机构", event.bank_names), ("企业", event.enterprise_names)]
    return {
        "record": event,
        "when": plain_date(event.held_on) if event.held_on else event.date_text,
        "figures": event_figures(event),
        "names": [(label, "、".join(values)) for label, values in names if values],
    }


def step_row(step: StepFigure) -> list[Any]:
    if step.suppressed:
        return [step.label, "不足 3 家，不单列", "—", "—"]
    return [step.label, step.count, step.enterprises, format_wan(step.amount_wan) or "0 万元"]


def public_progress() -> dict[str, Any] | None:
    """The county's loans step by step with small cells left out; None before the first intent.

    Sample rows are shown only while there are no real ones. At most two queries.
    """
    intents = LoanIntent.objects.all()
    pipeline = intents.filter(is_sample=False).pipeline()
    if not pipeline.steps[0].count:
        pipeline = intents.pipeline()
    if not pipeline.steps[0].count:
        return None
    return {"rows": [step_row(step) for step in pipeline.for_public()], "is_sample": pipeline.has_samples}


def product_listing(request: HttpRequest) -> Listing:
    """What banks offer now."""
    return Listing(
        request,
        LoanProduct.objects.published().select_related("bank"),
        facets=[Facet("bank", "金融机构", "bank_id", label_field="bank__name")],
        search=search_products,
        sorts={
            "bank": ("按金融机构", ["bank__order", "bank_id", "name"]),
            "new": ("最新发布", ["-published_at"]),
        },
        shared_as="products",
        placeholder="产品、银行或适用对象",
    )


def event_listing(request: HttpRequest) -> Listing:
    """Every event and total that a source states, the county's and others'."""
    return Listing(
        request,
        MatchmakingEvent.objects.all(),
        facets=[Facet("level", "层级", "level", choices=Level.choices)],
        shared_as="events",
    )


@public_page
def index(request: HttpRequest) -> HttpResponse:
    listing = product_listing(request)
    cards = [
        {
            "title": product.name,
            "url": product.get_absolute_url(),
            "summary": product.audience,
            "meta": [
                product.bank.name,
                f"利率 {product.rate_text or ASK_THE_BANK}",
                f"额度 {product.amount_text or ASK_THE_BANK}",
            ],
            "sample": product.is_sample,
        }
        for product in listing.page
    ]
    events = sorted(MatchmakingEvent.objects.all(), key=lambda event: event.is_sample)
    progress = public_progress()
    context = {
        "listing": listing,
        "cards": cards,
        "has_products": bool(cards) or bool(listing.chips) or LoanProduct.objects.published().exists(),
        "county_events": [event_view(e) for e in events if e.level == "county"],
        "other_events": [event_view(e) for e in events if e.level != "county"],
        "progress": progress,
        "crumbs": [("首页", "/"), ("融资对接", "")],
        "enquiry_url": reverse("projects:enquiry"),
        "steps": ask_steps(),
        "clear": [("看全部产品", listing.clear_url)],
        "progress_headers": ["步骤", "笔数", "企业（家）", "金额"],
        "has_sample": any(card["sample"] for card in cards)
        or any(event.is_sample for event in events)
        or bool(progress and progress["is_sample"]),
    }
    return render(request, "finance/index.html", context)


@public_page
def product(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(LoanProduct.objects.published().select_related("bank"), slug=slug)
    context = {
        "product": product,
        "facts": [
            (label, value or ASK_THE_BANK, "")
            for label, value in (
                ("适用对象", product.audience),
                ("额度", product.amount_text),
                ("利率", product.rate_text),
                ("期限", product.term_text),
                ("担保方式", product.security_text),
            )
        ],
        "conditions": product.conditions.splitlines(),
        "materials": product.materials.splitlines(),
        "crumbs": [("首页", "/"), ("融资对接", reverse("finance:list")), (product.name, "")],
        "enquiry_url": reverse("projects:enquiry"),
        "has_sample": product.is_sample,
    }
    return render(request, "finance/product.html", context)
