"""Cases in the workbench: queues, the page of a case, its papers. Recording is in `counter.py`."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.admin import bundle_counter, counter
from services.admin.attachments import AttachmentsMixin, attachments_of
from services.admin.case_forms import CASE_VERBS
from services.admin.case_licences import LicencesMixin, licences_of
from services.admin.custody import CustodyMixin, Refusal, custody_of
from services.admin.papers import PapersMixin
from services.admin.ratings import rating_of
from services.choices_cases import CaseState
from services.filled_forms import filled_form
from services.models.cases import Case, CaseDocument
from services.models.entrustments import EntrustmentCase
from services.models.ratings import RatingInvitation
from services.progress import STAFF_LABELS, ledger, remaining_text, status_sentence
from services.querysets_cases import earliest_promise
from services.workflow import CASE_WORKFLOW, projected
from tuoxian_portal.audit.reveal_admin import RevealMixin
from tuoxian_portal.audit.workflow_admin import WorkflowAdmin
from tuoxian_portal.core import crypto
from tuoxian_portal.core.admin_site import badge, day_and_rest
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import compact, is_unchecked_number

QUEUES = {
    "registered": "登记待收",
    "received": "待受理",
    "answer_soon": "受理预警",
    "correcting": "待补正",
    "accepted": "待移交签收",
    "reviewing": "审查中",
    "deciding": "待审批",
    "due_soon": "将到期",
    "overdue": "超期",
    "collecting": "待领取",
    "owing": "容缺欠账",
    "unreturned": "材料逾期未还",
    "to_rate": "待评价",
}


def queue_counts(request: HttpRequest) -> dict[str, int]:
    """The sizes of the queues that this person sees; two queries a request."""
    if not hasattr(request, "_case_queues"):
        request._case_queues = {  # type: ignore[attr-defined]  # kept for the request
            **Case.objects.visible_to(request.user).queue_counts(),
            "to_rate": RatingInvitation.objects.visible_to(request.user).of_cases().open().count(),
        }
    return request._case_queues  # type: ignore[attr-defined]  # kept for the request


class QueueFilter(admin.SimpleListFilter):
    """The queues with their sizes."""

    title = _("队列")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counts = queue_counts(request)
        return [(name, f"{label}（{counts[name]}）") for name, label in QUEUES.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        queue = self.value()
        return queryset.in_queue(queue) if queue in QUEUES else queryset


@admin.register(Case)
class CaseAdmin(CustodyMixin, LicencesMixin, AttachmentsMixin, PapersMixin, RevealMixin, WorkflowAdmin):
    revealable = ("applicant_name", "applicant_number", "phone", "agent_phone", "form_answers")
    paper_model = CaseDocument
    workflow = CASE_WORKFLOW
    verbs = CASE_VERBS
    actions = None  # nothing in bulk goes round the workflow
    deletable = False
    action_labels = STAFF_LABELS
    history_length = 80
    state_badge = badge(CaseState)
    list_display = [
        "case_number",
        "item",
        "applicant",
        "state_badge",
        "due",
        "outlet",
        "department",
        "sample",
    ]
    list_filter = [QueueFilter, "state", "department", "outlet", "is_sample"]
    list_select_related = ["item", "outlet", "department"]
    search_fields = ["case_number", "applicant_name"]
    search_help_text = _("办件编号、申请人，或完整的证件号码")
    ordering = ["-pk"]
    list_before_template = "admin/services/case/queues.html"

    # --- list ------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the queues and their sizes above it."""
        counts = queue_counts(request)
        queues = [{"name": n, "label": label, "count": counts[n]} for n, label in QUEUES.items()]
        context = {**(extra_context or {}), "queues": queues, "queue": request.GET.get("queue", "")}
        return super().changelist_view(request, context)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> Any:
        """A whole number is found through its keyed hash, also one that was taken without its check."""
        if is_unchecked_number(term):
            number = compact(term)
            found = queryset.filter(applicant_hash=crypto.keyed_hash(number))
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, term)

    def get_queryset(self, request: HttpRequest) -> Any:
        """What this person sees; in the queue of what is owed with the day that was promised."""
        rows = super().get_queryset(request)
        return rows.by_promise() if request.GET.get("queue") == "owing" else rows

    def get_ordering(self, request: HttpRequest) -> Any:
        """Newest first; what is owed, by the day on which it was promised."""
        owing = request.GET.get("queue") == "owing"
        return [earliest_promise().asc(), "pk"] if owing else self.ordering

    @display(description=_("申请人"), ordering="applicant_name")
    def applicant(self, case: Case) -> str:
        return case.masked_name

    @display(description=_("期限"), ordering="due_on")
    def due(self, case: Case) -> SafeString | str:
        if promise := getattr(case, "promise", None):  # in the queue of what is owed
            return f"容缺 {promise:%Y-%m-%d} {'已逾期' if promise < today() else '前补齐'}"
        return day_and_rest(case.due_on, remaining_text(case)) if case.due_on else "—"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a case is changed by its verbs only

    # --- pages -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("items/", view(self.items_view), name="services_case_items"),
            path("add/<slug:slug>/", view(self.add_bundle_view), name="services_case_add_bundle"),
            path("applicant/", view(self.applicant_view), name="services_case_applicant"),
            path("<int:pk>/ledger/", view(self.ledger_view), name="services_case_ledger"),
            *super().get_urls(),
        ]

    def verb_about(self, case: Case) -> str:
        return f"{case.item_name}，申请人：{case.masked_name}"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return counter.counter_view(self, request)

    def add_bundle_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The counter for a bundle."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return bundle_counter.bundle_counter_view(self, request, slug)

    def items_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return counter.items_view(request)

    def applicant_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return counter.applicant_view(request)

    def _find(self, request: HttpRequest, pk: Any) -> Case:
        """The case if this person sees it, else 404; with everything its page shows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = (
            self.get_queryset(request)
            .select_related(
                "bundle_case",
                "item",
                "outlet",
                "handling_outlet",
                "department",
                "corrects",
                "received_by",
                "reviewer",
                "approver",
            )
            .prefetch_related("materials__licence__kind", "intervals", "documents", "corrections")
            .annotate(is_helped=Exists(EntrustmentCase.objects.filter(case=OuterRef("pk"))))
        )
        try:
            return rows.get(pk=pk)
        except (Case.DoesNotExist, ValueError, ValidationError):
            raise Http404 from None

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The page of a case: nothing on it is edited in place."""
        return self.case_page(request, self._find(request, unquote(object_id)))

    def case_page(
        self,
        request: HttpRequest,
        case: Case,
        *,
        revealed: dict[str, str] | None = None,
        refused: Refusal | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """`refused`: the move of papers that was just refused, to be corrected on the page."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{case.case_number} {case.item_name}",
            "opts": self.opts,
            "original": case,
            "case": case,
            "helped": list(case.entrustment_links.select_related("entrustment", "helper"))
            if getattr(case, "is_helped", False)
            else [],
            "state": CaseState(case.state),
            "sentence": status_sentence(case),
            "remaining": remaining_text(case),
            "projected": projected(case.due_on, case),
            "overdue": case.is_overdue,
            "verb_buttons": self.verb_buttons(case, request.user),
            "ledger": ledger(case),
            "history": self.history(case),
            "recorded": "recorded" in request.GET,
            "receipt": next((d for d in case.documents.all() if d.kind == "receipt"), None),
            "form": filled_form(case, plain=bool(revealed)),
            "rating": rating_of(case, request.user),
            "can_reveal": self.may_reveal(request),
            "revealed": revealed or {},
            "files": attachments_of(request, case=case),
            **licences_of(request, case),
            **custody_of(request, case),
            "refused": refused,
            "add_url": reverse("admin:services_case_add") if self.has_add_permission(request) else "",
        }
        return TemplateResponse(request, "admin/services/case/page.html", context, status=status)

    def revealed_page(self, request: HttpRequest, record: Any, shown: dict[str, str]) -> HttpResponse:
        return self.case_page(request, self._find(request, record.pk), revealed=shown)

    def ledger_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """时限账本 for printing."""
        case = self._find(request, pk)
        context = {"case": case, "ledger": ledger(case), "state": CaseState(case.state)}
        return TemplateResponse(request, "admin/services/case/ledger.html", context)
