"""Public pages of policies. They work without JavaScript."""

from datetime import date
from typing import Any

from django.db.models import Case, F, Prefetch, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from policies.choices import Benefit, Level, Nature, Status, Theme
from policies.fact_labels import labels
from policies.full_text import blocks, contents
from policies.guides import clause_guide
from policies.lineage import chain_of
from policies.models import IncentivePolicy, PolicyClause
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.navigation import menu
from tuoxian_portal.core.uploads import file_response

DIGEST = 16  # characters of a file's digest in its address
NEWEST = F("issued_on").desc(nulls_last=True)
NEAREST = Case(*(When(level=value, then=Value(i)) for i, value in enumerate(Level.values)))


# What a card in the list shows; a page of them needs none of the long texts.
CARD_FIELDS = (
    "slug",
    "title",
    "summary",
    "level",
    "nature",
    "document_number",
    "issuing_body",
    "issued_on",
    "issued_text",
    "industry__name",
    "is_sample",
)


def _badges(policy: IncentivePolicy, status: Status) -> list[tuple[str, str]]:
    # Django's own `get_…_display` hashes the whole list of choices each time.
    badges = [(str(status.label), status.tone), (str(Level(policy.level).label), "neutral")]
    if policy.nature != Nature.DOCUMENT:
        badges.append((str(Nature(policy.nature).label), "neutral"))
    return badges


def _card(policy: Any) -> dict[str, Any]:
    """A policy, read through `with_status()`, in a list."""
    return {
        "title": policy.title,
        "url": policy.get_absolute_url(),
        "summary": policy.summary,
        "badges": _badges(policy, Status(policy.status)),
        "sample": policy.is_sample,
        "meta": [
            policy.document_number,
            policy.issuing_body,
            policy.industry.name if policy.industry else "",
            f"成文 {policy.issued_label}" if policy.issued_label else "",
        ],
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _facts(policy: IncentivePolicy) -> list[tuple[str, Any, str]]:
    """What matters before the prose. A county document says what the county has not published yet;
    of others only what their source states is shown."""
    facts = [
        ("文号", policy.document_number, ""),
        ("发文机关", policy.issuing_body, ""),
        ("适用对象", policy.objects_text, ""),
        ("成文日期", policy.issued_label, ""),
        ("施行日期", _day(policy.in_force_from), ""),
        (
            "有效期",
            f"至 {policy.expires_on}" if policy.expires_on else "",
            f"{policy.review_on} 复审" if policy.review_on else "",
        ),
        (
            "公平竞争审查",
            _day(policy.fair_competition_reviewed_on),
            policy.fair_competition_reviewed_by,
        ),
        ("法律依据", policy.legal_basis, ""),
    ]
    if policy.level == Level.COUNTY and policy.nature == Nature.DOCUMENT:
        return facts
    return [fact for fact in facts if fact[1] or fact[2]]


def policy_listing(request: HttpRequest) -> Listing:
    """What is public, whatever its status."""
    day = today()
    return Listing(
        request,
        IncentivePolicy.objects.published().with_status(day).select_related("industry").only(*CARD_FIELDS),
        facets=[
            Facet("level", "层级", "level", choices=Level.choices),
            Facet("status", "状态", "status", choices=Status.choices),
            Facet("theme", "主题", "theme", choices=Theme.choices),
            Facet("industry", "产业", "industry__slug", label_field="industry__name"),
        ],
        search=lambda queryset, text: queryset.search(text),
        sorts={
            "near": ("县级在前", ["is_sample", NEAREST, NEWEST]),
            "new": ("最新成文", [NEWEST]),
            "title": ("标题", ["title"]),
        },
        shared_as=f"policies of {day}",
        placeholder="政策标题、文号或关键词",
    )


@public_page
def policy_list(request: HttpRequest) -> HttpResponse:
    """The library: what is public, whatever its status."""
    listing = policy_listing(request)
    cards = [_card(policy) for policy in listing.page]
    matching = reverse("policies:match")
    context = {
        "listing": listing,
        "cards": cards,
        "match_url": matching if any(entry["url"] == matching for entry in menu()) else "",
        "has_sample": any(card["sample"] for card in cards),
        "crumbs": [("惠企政策", "")],
        "empty_actions": [("查看全部政策", listing.clear_url), ("看要素成本", reverse("policies:costs"))],
    }
    return render(request, "policies/list.html", context)


@public_page
def policy_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One policy: plain summary beside the original, key facts, status with its reason, source."""
    policy = get_object_or_404(
        IncentivePolicy.objects.visible_to(request.user)
        .select_related("industry", "department", "replaced_by")
        .prefetch_related(
            Prefetch("clauses", PolicyClause.objects.with_guide().order_by("order", "pk")),
            "questions",
            "replaces",
            "attachments",
        ),
        slug=slug,
    )
    day = today()
    status = policy.status_on(day)
    successor = policy.replaced_by if policy.replaced_by and policy.replaced_by.is_published else None
    facts = _facts(policy)
    original = blocks(policy.full_text)
    words = labels() if any(clause.rule for clause in policy.clause_list) else {}
    guides = [clause_guide(clause, day, words) for clause in policy.clause_list]
    context = {
        "policy": policy,
        "badges": _badges(policy, status),
        "status": status,
        "status_title": f"{status.label}：{policy.reason_on(day)}",
        "facts": facts,
        "guides": guides,
        "has_bare": any(g.is_bare and g.clause.benefit != Benefit.GENERAL for g in guides),
        "original": original,
        "contents": contents(original),
        "attachments": list(policy.attachments.all()),
        "successor": successor,
        "replaces": [old for old in policy.replaces.all() if old.is_published],
        "chain": chain_of(policy) if policy.replaced_by_id or policy.replaces.all() else [],
        "desk": policy.department or {"name": "托克托县政务服务便民热线", "phone": "12345"},
        "has_sample": policy.is_sample,
        "crumbs": [("惠企政策", reverse("policies:list")), (policy.title, "")],
    }
    return render(request, "policies/detail.html", context)


def attachment(request: HttpRequest, slug: str, digest: str) -> HttpResponseBase:
    """A file of a policy: for everybody while the policy is public, for staff before. Two queries."""
    policy = get_object_or_404(IncentivePolicy.objects.visible_to(request.user), slug=slug)
    found = policy.attachments.filter(sha256__startswith=digest).first() if len(digest) == DIGEST else None
    if found is None or not found.file.storage.exists(found.file.name or ""):
        raise Http404("没有这个附件，或者它已经撤下。请回到政策页面查看。")
    response = file_response(found.file.open("rb"), name=found.name, kind=found.file_kind)
    response.headers["ETag"] = f'"{found.sha256[:32]}"'
    return response
