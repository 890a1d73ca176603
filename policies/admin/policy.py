"""The workbench of policy officers: configuration; every change goes through `policies.actions`."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from policies import actions
from policies.choices import PriceKind, Publication, Status
from policies.models import FactorPrice, IncentivePolicy, PolicyAttachment, PolicyClause, PolicyQuestion
from policies.status import missing_for_force
from policies.workflow import POLICY_WORKFLOW, cases_hold
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionedModelForm,
    VersionForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, PortalAdmin, badge, labels_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.ordered_rows import OrderedFormSet
from tuoxian_portal.core.uploads import ACCEPT, check_upload

SHORT_TEXT = {models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})}}


class RepealForm(ReasonForm):
    """When it ends and what takes its place."""

    on = forms.DateField(label="废止日期", required=False, widget=UnfoldAdminSingleDateWidget)
    replaced_by = forms.ModelChoiceField(
        label="取代它的政策",
        queryset=IncentivePolicy.objects.published(),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


class SavedThroughActions(PortalAdmin):
    """Saving calls an action; what it refuses is said on the page instead of failing."""

    deletable = False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PortalError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.path)


class StatusFilter(admin.SimpleListFilter):
    title = _("是否有效")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Status.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(status=self.value()) if self.value() else queryset


class ClauseInline(StackedInline):
    model = PolicyClause
    formset = OrderedFormSet
    extra = 0
    fields = (("order", "heading"), "text", ("benefit", "amount_text"), ("source_title", "source_date"))
    formfield_overrides = SHORT_TEXT
    show_change_link = True
    verbose_name_plural = _("条款（保存后点“修改”写条件、公式和用例）")


class QuestionInline(TabularInline):
    model = PolicyQuestion
    formset = OrderedFormSet
    extra = 0
    formfield_overrides = SHORT_TEXT
    fields = ("order", "question", "answer")
    verbose_name_plural = _("常见问题")


class AttachmentForm(forms.ModelForm):
    """A file is checked by its content before anything keeps it."""

    class Meta:
        model = PolicyAttachment
        fields = ("order", "title", "file")

    def clean_file(self) -> Any:
        file = self.cleaned_data.get("file")
        if isinstance(file, UploadedFile):
            self.checked = check_upload(file)
        return file

    def save(self, commit: bool = True) -> Any:
        if checked := getattr(self, "checked", None):
            record = self.instance
            record.name, record.kind = checked.name, checked.kind.code
            record.size, record.sha256 = checked.size, checked.sha256
        return super().save(commit)


class AttachmentInline(TabularInline):
    model = PolicyAttachment
    form = AttachmentForm
    formset = OrderedFormSet
    extra = 0
    fields = ("order", "title", "file")
    verbose_name_plural = _("附件（PDF、JPG、PNG、OFD、DOCX、XLSX；政策公开时任何人可下载）")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "file" and field is not None:
            field.widget = UnfoldAdminFileFieldWidget(attrs={"accept": ACCEPT})
        return field


@admin.register(IncentivePolicy)
class IncentivePolicyAdmin(SavedThroughActions, WorkflowAdmin):
    workflow = POLICY_WORKFLOW
    verbs = {
        "review": Verb(VersionForm, actions.review, "policy"),
        "return_to_draft": Verb(ReasonForm, actions.return_to_draft, "policy"),
        "publish": Verb(VersionForm, actions.publish, "policy"),
        "publish_unverified": Verb(VersionForm, actions.publish_unverified, "policy"),
        "verify": Verb(VersionForm, actions.verify, "policy"),
        "unverify": Verb(ReasonForm, actions.unverify, "policy"),
        "repeal": Verb(RepealForm, actions.repeal, "policy"),
        "withdraw": Verb(ReasonForm, actions.withdraw, "policy"),
        "revise": Verb(VersionForm, actions.revise, "policy"),
    }
    action_labels = {"add_policy": "起草", "edit_policy": "修改", "edit_contents": "修改条款或问答"}
    change_form_outer_before_template = "policies/admin/gate.html"
    form = VersionedModelForm
    formfield_overrides = SHORT_TEXT
    inlines = (ClauseInline, QuestionInline, AttachmentInline)
    state_badge = badge(Publication, "state", _("公开状态"))
    list_display = ("title", "document_number", "level", "theme", "status_badge", "state_badge", "updated_at")
    list_filter = ("state", StatusFilter, "level", "theme", "nature", "industry")
    search_fields = ("title", "document_number", "issuing_body")
    readonly_fields = ("state_badge", "published_at", "verified_on", "verified_by", "repealed_on")
    fieldsets = (
        (
            None,
            {"fields": ("title", "summary", ("nature", "level", "theme"), ("industry", "objects_text"))},
        ),
        (
            _("文件"),
            {
                "fields": (
                    ("document_number", "issuing_body"),
                    ("issued_on", "issued_text"),
                    ("in_force_from", "expires_on"),
                    ("review_on", "department"),
                    "full_text",
                    "note",
                )
            },
        ),
        (
            _("公平竞争审查"),
            {
                "fields": (
                    "legal_basis",
                    ("fair_competition_reviewed_on", "fair_competition_reviewed_by"),
                ),
                "description": _("缺文号、法律依据、审查记录或期限的，只能按“待核实”公开。"),
            },
        ),
        (_("来源"), {"fields": SOURCE_FIELDS}),
        (
            _("公开"),
            {
                "fields": (
                    ("state_badge", "published_at"),
                    ("verified_on", "verified_by"),
                    ("repealed_on", "slug"),
                    "seen_version",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        policies: Any = super().get_queryset(request)
        return policies.with_status(today())

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "slug" in form.base_fields:
            form.base_fields["slug"].required = False
            form.base_fields["slug"].help_text = _("留空则按标题的拼音生成。")
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The address of a page that was public stays."""
        fixed = obj is not None and obj.published_at is not None
        return (*self.readonly_fields, "slug") if fixed else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_editable)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        policy = self.get_object(request, unquote(object_id)) if object_id else None
        if policy is not None:
            extra["gate"] = {
                "status": policy.status_on(today()).label,
                "reason": policy.reason_on(today()),
                "missing": [
                    *missing_for_force(policy),
                    *([failed] if (failed := cases_hold(policy, None)) else []),
                ],
                "locked": ""
                if policy.is_editable
                else "要修改，请先退回修改、转为待核实，或撤下后重新起草。",
            }
        return super().changeform_view(request, object_id, form_url, extra)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = [name for name in form.changed_data if name != "seen_version"]
        if changed or not change:
            actions.save_policy(
                policy=obj,
                actor=request.user,
                changed=changed,
                version=form.cleaned_data.get("seen_version"),
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        what = [
            f"{formset.model._meta.verbose_name}{verb} {len(rows)} 条"
            for formset in formsets
            for verb, rows in (
                ("新增", formset.new_objects),
                ("修改", formset.changed_objects),
                ("删除", formset.deleted_objects),
            )
            if rows
        ]
        if what:
            actions.note_contents_changed(policy=form.instance, actor=request.user, what=what)

    @display(description=_("是否有效"), label=labels_of(Status))
    def status_badge(self, policy: Any) -> Any:
        return Status(policy.status).label

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """After drafting, the record itself: the next thing is its clauses or its review."""
        return HttpResponseRedirect(f"../{obj.pk}/change/")


@admin.register(FactorPrice)
class FactorPriceAdmin(SavedThroughActions):
    form = VersionedModelForm
    kind_badge = badge(PriceKind, "kind", _("数值类别"))
    list_display = ("item", "factor", "kind_badge", "value_label", "as_of_date", "age", "is_public")
    list_filter = ("factor", "kind", "is_public")
    search_fields = ("item", "note", "source_title")
    date_hierarchy = "as_of_date"
    readonly_fields = ("code",)
    fieldsets = (
        (None, {"fields": (("factor", "kind"), "item", ("value", "unit"), ("tax", "value_text"))}),
        (_("时间"), {"fields": (("as_of_date", "as_of_text"), "note", "is_public")}),
        (_("来源"), {"fields": (*SOURCE_FIELDS, "code", "seen_version")}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = [name for name in form.changed_data if name != "seen_version"]
        if changed or not change:
            actions.save_price(
                price=obj,
                actor=request.user,
                changed=changed,
                version=form.cleaned_data.get("seen_version"),
            )

    @display(description=_("数值"), ordering="value")
    def value_label(self, price: FactorPrice) -> str:
        return price.value_label

    @display(description=_("时效"))
    def age(self, price: FactorPrice) -> str:
        return price.age_warning(today()) or "近期"
