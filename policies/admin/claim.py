"""The workbench of claims: every step is an action; an approved claim is never edited by hand."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from policies import actions
from policies.admin.policy import SavedThroughActions
from policies.choices import Verdict
from policies.choices_claims import ClaimState, RefusalCode
from policies.models import PolicyClaim
from policies.workflow_claims import CLAIM_WORKFLOW
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm, WorkflowAdmin
from tuoxian_portal.core.admin_site import badge
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.money import format_yuan


class AmountForm(ReasonForm):
    """The amount to approve; empty takes what was claimed, else what was estimated."""

    approved_yuan = forms.DecimalField(
        label="核定金额（元）",
        required=False,
        max_digits=16,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="不填则按申报金额；没有申报金额的，按估算金额。",
    )


class RefuseForm(ReasonForm):
    refusal_code = forms.ChoiceField(
        label="原因", choices=RefusalCode.choices, widget=UnfoldAdminSelectWidget
    )


class PayForm(ReasonForm):
    payment_reference = forms.CharField(label="支付凭证号", max_length=80, widget=UnfoldAdminTextInputWidget)
    paid_on = forms.DateField(
        label="兑付日期", required=False, widget=UnfoldAdminSingleDateWidget, help_text="不填则为今天。"
    )


class OverdueFilter(admin.SimpleListFilter):
    title = _("兑付时限")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("已超时未兑付"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        return queryset.overdue(today()) if self.value() == "1" else queryset


@admin.register(PolicyClaim)
class PolicyClaimAdmin(SavedThroughActions, WorkflowAdmin):
    workflow = CLAIM_WORKFLOW
    verbs = {
        "confirm_claim": Verb(AmountForm, actions.confirm_claim, "claim"),
        "review_claim": Verb(AmountForm, actions.review_claim, "claim"),
        "approve_claim": Verb(VersionForm, actions.approve_claim, "claim"),
        "notify_claim": Verb(ReasonForm, actions.notify_claim, "claim"),
        "pay_claim": Verb(PayForm, actions.pay_claim, "claim"),
        "refuse_claim": Verb(RefuseForm, actions.refuse_claim, "claim"),
        "object_claim": Verb(ReasonForm, actions.object_claim, "claim"),
        "reopen_claim": Verb(ReasonForm, actions.reopen_claim, "claim"),
        "uphold_claim": Verb(ReasonForm, actions.uphold_claim, "claim"),
        "withdraw_claim": Verb(ReasonForm, actions.withdraw_claim, "claim"),
    }
    action_labels = {"file_claim": "登记申报", "propose_claims": "列入免申即享名单"}
    state_badge = badge(ClaimState)
    verdict_badge = badge(Verdict, "verdict", _("名录匹配"))
    list_display = (
        "number",
        "enterprise",
        "clause",
        "year",
        "origin",
        "amount",
        "state_badge",
        "pay_due_on",
    )
    list_filter = ("state", OverdueFilter, "origin", "year", "refusal_code")
    list_select_related = ("enterprise", "clause")
    search_fields = ("number", "enterprise__name", "clause__heading", "clause__policy__title")
    autocomplete_fields = ("clause", "enterprise")
    date_hierarchy = "filed_on"
    fieldsets_add = ((None, {"fields": ("clause", "enterprise", "year", "claimed_yuan", "note")}),)
    fieldsets = (
        (
            None,
            {"fields": (("state_badge", "number"), ("clause", "enterprise"), ("year", "origin", "filed_on"))},
        ),
        (
            _("金额"),
            {"fields": (("verdict_badge", "estimate_yuan"), "basis", ("claimed_yuan", "approved_yuan"))},
        ),
        (
            _("办理"),
            {
                "fields": (
                    ("reviewed_by", "approved_on"),
                    ("pay_due_on", "notified_on"),
                    ("paid_on", "payment_reference"),
                    ("refusal_code", "objection"),
                    "note",
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets_add

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return ("state_badge", "verdict_badge", *(f.name for f in PolicyClaim._meta.fields if f.name != "id"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = FileForm
        return super().get_form(request, obj, change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"year": today().year, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = actions.file_claim(
            clause=obj.clause,
            enterprise=obj.enterprise,
            actor=request.user,
            claimed_yuan=obj.claimed_yuan,
            year=obj.year,
            note=obj.note,
        )
        obj.pk, obj.number = made.pk, made.number

    @display(description=_("金额"), ordering="approved_yuan")
    def amount(self, claim: PolicyClaim) -> str:
        if claim.approved_yuan is not None:
            return format_yuan(claim.approved_yuan)
        asked = claim.claimed_yuan or claim.estimate_yuan
        return f"（约）{format_yuan(asked)}" if asked else ""


class FileForm(forms.ModelForm):
    """Refuses on the form, with everything kept, what the action would refuse."""

    class Meta:
        model = PolicyClaim
        fields = ("clause", "enterprise", "year", "claimed_yuan", "note")

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        now = today().year
        if not now - 3 <= year <= now:
            raise ValidationError(f"年度应在 {now - 3} 到 {now} 之间。")
        return year
