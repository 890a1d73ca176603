"""The queue of what visitors say about the site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from tuoxian_portal.audit.reveal_admin import RevealMixin
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm, WorkflowAdmin
from tuoxian_portal.core.admin_site import badge
from tuoxian_portal.core.calendar import today
from tuoxian_portal.feedback import actions
from tuoxian_portal.feedback.choices import ContactKind, FeedbackState
from tuoxian_portal.feedback.models import ANSWER_LENGTH, Feedback
from tuoxian_portal.feedback.workflow import FEEDBACK_WORKFLOW


class OverdueFilter(admin.SimpleListFilter):
    title = _("答复")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "没有办结的"), ("late", "超期未答复的"), ("mine", "我在处理的")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        if self.value() == "open":
            return queryset.open()
        if self.value() == "late":
            return queryset.overdue(today())
        if self.value() == "mine":
            return queryset.open().filter(owner=request.user)
        return None


class AnswerVerbForm(VersionForm):
    answer = forms.CharField(
        label="答复",
        max_length=ANSWER_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="提意见的人凭编号和密码看到这段话。不要写个人信息。",
    )


@admin.register(Feedback)
class FeedbackAdmin(RevealMixin, WorkflowAdmin):
    """Visitors write; staff answer by the buttons."""

    revealable = ("contact",)
    workflow = FEEDBACK_WORKFLOW
    verbs = {
        "take": Verb(VersionForm, actions.take_feedback, "feedback"),
        "answer": Verb(AnswerVerbForm, actions.answer_feedback, "feedback"),
        "close": Verb(ReasonForm, actions.close_feedback, "feedback"),
        "reopen": Verb(ReasonForm, actions.reopen_feedback, "feedback"),
    }
    action_labels = {"receive": "收到意见", "reveal": "查看个人信息", "erase_contact": "到期删除联系方式"}
    deletable = False
    change_form_outer_before_template = "feedback/admin/before.html"
    state_badge = badge(FeedbackState)
    list_display = [
        "number",
        "created_at",
        "kind",
        "summary",
        "page",
        "state_badge",
        "due",
        "owner",
        "sample",
    ]
    list_filter = [OverdueFilter, "state", "kind", "is_sample"]
    search_fields = ["number", "text", "page"]
    date_hierarchy = "created_at"
    list_select_related = ["owner"]
    fieldsets = (
        (None, {"fields": (("number", "kind"), "page_link", "text", "contact_masked")}),
        (_("办理"), {"fields": (("owner", "answer_due"), "answer", "close_reason", "ended_at")}),
    )
    readonly_fields = [
        "number",
        "kind",
        "page_link",
        "text",
        "contact_masked",
        "owner",
        "answer_due",
        "answer",
        "close_reason",
        "ended_at",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        record = self.get_object(request, unquote(object_id)) if object_id else None
        sealed = (ContactKind.PHONE, ContactKind.EMAIL)
        if record is not None and record.contact_kind in sealed and self.may_reveal(request):
            extra["reveal_url"] = reverse("admin:feedback_feedback_reveal", args=[record.pk])
        return super().changeform_view(request, object_id, form_url, extra)

    @display(description=_("内容"))
    def summary(self, feedback: Feedback) -> str:
        return feedback.text if len(feedback.text) <= 40 else f"{feedback.text[:39]}…"

    @display(description=_("联系方式"))
    def contact_masked(self, feedback: Feedback) -> str:
        return feedback.masked_contact

    @display(description=_("页面"))
    def page_link(self, feedback: Feedback) -> SafeString | str:
        """A link for a path of ours; what was typed instead stays text."""
        if not feedback.page.startswith("/") or feedback.page.startswith("//"):
            return feedback.page or "没有写"
        return format_html('<a class="underline" href="{0}">{0}</a>', feedback.page)

    @display(
        description=_("答复期限"), ordering="answer_due", label={"已办结": "success", "超期未答复": "danger"}
    )
    def due(self, feedback: Feedback) -> str:
        if not feedback.is_open:
            return "已办结"
        if feedback.answer_due is None:
            return "没有期限"
        return "超期未答复" if feedback.answer_due < today() else f"{feedback.answer_due}"

    @display(description=_("示例"), ordering="is_sample", label={"示例": "warning"})
    def sample(self, feedback: Feedback) -> str | None:
        return "示例" if feedback.is_sample else None
