"""督办 in the workbench: issue, answer, return, close, print."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
)

from projects import actions
from projects.actions.notices import DEFAULT_RETURN_DAYS
from projects.admin.base import ActionSavedAdmin
from projects.choices_notice import NoticeState
from projects.models import NoticeEntry, SupervisionNotice
from projects.workflow_oversight import NOTICE_WORKFLOW
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm, WorkflowAdmin
from tuoxian_portal.core.admin_site import badge
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.uploads import ACCEPT, check_upload, file_response


class AnswerForm(VersionForm):
    text = forms.CharField(
        label="办理情况",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="写明做了什么、结果如何、还差什么、何时完成。",
    )
    file = forms.FileField(
        label="佐证材料",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ACCEPT}),
        help_text="PDF、JPG、PNG、OFD、DOCX 或 XLSX。可以不传。",
    )

    def clean_file(self) -> Any:
        if file := self.cleaned_data["file"]:
            check_upload(file)
        return file


class ReturnForm(ReasonForm):
    reply_days = forms.IntegerField(
        label="重新答复时限（工作日）",
        min_value=1,
        max_value=60,
        initial=DEFAULT_RETURN_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ["reason", "reply_days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "退回理由"


class CloseForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "办结意见"


class OverdueNoticeFilter(admin.SimpleListFilter):
    title = _("期限")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "超期未答复")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        return queryset.overdue(today()) if self.value() == "1" else queryset


@admin.register(SupervisionNotice)
class SupervisionNoticeAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = NOTICE_WORKFLOW
    view_on_site = False
    verbs = {
        "answer": Verb(AnswerForm, actions.answer_notice, "notice"),
        "close": Verb(CloseForm, actions.close_notice, "notice"),
        "return": Verb(ReturnForm, actions.return_notice, "notice"),
        "cancel": Verb(ReasonForm, actions.cancel_notice, "notice"),
    }
    action_labels = {"issue": "发出督办"}
    form = forms.ModelForm
    change_form_outer_before_template = "projects/admin/notice_panel.html"
    state_badge = badge(NoticeState)
    list_display = [
        "number",
        "title",
        "project",
        "who",
        "issued_on",
        "reply_due",
        "state_badge",
        "late",
        "sample",
    ]
    list_display_links = ["number", "title"]
    list_filter = [OverdueNoticeFilter, "state", "owner_department", "is_sample"]
    list_filter_submit = True
    search_fields = ["number", "title", "project__name", "project__number"]
    search_help_text = _("督办编号、事项，项目编号或名称")
    list_select_related = ["project", "owner", "owner_department"]
    autocomplete_fields = ["project"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "project",
                    "title",
                    "requirement",
                    ("owner", "owner_department"),
                    "reply_days",
                )
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/print/",
                view(self.print_view),
                name="projects_supervisionnotice_print",
            ),
            path(
                "entries/<int:pk>/evidence/",
                view(self.entry_evidence_view),
                name="projects_noticeentry_evidence",
            ),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            from tuoxian_portal.accounts.models import User

            kwargs["queryset"] = User.objects.filter(is_active=True, is_staff=True).order_by("username")
            kwargs["help_text"] = "选了承办人，只由本人答复；只选承办单位，由单位的人答复。至少选一个。"
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actions.issue_notice(notice=obj, actor=request.user)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        notice = self.get_object(request, unquote(object_id)) if object_id else None
        if notice is not None:
            extra["panel"] = {
                **_shown(notice),
                "print_url": reverse("admin:projects_supervisionnotice_print", args=[notice.pk]),
            }
        return super().changeform_view(request, object_id, form_url, extra)

    def print_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The notice with its answers, as a page to print."""
        notice = self.get_object(request, unquote(object_id))
        if notice is None or not self.has_view_permission(request, notice):
            raise Http404
        return TemplateResponse(request, "projects/admin/notice_print.html", _shown(notice))

    def entry_evidence_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = get_object_or_404(NoticeEntry.objects.visible_to(request.user), pk=pk)
        if entry.file_kind is None:
            raise Http404
        return file_response(  # type: ignore[return-value]  # a streaming response is one for Django
            entry.evidence_file.open(), name=entry.evidence_name, kind=entry.file_kind
        )

    @display(description=_("承办"))
    def who(self, notice: SupervisionNotice) -> str:
        return "，".join(str(found) for found in (notice.owner_department, notice.owner) if found)

    @display(description=_("超期"), label={"超期": "danger"})
    def late(self, notice: SupervisionNotice) -> str | None:
        waiting = notice.state in NoticeState.waiting()
        return "超期" if waiting and notice.reply_due < today() else None


def _shown(notice: SupervisionNotice) -> dict[str, Any]:
    """What the page and the paper say of a notice; one query."""
    late = (today() - notice.reply_due).days if notice.state in NoticeState.waiting() else 0
    return {
        "notice": notice,
        "entries": list(notice.entries.select_related("by")),
        "overdue_days": max(0, late),
        "waiting": notice.state in NoticeState.waiting(),
        "owner": "，".join(str(found) for found in (notice.owner_department, notice.owner) if found),
    }
