"""Bundle cases in the workbench: the list by derived state, the page with its cases, its papers."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.admin.bundle_case_forms import BUNDLE_CASE_VERBS
from services.admin.papers import PapersMixin
from services.choices_bundles import BundleState
from services.choices_cases import CaseState, PaperKind
from services.filled_forms import filled_form
from services.models import BundleCase, BundleDocument, Case
from services.models.attachments import CaseAttachment
from services.models.ratings import RatingInvitation
from services.progress import remaining_text, status_sentence
from services.progress_bundles import STAFF_LABELS, bundle_sentence, bundle_timeline
from services.workflow import materials_complete
from services.workflow_bundles import BUNDLE_CASE_WORKFLOW
from tuoxian_portal.audit.reveal_admin import RevealMixin
from tuoxian_portal.audit.workflow_admin import WorkflowAdmin
from tuoxian_portal.core import crypto
from tuoxian_portal.core.admin_site import badge
from tuoxian_portal.core.codes import compact, is_unchecked_number

QUEUES = {
    "received": "待受理",
    "answer_soon": "受理预警",
    "correcting": "待补正",
    "in_progress": "办理中",
    "due_soon": "将到期",
    "overdue": "超过承诺",
    "stuck": "等待落空",
    "collecting": "待领取",
    "owing": "容缺欠账",
    "to_rate": "待评价",
}


def queue_counts(request: HttpRequest) -> dict[str, int]:
    """The sizes of the queues that this person sees; two queries a request."""
    if not hasattr(request, "_bundle_queues"):
        request._bundle_queues = {  # type: ignore[attr-defined]  # kept for the request
            **BundleCase.objects.visible_to(request.user).queue_counts(),
            "to_rate": RatingInvitation.objects.visible_to(request.user).of_bundles().open().count(),
        }
    return request._bundle_queues  # type: ignore[attr-defined]  # kept for the request


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


class StateFilter(admin.SimpleListFilter):
    """The derived states."""

    title = _("状态")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*BundleState.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        value = self.value()
        return queryset.in_state(value) if value in BundleState.values else queryset


@admin.register(BundleCase)
class BundleCaseAdmin(PapersMixin, RevealMixin, WorkflowAdmin):
    revealable = ("applicant_name", "applicant_number", "phone", "agent_phone", "form_answers")
    paper_model = BundleDocument
    workflow = BUNDLE_CASE_WORKFLOW
    verbs = BUNDLE_CASE_VERBS
    actions = None  # nothing in bulk goes round the workflow
    deletable = False
    action_labels = STAFF_LABELS
    history_length = 80
    state_badge = badge(BundleState)
    list_display = [
        "number",
        "bundle",
        "applicant",
        "state_badge",
        "progress",
        "promise",
        "outlet",
        "sample",
    ]
    list_filter = [QueueFilter, StateFilter, "bundle", "outlet", "is_sample"]
    list_select_related = ["bundle", "outlet"]
    search_fields = ["number", "applicant_name", "children__case_number"]
    search_help_text = _("一次办编号、办件编号、申请人，或完整的证件号码")
    ordering = ["-pk"]

    list_before_template = "admin/services/case/queues.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the queues and their sizes above it."""
        counts = queue_counts(request)
        queues = [{"name": n, "label": label, "count": counts[n]} for n, label in QUEUES.items()]
        context = {**(extra_context or {}), "queues": queues, "queue": request.GET.get("queue", "")}
        return super().changelist_view(request, context)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and match.url_name == "services_bundlecase_changelist":
            return rows.with_state().with_counts()
        return rows

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> Any:
        """A whole number is found through its keyed hash, also one that was taken without its check."""
        if is_unchecked_number(term):
            number = compact(term)
            found = queryset.filter(applicant_hash=crypto.keyed_hash(number))
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, term)

    @display(description=_("申请人"), ordering="applicant_name")
    def applicant(self, record: BundleCase) -> str:
        return record.masked_name

    @display(description=_("已结束 / 事项"))
    def progress(self, record: Any) -> str:
        return f"{record.case_done} / {record.case_total}"

    @display(description=_("承诺办结日"), ordering="promised_by")
    def promise(self, record: BundleCase) -> str:
        if not record.promised_by:
            return "—"
        return f"{record.promised_by:%Y-%m-%d}{' 超期' if record.is_overdue else ''}"

    def verb_about(self, record: BundleCase) -> str:
        return f"{record.name}，申请人：{record.masked_name}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # recorded at the counter, like every case

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # changed by its verbs only

    # --- pages -----------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """With its cases: the table of its acts asks them."""
        try:
            return self.get_queryset(request).with_children().filter(pk=object_id).first()
        except (ValueError, ValidationError):
            return None

    def _find(self, request: HttpRequest, pk: Any) -> BundleCase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        return found

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The page of a bundle case: nothing on it is edited in place."""
        if object_id is None:
            raise PermissionDenied
        return self.whole_page(request, self._find(request, unquote(object_id)))

    def whole_page(
        self, request: HttpRequest, record: BundleCase, *, revealed: dict[str, str] | None = None
    ) -> HttpResponse:
        documents = list(record.documents.all())
        visible = set(
            Case.objects.visible_to(request.user).filter(bundle_case=record).values_list("pk", flat=True)
        )
        counter = reverse("admin:services_case_add") if request.user.has_perm("services.add_case") else ""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{record.number} {record.name}",
            "opts": self.opts,
            "original": record,
            "record": record,
            "state": record.state,
            "sentence": bundle_sentence(record),
            "verb_buttons": self.verb_buttons(record, request.user),
            "rows": [self._row(case, case.pk in visible) for case in record.cases],
            "split": [self._row(case, case.pk in visible) for case in record.split_cases],
            "stuck": record.stuck_cases,
            "materials": [m for m in record.materials.all() if m.open_lines],
            "outside": [
                m
                for m in record.composition.get("members", [])
                if m["standing"] == "applies"
                and m["name"] not in {c.item.name for c in record.children.all()}
            ],
            "questions": [q for q in record.composition.get("questions", []) if q["label"]],
            # As printed: what does not concern this applicant is on neither side.
            "saving": next(
                (d.content["table"]["rows"] for d in documents if d.kind == PaperKind.BUNDLE_SAVING), []
            ),
            "form": filled_form(record, plain=bool(revealed)),
            "documents": documents,
            "attachments": self._attachments(request, record),
            "recorded": "recorded" in request.GET,
            "receipt": next((d for d in documents if d.kind == PaperKind.BUNDLE_RECEIPT), None),
            "timeline": bundle_timeline(record),
            "history": self.history(record),
            "can_reveal": self.may_reveal(request),
            "revealed": revealed or {},
            "add_url": counter,
        }
        return TemplateResponse(request, "admin/services/bundlecase/page.html", context)

    def _attachments(self, request: HttpRequest, record: BundleCase) -> list[CaseAttachment]:
        """The files of its cases that this person sees, the same file once; one query."""
        rows = CaseAttachment.objects.visible_to(request.user).present().filter(case__bundle_case=record)
        rows = rows.select_related("line", "material")
        return list({row.sha256: row for row in rows}.values())

    def _row(self, case: Case, visible: bool) -> dict[str, Any]:
        lacking = materials_complete(case, None) if case.state == CaseState.RECEIVED else ""
        waits = [other.item_name for other in case.waits_for.all() if not other.is_granted]
        return {
            "case": case,
            "url": case.get_absolute_url() if visible else "",
            "tone": case.state_tone,
            "sentence": status_sentence(case),
            "remaining": remaining_text(case),
            "lacking": lacking,
            "waits": waits if case.state == CaseState.WAITING else [],
        }

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """After 受理, the cases that were not accepted are named with the reason."""
        response = super().verb_view(request, object_id, verb)
        if verb == "accept" and response.status_code == 302:
            record = self._find(request, unquote(object_id))
            for case in record.cases:
                if case.state == CaseState.RECEIVED and (text := materials_complete(case, None)):
                    messages.warning(request, f"{case.item_name}没有受理：{text}")
        return response

    def revealed_page(self, request: HttpRequest, record: Any, shown: dict[str, str]) -> HttpResponse:
        return self.whole_page(request, self._find(request, record.pk), revealed=shown)
