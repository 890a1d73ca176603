"""帮办 entrustments in the workbench: queues, the page of one, its papers, the board of a project."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.actions.entrusting import with_rows
from services.actions.entrustments import register_entrustment
from services.admin.entrustment_forms import ENTRUSTMENT_VERBS, RegisterForm, amended
from services.admin.papers import PapersMixin
from services.assistance import plan_for
from services.choices_entrustments import EntrustmentState, FollowUpGrade
from services.entrustment_progress import LABELS, remaining_days, status_sentence
from services.mandate import powers_in_words
from services.models import Case, Entrustment, EntrustmentDocument, HallStatistic
from services.workflow_entrustments import ENTRUSTMENT_WORKFLOW
from tuoxian_portal.audit.reveal_admin import RevealMixin
from tuoxian_portal.audit.workflow_admin import WorkflowAdmin, add_errors
from tuoxian_portal.core import crypto
from tuoxian_portal.core.admin_site import badge, day_and_rest
from tuoxian_portal.core.codes import compact
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.workflow import Transition

QUEUES = {
    "mine": "我帮办的",
    "consulted": "待承诺",
    "promised": "待委托",
    "helping": "帮办中",
    "suspended": "中止",
    "to_sign_off": "待办结签单",
    "to_follow_up": "待回访",
    "ending_soon": "即将到期",
    "originals": "原件未退",
}
FULL_ASSISTANCE_FACT = "HS-08"  # how many items the county says the whole process has
REGISTER = Transition(
    name="register",
    label="登记咨询",
    sources=frozenset(),
    target=EntrustmentState.CONSULTED,
    permission="services.add_entrustment",
    confirm="帮办服务自愿、免费。登记后由帮办员作出服务承诺，委托人再决定是否委托。",
    tone="primary",
)


def queue_counts(request: HttpRequest) -> dict[str, int]:
    """The sizes of the queues that this person sees; one query a request."""
    if not hasattr(request, "_entrustment_queues"):
        rows = Entrustment.objects.visible_to(request.user)
        request._entrustment_queues = rows.queue_counts(request.user)  # type: ignore[attr-defined]  # kept for the request
    return request._entrustment_queues  # type: ignore[attr-defined]  # kept for the request


class EntrustmentQueueFilter(admin.SimpleListFilter):
    """The queues with their sizes; one query for all of them."""

    title = _("队列")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counts = queue_counts(request)
        return [(name, f"{label}（{counts[name]}）") for name, label in QUEUES.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        queue = self.value()
        return queryset.in_queue(queue, request.user) if queue in QUEUES else queryset


@admin.register(Entrustment)
class EntrustmentAdmin(PapersMixin, RevealMixin, WorkflowAdmin):
    revealable = ("principal_name", "principal_number", "phone", "visit_address")
    paper_model = EntrustmentDocument
    workflow = ENTRUSTMENT_WORKFLOW
    verbs = ENTRUSTMENT_VERBS
    actions = None  # nothing in bulk goes round the workflow
    deletable = False
    action_labels = LABELS
    history_length = 80
    state_badge = badge(EntrustmentState)
    list_display = [
        "number",
        "principal",
        "mode",
        "state_badge",
        "helper",
        "outlet",
        "until",
        "sample",
    ]
    list_filter = [EntrustmentQueueFilter, "state", "mode", "channel", "outlet", "park", "is_sample"]
    search_fields = ["number", "principal_name", "project__name"]
    search_help_text = _("委托编号、委托人、项目，或完整的证件号码")
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
        """A whole ID or credit code is found through its keyed hash."""
        if len(number := compact(term)) == 18:
            found = queryset.filter(principal_hash=crypto.keyed_hash(number))
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, term)

    @display(description=_("委托人"), ordering="principal_name")
    def principal(self, entrustment: Entrustment) -> str:
        return entrustment.masked_name

    @display(description=_("委托期限"), ordering="ends_on")
    def until(self, entrustment: Entrustment) -> SafeString | str:
        if entrustment.ends_on is None:
            return "—"
        return day_and_rest(entrustment.ends_on, remaining_days(entrustment))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # an entrustment is changed by its verbs only

    # --- pages -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/board/", view(self.board_view), name="services_entrustment_board"),
            *super().get_urls(),
        ]

    def verb_about(self, entrustment: Entrustment) -> str:
        return f"{entrustment.get_mode_display()}，委托人：{entrustment.masked_name}"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """咨询登记. What was typed stays on an error; the same form twice is one entrustment."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RegisterForm(request.POST if request.method == "POST" else None, user=request.user)
        status = 200
        if request.method == "POST":
            status = 400
            if form.is_valid():
                try:
                    made = register_entrustment(actor=request.user, **amended(form.cleaned_data))
                except PortalError as error:
                    form.add_error(None, error.message)
                except ValidationError as error:
                    add_errors(form, error)
                else:
                    messages.success(request, f"已登记：{made.number}。")
                    return HttpResponseRedirect(made.get_absolute_url())
        shown = [name for name, field in form.fields.items() if not field.widget.is_hidden]
        fields: Any = AdminForm(form, [(None, {"fields": shown})], {}, model_admin=self)  # type: ignore[arg-type]  # reads fields only
        context = {
            **self.admin_site.each_context(request),
            "title": "登记帮办咨询",
            "opts": self.opts,
            "form": form,
            "adminform": fields,
            "transition": REGISTER,
            "back": reverse("admin:services_entrustment_changelist"),
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/portal/verb.html", context, status=status)

    def _find(self, request: HttpRequest, pk: Any) -> Entrustment:
        """The entrustment if this person sees it, else 404; with everything its page shows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return with_rows(self.get_queryset(request)).prefetch_related("documents").get(pk=pk)
        except (Entrustment.DoesNotExist, ValueError, ValidationError):
            raise Http404 from None

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The page of an entrustment: nothing on it is edited in place."""
        return self.entrustment_page(request, self._find(request, unquote(object_id)))

    def entrustment_page(
        self, request: HttpRequest, record: Entrustment, *, revealed: dict[str, str] | None = None
    ) -> HttpResponse:
        cases = [link.case for link in record.case_links.all()]
        seen = set(
            Case.objects.visible_to(request.user)
            .filter(pk__in=[case.pk for case in cases])
            .values_list("pk", flat=True)
            if cases
            else ()
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"{record.number} {record.masked_name}",
            "opts": self.opts,
            "original": record,
            "record": record,
            "state": EntrustmentState(record.state),
            "sentence": status_sentence(record),
            "remaining": remaining_days(record),
            "powers": powers_in_words(record.powers),
            "grade": FollowUpGrade(record.follow_up_grade) if record.follow_up_grade else None,
            "held": [paper for paper in record.papers.all() if paper.is_held],
            "seen_cases": seen,
            "verb_buttons": self.verb_buttons(record, request.user),
            "history": self.history(record),
            "can_reveal": self.may_reveal(request),
            "revealed": revealed or {},
        }
        return TemplateResponse(request, "admin/services/entrustment/page.html", context)

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """The form of one verb. An entrustment handed to another outlet may be out of sight afterwards."""
        response = super().verb_view(request, object_id, verb)
        done = request.method == "POST" and isinstance(response, HttpResponseRedirect)
        if done and self.get_object(request, unquote(object_id)) is None:
            return HttpResponseRedirect(reverse("admin:services_entrustment_changelist"))
        return response

    def revealed_page(self, request: HttpRequest, record: Any, shown: dict[str, str]) -> HttpResponse:
        return self.entrustment_page(request, self._find(request, record.pk), revealed=shown)

    def board_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """全帮办 by stage: what is done, under way, next; derived from the project's linked cases."""
        record = self._find(request, pk)
        if record.project is None:
            raise Http404("本委托没有关联重点项目。")
        plan = plan_for(record.project)
        context = {
            **self.admin_site.each_context(request),
            "title": f"全帮办：{record.project.name}",
            "opts": self.opts,
            "original": record,
            "record": record,
            "plan": plan,
            "covered": record.mandate.stages,
            "fact": HallStatistic.objects.filter(reference_id=FULL_ASSISTANCE_FACT).first(),
            "siblings": Entrustment.objects.visible_to(request.user)
            .filter(project=record.project)
            .exclude(pk=record.pk),
        }
        return TemplateResponse(request, "admin/services/entrustment/board.html", context)
