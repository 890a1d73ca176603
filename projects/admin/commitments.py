"""Promises: recorded, measured, judged."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from projects import actions
from projects.admin.base import ActionSavedAdmin
from projects.admin.evidence import EvidenceMixin
from projects.choices_commitment import Verdict
from projects.commitments import standing
from projects.models import Commitment, KeyProject
from projects.workflow_oversight import COMMITMENT_EVENTS
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionedModelForm, WorkflowAdmin
from tuoxian_portal.core.admin_site import labels_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.uploads import check_upload


class JudgeForm(ReasonForm):
    verdict = forms.ChoiceField(label="核定为", choices=Verdict.judged(), widget=UnfoldAdminSelectWidget)
    field_order = ["verdict", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "核定依据"


class CommitmentForm(VersionedModelForm):
    class Meta:
        model = Commitment
        fields = [
            "project",
            "promised_by",
            "kind",
            "text",
            "amount",
            "unit",
            "source",
            "made_on",
            "due_on",
            "owner",
            "owner_department",
            "evidence_file",
        ]
        help_texts = {
            "unit": _("例如 万元、人、亩。"),
            "due_on": _("到期后由督办人员核定；能从门户记录算出的自动计算。"),
            "owner": _("责任人和责任单位至少填一个。"),
        }

    def clean_evidence_file(self) -> Any:
        file = self.cleaned_data["evidence_file"]
        if file and "evidence_file" in self.changed_data:
            check_upload(file)
        return file


class OverdueFilter(admin.SimpleListFilter):
    title = _("到期")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "到期未兑现或待核定")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        return queryset.overdue(today()) if self.value() == "1" else queryset


@admin.register(Commitment)
class CommitmentAdmin(EvidenceMixin, ActionSavedAdmin, WorkflowAdmin):
    workflow = COMMITMENT_EVENTS
    verbs = {
        "judge": Verb(JudgeForm, actions.judge_commitment, "commitment"),
        "withdraw_verdict": Verb(ReasonForm, actions.withdraw_verdict, "commitment"),
    }
    action_labels = {"add": "登记承诺", "edit": "修改承诺"}
    form = CommitmentForm
    list_display = [
        "project",
        "promised_by",
        "kind",
        "short",
        "due_on",
        "standing_badge",
        "why",
        "who",
        "sample",
    ]
    list_display_links = ["project", "short"]
    list_filter = [OverdueFilter, "promised_by", "kind", "verdict", "owner_department", "is_sample"]
    list_filter_submit = True
    search_fields = ["project__number", "project__name", "text", "owner"]
    search_help_text = _("项目编号或名称、承诺内容、责任人")
    list_select_related = ["project", "owner_department"]
    autocomplete_fields = ["project"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "project",
                    ("promised_by", "kind"),
                    "text",
                    ("amount", "unit"),
                    ("source", "made_on"),
                    "due_on",
                    ("owner", "owner_department"),
                    "evidence_file",
                    "seen_version",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_measures()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fieldsets
        shown: list[Any] = ["standing_badge", "why"]
        if obj.evidence_file:
            shown.append("evidence_link")
        return ((_("兑现情况"), {"fields": shown}), *self.fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["standing_badge", "why", "evidence_link"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not (obj and obj.verdict) and super().has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "project":
            kwargs["queryset"] = KeyProject.objects.counted()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = [n for n in form.changed_data if n not in ("seen_version", "evidence_file")]
        file = form.cleaned_data.get("evidence_file") if "evidence_file" in form.changed_data else None
        kept = Commitment.objects.get(pk=obj.pk).evidence_file if change else None
        obj.evidence_file = kept
        saved = actions.save_commitment(
            commitment=obj,
            actor=request.user,
            changed=changed,
            file=file or None,
            version=form.cleaned_data.get("seen_version") if change else None,
        )
        obj.__dict__.update(saved.__dict__)

    @display(description=_("兑现情况"), label=labels_of(Verdict))
    def standing_badge(self, commitment: Any) -> str:
        return standing(_measured(commitment), on=today()).label

    @display(description=_("依据"))
    def why(self, commitment: Any) -> str:
        found = standing(_measured(commitment), on=today())
        late = f"（逾期 {found.overdue_days} 天）" if found.overdue_days else ""
        return f"{found.text}{late}" or "—"

    @display(description=_("承诺内容"))
    def short(self, commitment: Commitment) -> str:
        return commitment.text[:40]

    @display(description=_("责任"))
    def who(self, commitment: Commitment) -> str:
        return commitment.owner or str(commitment.owner_department or "")

    @display(description=_("凭证文件"))
    def evidence_link(self, commitment: Commitment) -> str:
        return format_html('<a href="{}">{}</a>', self.evidence_url(commitment), commitment.evidence_name)


def _measured(commitment: Any) -> Any:
    """With its measures: a form that came back with errors holds a plain instance."""
    if hasattr(commitment, "invested_by_due_wan"):
        return commitment
    return Commitment.objects.with_measures().get(pk=commitment.pk)
