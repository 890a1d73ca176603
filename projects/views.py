"""Public pages: projects, opportunities, the one-page brief, the enquiry. They work without JavaScript."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Case, F, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from projects import actions
from projects.choices import InvestmentBand, Nature, ProjectType, Stage, Status
from projects.forms import PLANS, EnquiryForm, new_stamp
from projects.models import InvestmentLead, KeyProject, Opportunity
from projects.throttling import EnquiryThrottle
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.money import format_wan, plain
from tuoxian_portal.directory.models import Department

PHOTOS_SHOWN = 12
DONE_SALT = "projects.enquiry.done"
# Named projects before groups, works and other rows that are not one project each.
PROJECTS_FIRST = Case(When(nature=Nature.PROJECT, then=0), default=1)
LARGEST = F("total_investment_wan").desc(nulls_last=True)


def _tabs(current: str) -> list[dict[str, Any]]:
    """The two lists that share the page, with their totals; two counts."""
    return [
        {
            "label": "重点项目",
            "url": reverse("projects:list"),
            "count": KeyProject.objects.published().count(),
            "selected": current == "projects",
        },
        {
            "label": "招商项目",
            "url": reverse("projects:opportunities"),
            "count": Opportunity.objects.published().count(),
            "selected": current == "opportunities",
        },
    ]


def _project_card(project: KeyProject) -> dict[str, Any]:
    badges = [(project.stage_label, project.stage_tone)] if project.stage else []
    if project.nature != Nature.PROJECT:
        badges.append((project.get_nature_display(), "neutral"))
    if project.is_chain_leader:
        badges.append(("链主项目", "info"))
    return {
        "title": project.name,
        "url": project.get_absolute_url(),
        "summary": project.capacity or project.stage_note,
        "badges": badges,
        "meta": [
            project.industry.name if project.industry else "",
            f"总投资 {format_wan(project.total_investment_wan)}" if project.total_investment_wan else "",
            project.owner_name,
            f"截至 {project.stage_as_of}" if project.stage_as_of else "",
        ],
        "sample": project.is_sample,
    }


def project_listing(request: HttpRequest) -> Listing:
    """Published key projects, real ones first."""
    return Listing(
        request,
        KeyProject.objects.published().select_related("industry", "enterprise"),
        facets=[
            Facet("industry", "产业", "industry__slug", label_field="industry__name"),
            Facet("stage", "阶段", "stage", choices=Stage.choices),
            Facet("park", "园区", "park__reference_id", label_field="park__name"),
            Facet("type", "类型", "project_type", choices=ProjectType.choices),
            Facet("investment", "总投资", "investment_band", choices=InvestmentBand.choices),
            Facet("nature", "记录性质", "nature", choices=Nature.choices),
        ],
        search=lambda queryset, text: queryset.search(text),
        sorts={
            "number": ("具名项目在前", ["is_sample", PROJECTS_FIRST, "number"]),
            "investment": ("总投资从高到低", ["is_sample", LARGEST]),
            "stage": ("最近更新", ["is_sample", "-updated_at"]),
        },
        shared_as="projects",
        placeholder="项目、企业或产品",
    )


@public_page
def project_list(request: HttpRequest) -> HttpResponse:
    """Published key projects, real ones first."""
    listing = project_listing(request)
    return render(
        request,
        "projects/list.html",
        {
            "listing": listing,
            "cards": [_project_card(project) for project in listing.page],
            "tabs": _tabs("projects"),
            "kind": "projects",
            "title": "重点项目",
            "lead": "报道和公开来源写到的项目，逐条注明来源和日期；来源没有写明的，页面照实说明。",
            "has_sample": any(project.is_sample for project in listing.page),
            "breadcrumbs": [("项目机会", "")],
        },
    )


def opportunity_listing(request: HttpRequest) -> Listing:
    """What the county invites investors to build."""
    return Listing(
        request,
        Opportunity.objects.published().select_related("industry"),
        facets=[
            Facet("industry", "产业", "industry__slug", label_field="industry__name"),
            Facet("park", "园区", "park__reference_id", label_field="park__name"),
        ],
        search=lambda queryset, text: queryset.search(text),
        sorts={
            "number": ("编号顺序", ["is_sample", "number"]),
            "investment": ("估算投资从高到低", ["is_sample", LARGEST]),
        },
        shared_as="opportunities",
        placeholder="产业、产品或选址",
    )


@public_page
def opportunity_list(request: HttpRequest) -> HttpResponse:
    """What the county invites investors to build."""
    listing = opportunity_listing(request)
    cards = [
        {
            "title": opportunity.name,
            "url": opportunity.get_absolute_url(),
            "summary": opportunity.summary,
            "badges": [("招商中", "info")],
            "meta": [
                opportunity.industry.name if opportunity.industry else "",
                f"估算总投资 {format_wan(opportunity.total_investment_wan)}"
                if opportunity.total_investment_wan
                else "",
            ],
            "sample": opportunity.is_sample,
        }
        for opportunity in listing.page
    ]
    return render(
        request,
        "projects/list.html",
        {
            "listing": listing,
            "cards": cards,
            "tabs": _tabs("opportunities"),
            "kind": "opportunities",
            "title": "招商项目",
            "lead": "公开来源写明的招引方向。选址、条件和合作方式尚未公布的，可以直接咨询。",
            "has_sample": any(opportunity.is_sample for opportunity in listing.page),
            "breadcrumbs": [("项目机会", reverse("projects:list")), ("招商项目", "")],
        },
    )


@public_page
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """The one-page brief of a project or an opportunity; staff see theirs before it is published."""
    project = (
        KeyProject.objects.visible_to(request.user)
        .select_related("industry", "enterprise", "park", "town", "department", "chain")
        .filter(number=number)
        .first()
    )
    if project:
        return render(request, "projects/detail.html", _project_context(project))
    opportunity = (
        Opportunity.objects.visible_to(request.user)
        .select_related("industry", "park", "department", "chain")
        .filter(number=number)
        .first()
    )
    if opportunity is None:
        raise Http404("没有这个项目，或者它还没有公布。")
    return render(request, "projects/opportunity.html", _opportunity_context(opportunity))


def _stage_bar(stage: str) -> list[dict[str, str]]:
    """The path with what is passed, current and to come; empty for an unstated stage."""
    if not stage:
        return []
    rank = Stage(stage).rank
    states = {-1: "done", 0: "current", 1: "planned"}
    return [{"label": str(s.label), "state": states[(s.rank > rank) - (s.rank < rank)]} for s in Stage]


def _dates(project: KeyProject) -> list[tuple[str, date, str]]:
    """The project's own dates in order: (title, day, done or planned)."""
    found = [
        ("签约", project.signed_on, "done"),
        ("开工", project.actual_start, "done"),
        ("投产", project.actual_production, "done"),
        ("达产", project.at_capacity_on, "done"),
    ]
    if not project.actual_start:
        found.append(("开工", project.planned_start, "planned"))
    if not project.actual_production:
        found.append(("投产", project.planned_production, "planned"))
    return sorted(((t, d, s) for t, d, s in found if d), key=lambda item: item[1])


def _desk(department: Department | None) -> dict[str, str]:
    """Who answers: the record's department, else the county's investment desk in general."""
    days = settings.ENQUIRY_ANSWER_WORKING_DAYS
    return {
        "name": department.name if department else "托克托县招商服务",
        "phone": department.phone if department else "",
        "answer_time": f"网上咨询 {days} 个工作日内答复。",
    }


def _enquire_url(number: str) -> str:
    return f"{reverse('projects:enquiry')}?{urlencode({'about': number})}"


def _project_facts(project: KeyProject) -> list[tuple[str, str, str]]:
    """What matters first; what a source need not state is left out while it is unknown."""
    site = project.park.name if project.park else (project.town.name if project.town else "")
    total = format_wan(project.total_investment_wan)
    facts = [
        # Sources that contradict each other, or give no exact figure, are quoted below the fact.
        ("总投资", total or ("尚无一致的数额" if project.investment_note else ""), project.investment_note),
        ("产业", project.industry.name if project.industry else "", ""),
        ("企业", project.owner_name, ""),
        ("园区或乡镇", site, project.location if project.location != site else ""),
    ]
    optional = [
        ("类型", str(project.get_project_type_display()), ""),
        ("用地", f"{plain(project.land_mu)}\u00a0亩" if project.land_mu else "", ""),
    ]
    return facts + [fact for fact in optional if fact[1]]


def _project_context(project: KeyProject) -> dict[str, Any]:
    """Published fields only: nothing of reports, problems, receipts or responsible people."""
    facts = list(project.source_facts.all())
    return {
        "project": project,
        "title": project.name,
        "lead": project.summary,
        "has_sample": project.is_sample,
        "stage_bar": _stage_bar(project.stage),
        "badges": [(project.stage_label, project.stage_tone)]
        + ([(project.status_label, project.status_tone)] if project.status == Status.TERMINATED else [])
        + ([(project.get_nature_display(), "neutral")] if project.nature != Nature.PROJECT else [])
        + ([("链主项目", "info")] if project.is_chain_leader else []),
        "key_facts": _project_facts(project),
        "capacity": project.capacity,
        "stage_note": project.stage_note,
        "timeline": [
            {"title": title, "date": f"{day:%Y-%m-%d}", "who": "", "text": "", "state": state}
            for title, day, state in _dates(project)
        ],
        "photos": list(project.photos.published().select_related("report")[:PHOTOS_SHOWN]),
        "facts": facts,
        "desk": _desk(project.department),
        "enquire_url": _enquire_url(project.number),
        "breadcrumbs": [("项目机会", reverse("projects:list")), (project.name, "")],
    }


def _opportunity_context(opportunity: Opportunity) -> dict[str, Any]:
    return {
        "opportunity": opportunity,
        "title": opportunity.name,
        "has_sample": opportunity.is_sample,
        "key_facts": [
            ("产业", opportunity.industry.name if opportunity.industry else "", ""),
            ("选址", opportunity.site or (opportunity.park.name if opportunity.park else ""), ""),
            ("估算总投资", format_wan(opportunity.total_investment_wan), ""),
            ("建设规模", opportunity.scale, ""),
            ("合作方式", opportunity.cooperation, ""),
            *([("联系方式", opportunity.contact, "")] if opportunity.contact else []),
        ],
        "desk": _desk(opportunity.department),
        "enquire_url": _enquire_url(opportunity.number),
        "breadcrumbs": [
            ("项目机会", reverse("projects:list")),
            ("招商项目", reverse("projects:opportunities")),
            (opportunity.name, ""),
        ],
    }


# --- Enquiry -------------------------------------------------------------------------------------
def _subject(number: str) -> dict[str, Any]:
    """The published record an enquiry is about, as an argument of `record_enquiry`."""
    if not number.isprintable() or not number:
        return {}
    if project := KeyProject.objects.published().filter(number=number).first():
        return {"project": project}
    if opportunity := Opportunity.objects.published().filter(number=number).first():
        return {"opportunity": opportunity}
    return {}


@never_cache
def enquiry(request: HttpRequest) -> HttpResponse:
    """The enquiry form; a valid one is recorded once and leads to its confirmation."""
    if request.method != "POST":
        about = request.GET.get("about", "")[:20]
        subject = next(iter(_subject(about).values()), None)
        initial = {"stamp": new_stamp(), "about": about if subject else ""}
        if subject is not None:
            initial["industry"] = subject.industry_id
        return _enquiry_page(request, EnquiryForm(initial=initial), subject)
    form = EnquiryForm(request.POST)
    subjects = _subject(request.POST.get("about", "")[:20])
    status = 400
    if form.is_valid() and form.token:
        known = InvestmentLead.objects.filter(token=form.token).exists()
        if known or EnquiryThrottle().allow_request(request, None):  # type: ignore[arg-type]  # counts by address, asks no view
            data = form.cleaned_data
            lead = actions.record_enquiry(
                token=form.token,
                contact_name=data["contact_name"],
                phone=data["phone"],
                needs=data["needs"],
                enterprise_name=data["enterprise_name"],
                industry=data["industry"],
                intended_jobs=None if (jobs := data["intended_jobs"]) is None else int(jobs),
                **{name: data[name] for name in PLANS if name != "intended_jobs"},
                **subjects,
            )
            done = signing.dumps(lead.number, salt=DONE_SALT)
            return HttpResponseRedirect(f"{reverse('projects:enquiry_done')}?{urlencode({'n': done})}")
        form.add_error(None, "提交过于频繁，请一小时后再试，或直接拨打政务服务热线。您填写的内容已保留。")
        status = 429
    form.renew()
    return _enquiry_page(request, form, next(iter(subjects.values()), None), status=status)


def _enquiry_page(
    request: HttpRequest, form: EnquiryForm, subject: Any, *, status: int = 200
) -> HttpResponse:
    return render(
        request,
        "projects/enquiry.html",
        {
            "form": form,
            "subject": subject,
            "days": settings.ENQUIRY_ANSWER_WORKING_DAYS,
            "desk": _desk(subject.department if subject is not None else None),
            "breadcrumbs": [("项目机会", reverse("projects:list")), ("投资咨询", "")],
        },
        status=status,
    )


@never_cache
def enquiry_done(request: HttpRequest) -> HttpResponse:
    """The confirmation. Its address is signed, so that numbers of other people cannot be tried."""
    try:
        number = signing.loads(request.GET.get("n", ""), salt=DONE_SALT)
    except signing.BadSignature:
        raise Http404("没有这份咨询。") from None
    lead = get_object_or_404(InvestmentLead.objects.only("number", "answer_due", *PLANS), number=number)
    days = settings.ENQUIRY_ANSWER_WORKING_DAYS
    return render(
        request,
        "projects/enquiry_done.html",
        {
            "number": lead.number,
            "plans": lead.plans,
            "text": f"我们会在 {days} 个工作日内（{lead.answer_due:%Y 年 %m 月 %d 日}前）按您留的电话答复。",
            "next": [
                "请记下编号，来电询问时报编号即可。",
                f"工作人员最迟 {lead.answer_due:%m 月 %d 日}与您联系。",
                "如需实地考察，可在联系时约定时间。",
            ],
            "breadcrumbs": [("项目机会", reverse("projects:list")), ("投资咨询", "")],
        },
    )
