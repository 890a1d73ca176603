"""Public pages of 一次办: what is done together, the form, the list and the saving, and their papers."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from services.composition import Composition, compose
from services.form_filling import FORM_NOTE, fields_of
from services.guides import bundle_card
from services.guides_bundles import outcome_of, question_rows, saving_line
from services.models import ServiceBundle, ServiceItem
from services.papers.slips import blank_form, bundle_slip
from services.views.catalogue import AUDIENCES, tabs
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.money import NBSP

# Asks for what follows from the answers only; the page's script puts it in place of the old one.
PART = "_part"


def bundle_listing(request: HttpRequest) -> Listing:
    """Every matter that is done as one."""
    return Listing(
        request,
        ServiceBundle.objects.published().with_member_total(),
        facets=[
            Facet("audience", "服务对象", bands=AUDIENCES),
            Facet("theme", "主题", "theme__slug", label_field="theme__name"),
        ],
        search=lambda queryset, text: queryset.search(text),
        sorts={"order": ("默认", ["order"]), "name": ("名称", ["name"])},
        shared_as="bundles",
        placeholder="想办哪件事？例如：开饭店、注册公司",
    )


@public_page
def bundle_list(request: HttpRequest) -> HttpResponse:
    """Every matter that is done as one, with what it spares. Constant queries."""
    listing = bundle_listing(request)
    shown = ServiceBundle.objects.for_composition().in_bulk([bundle.pk for bundle in listing.page])
    saved = {pk: saving_line(compose(bundle, {})) for pk, bundle in shown.items()}
    return render(
        request,
        "services/bundles.html",
        {
            "listing": listing,
            "cards": [bundle_card(bundle, saved[bundle.pk]) for bundle in listing.page],
            "tabs": tabs("bundles"),
            "has_sample": any(bundle.is_sample for bundle in listing.page),
        },
    )


def composed(request: HttpRequest, slug: str) -> Composition:
    """The published bundle for the answers in the address; 404 when there is none."""
    bundle = get_object_or_404(ServiceBundle.objects.published().for_composition(), slug=slug)
    return compose(bundle, {key: request.GET.get(key, "") for key in request.GET})


def link_to(name: str, composition: Composition) -> str:
    """The address of a page of the bundle with the same answers, and nothing else in it."""
    url = reverse(f"services:{name}", args=[composition.bundle.slug])
    return f"{url}?{urlencode(composition.answers)}" if composition.answers else url


def links_of(composition: Composition) -> dict[str, str]:
    """Where the same answers lead: the page, the slip to tick, and the two PDFs."""
    pages = {"page": "bundle", "checklist": "bundle-checklist", "slip": "bundle-slip", "form": "bundle-form"}
    return {name: link_to(page, composition) for name, page in pages.items()}


def bundle_page(request: HttpRequest, composition: Composition, **more: Any) -> HttpResponse:
    """The page of a bundle, or with `_part` only what follows from the answers. The admin's preview of a
    bundle that is not published draws the same."""
    bundle = composition.bundle
    context = {
        "bundle": bundle,
        "crumbs": [
            ("办事服务", reverse("services:list")),
            ("一次办", reverse("services:bundles")),
            (bundle.name, ""),
        ],
        "action": request.path,
        "links": links_of(composition),
        "form_note": FORM_NOTE,
        **outcome_of(composition),
        **more,
    }
    if PART in request.GET:
        return render(request, "services/_outcome.html", context)
    promise = bundle.promised_text
    if bundle.promised_days is not None:
        promise = f"{bundle.promised_days}{NBSP}个工作日"
    context |= {
        "questions": question_rows(composition),
        "facts": [
            ("牵头单位", bundle.lead_authority, ""),
            ("承诺时限", promise, ""),
            ("包含事项", f"{len(bundle.members.all())}{NBSP}个", ""),
            ("服务对象", "、".join(bundle.audiences), ""),
        ],
        "desk": desk_of_bundle(bundle),
        "has_sample": bundle.is_sample,
    }
    return render(request, "services/bundle.html", context)


def desk_of_bundle(bundle: ServiceBundle) -> dict[str, str]:
    """Whom to ask, for the `contact` component."""
    return {"name": bundle.lead_authority, "phone": bundle.department.phone if bundle.department else ""}


@public_page
def bundle_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A bundle and, from the answers in the address, what it means for this applicant. Constant queries."""
    return bundle_page(request, composed(request, slug))


@public_page
def bundle_checklist(request: HttpRequest, slug: str) -> HttpResponse:
    """A slip to print and tick: what to bring for the whole bundle."""
    composition = composed(request, slug)
    context = {
        "bundle": composition.bundle,
        "links": links_of(composition),
        "answers": answer_rows(composition),
        "desk": desk_of_bundle(composition.bundle),
        "has_sample": composition.bundle.is_sample,
        **outcome_of(composition),
    }
    return render(request, "services/bundle_checklist.html", context)


def answer_rows(composition: Composition) -> list[tuple[str, str]]:
    """What was answered, question by question."""
    rows = []
    for question in composition.bundle.questions.all():
        chosen = composition.answers.get(question.key)
        label = next((a.label for a in question.answers.all() if a.value == chosen), "没有回答")
        rows.append((question.text, label))
    return rows


def pdf(data: bytes) -> HttpResponse:
    return HttpResponse(data, content_type="application/pdf")


@public_page
def bundle_slip_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """材料单 and 减负单 on paper."""
    composition = composed(request, slug)
    link = f"{settings.SITE_URL}{link_to('bundle', composition)}"
    return pdf(bundle_slip(composition, answer_rows(composition), link))


@public_page
def bundle_form_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """The one form, empty, to fill in by hand."""
    composition = composed(request, slug)
    names = [item.name for item in composition.items]
    return pdf(blank_form(f"{composition.bundle.name}申请表", names, composition.form))


@public_page
def item_form_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The form of one item, empty, to fill in by hand."""
    item = get_object_or_404(ServiceItem.objects.published().with_form(), code=code)
    return pdf(blank_form(f"{item.name}申请表", [item.name], fields_of([item])))
