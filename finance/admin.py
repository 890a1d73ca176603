"""The workbench of finance officers and of the banks' contacts: configuration, no rules."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from finance import actions, forms
from finance.choices import IntentState
from finance.models import Drawdown, FinancingDemand, LoanIntent, LoanProduct, MatchmakingEvent
from finance.querysets import own_bank
from finance.workflow import DEMAND_WORKFLOW, INTENT_WORKFLOW, PRODUCT_WORKFLOW
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionedModelForm,
    VersionForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, PortalAdmin, badge
from tuoxian_portal.core.money import format_wan


class ActionSavedAdmin(PortalAdmin):
    """Saves through the actions instead of the model."""

    deletable = False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            self.add_through_action(request, obj, form)
            return
        values = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen_version"}
        fresh = type(obj).objects.get(pk=obj.pk)
        version = form.cleaned_data.get("seen_version")
        saved = actions.edit_record(record=fresh, actor=request.user, values=values, version=version)
        obj.__dict__.update(saved.__dict__)

    def add_through_action(self, request: HttpRequest, obj: Any, form: Any) -> None:
        actions.add_record(record=obj, actor=request.user)


@admin.register(LoanProduct)
class LoanProductAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = PRODUCT_WORKFLOW
    verbs = {
        "publish_product": Verb(VersionForm, actions.publish_product, "product"),
        "withdraw_product": Verb(ReasonForm, actions.withdraw_product, "product"),
    }
    action_labels = {"add_loanproduct": "新增", "edit_loanproduct": "修改"}
    form = VersionedModelForm
    state_badge = badge(PRODUCT_WORKFLOW.states)
    list_display = ["name", "bank", "rate_text", "term_text", "valid_until", "state_badge"]
    list_filter = ["state", "bank"]
    search_fields = ["name", "audience", "bank__name"]
    list_select_related = ["bank"]
    readonly_fields = ["state_badge", "published_at"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "bank",
                    "name",
                    "slug",
                    "audience",
                    ("amount_text", "rate_text"),
                    "term_text",
                    "security_text",
                )
            },
        ),
        (
            _("怎样申请"),
            {"fields": ("conditions", "materials", "how_to_apply", ("contact_name", "contact_phone"))},
        ),
        (
            _("来源与有效期"),
            {
                "fields": (*SOURCE_FIELDS, "valid_until"),
                "description": _("没有来源标题和来源日期的产品不能发布。"),
            },
        ),
        (_("状态"), {"fields": (("state_badge", "published_at"), "seen_version")}),
    )


@admin.register(MatchmakingEvent)
class MatchmakingEventAdmin(ActionSavedAdmin):
    one_a_line = ("bank_names", "enterprise_names")
    list_display = ["name", "level", "kind", "when", "enterprises", "intention", "credit"]
    list_filter = ["level", "kind"]
    search_fields = ["name", "summary"]
    date_hierarchy = "held_on"

    @display(description=_("日期"), ordering="held_on")
    def when(self, event: MatchmakingEvent) -> str:
        return f"{event.held_on:%Y-%m-%d}" if event.held_on else event.date_text

    @display(description=_("意向金额"), ordering="intention_wan")
    def intention(self, event: MatchmakingEvent) -> str:
        return format_wan(event.intention_wan)

    @display(description=_("授信金额"), ordering="credit_wan")
    def credit(self, event: MatchmakingEvent) -> str:
        return format_wan(event.credit_wan)


@admin.register(FinancingDemand)
class FinancingDemandAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = DEMAND_WORKFLOW
    verbs = {
        "meet_demand": Verb(ReasonForm, actions.meet_demand, "demand"),
        "close_demand": Verb(ReasonForm, actions.close_demand, "demand"),
    }
    action_labels = {"register_demand": "登记", "edit_financingdemand": "修改"}
    form = VersionedModelForm
    state_badge = badge(DEMAND_WORKFLOW.states)
    list_display = [
        "number",
        "enterprise",
        "purpose",
        "amount",
        "needed_by",
        "shared_with_banks",
        "registered_on",
        "state_badge",
    ]
    list_filter = ["state", "purpose", "shared_with_banks", "is_sample"]
    search_fields = ["number", "enterprise__name", "enterprise__credit_code"]
    list_select_related = ["enterprise"]
    autocomplete_fields = ["enterprise"]
    date_hierarchy = "registered_on"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "enterprise",
                    "purpose",
                    ("amount_wan", "term_months"),
                    ("registered_on", "needed_by"),
                    "note",
                    "shared_with_banks",
                )
            },
        ),
        (_("状态"), {"fields": (("number", "state_badge"), ("closed_on", "closed_reason"), "seen_version")}),
    )

    @display(description=_("需求金额"), ordering="amount_wan")
    def amount(self, demand: FinancingDemand) -> str:
        return format_wan(demand.amount_wan)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["number", "state_badge", "closed_on", "closed_reason"]
        return [*fixed, "enterprise", "registered_on"] if obj else fixed

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        open_ = obj is None or obj.state not in DEMAND_WORKFLOW.terminal
        return open_ and super().has_change_permission(request, obj)

    def add_through_action(self, request: HttpRequest, obj: Any, form: Any) -> None:
        values = {name: value for name, value in form.cleaned_data.items() if name != "seen_version"}
        saved = actions.register_demand(actor=request.user, **values)
        obj.__dict__.update(saved.__dict__)


class DrawdownInline(TabularInline):
    model = Drawdown
    fields = ["drawn_on", "amount", "evidence", "recorded_by", "voided"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = _("放款记录")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("recorded_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("金额"))
    def amount(self, row: Drawdown) -> str:
        return format_wan(row.amount_wan)

    @display(description=_("作废"))
    def voided(self, row: Drawdown) -> str:
        return f"已作废：{row.void_reason}" if row.voided_at else ""


@admin.register(LoanIntent)
class LoanIntentAdmin(ActionSavedAdmin, WorkflowAdmin):
    workflow = INTENT_WORKFLOW
    verbs = {
        "approve_credit": Verb(forms.CreditForm, actions.approve_credit, "intent", for_record=True),
        "sign_contract": Verb(forms.ContractForm, actions.sign_contract, "intent", for_record=True),
        "record_drawdown": Verb(forms.DrawdownForm, actions.record_drawdown, "intent", for_record=True),
        "void_drawdown": Verb(
            forms.VoidForm,
            lambda *, intent, drawdown, **rest: actions.void_drawdown(drawdown=drawdown, **rest),
            "intent",
            for_record=True,
        ),
        "drop_intent": Verb(forms.DropForm, actions.drop_intent, "intent", for_record=True),
        "correct_intent": Verb(
            forms.CorrectForm,
            actions.correct_intent,
            "intent",
            for_record=True,
            arguments=lambda data: {
                "reason": data["reason"],
                "version": data["version"],
                "values": {name: data[name] for name in forms.CorrectForm.STEPS if name in data},
            },
        ),
    }
    action_labels = {"record_intent": "登记意向", "edit_loanintent": "修改"}
    form = VersionedModelForm
    state_badge = badge(INTENT_WORKFLOW.states)
    list_display = ["number", "enterprise", "bank", "amount", "contract", "drawn", "intent_on", "state_badge"]
    list_filter = ["state", "bank", "event", "drop_reason", "is_sample"]
    search_fields = ["number", "enterprise__name", "enterprise__credit_code", "project__name"]
    list_select_related = ["enterprise", "bank"]
    date_hierarchy = "intent_on"
    autocomplete_fields = ["enterprise", "project", "demand", "product", "event"]
    inlines = [DrawdownInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_drawn()

    @display(description=_("意向金额"), ordering="amount_wan")
    def amount(self, intent: LoanIntent) -> str:
        return format_wan(intent.amount_wan)

    @display(description=_("签约金额"), ordering="contract_wan")
    def contract(self, intent: LoanIntent) -> str:
        return format_wan(intent.contract_wan)

    @display(description=_("已放款"), ordering="drawn_total_wan")
    def drawn(self, intent: LoanIntent) -> str:
        return format_wan(intent.drawn_wan) if intent.contract_wan else ""

    @display(description=_("各步金额与日期"))
    def steps(self, intent: LoanIntent) -> str:
        drawn = intent.drawn_wan
        rows = [
            (_("意向"), intent.amount_wan, intent.intent_on),
            (_("授信"), intent.credit_wan, intent.credit_on),
            (_("签约"), intent.contract_wan, intent.contracted_on),
            (_("放款"), drawn or None, getattr(intent, "first_drawn_on", None)),
        ]
        lines = [f"{label} {format_wan(wan)}（{on:%Y-%m-%d}）" for label, wan, on in rows if wan and on]
        if intent.state == IntentState.DROPPED:
            lines.append(f"未成：{intent.get_drop_reason_display()}（{intent.dropped_on:%Y-%m-%d}）")
        return format_html("{}", "；".join(lines))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        links: tuple[str, ...] = ("event", "demand", "product", "note")
        if request.user.has_perm("projects.view_keyproject"):
            links = ("project", *links)
        if obj is None:
            own = own_bank(request.user)
            who = ("enterprise",) if own else ("enterprise", "bank")
            return (
                (None, {"fields": (*who, ("amount_wan", "intent_on"))}),
                (_("关联（可不填）"), {"fields": links}),
            )
        return (
            (None, {"fields": (("number", "state_badge"), ("enterprise", "bank"), "steps")}),
            (_("关联与备注"), {"fields": (*links, "seen_version")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["number", "state_badge", "enterprise", "bank", "steps"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        own = own_bank(request.user)
        if obj is None and own:
            # The bank of a bank's contact is not asked for, it is known before the model is checked.
            class OwnBankForm(form):  # type: ignore[misc,valid-type]  # the base is made at run time
                def __init__(self, *args: Any, **options: Any) -> None:
                    super().__init__(*args, **options)
                    self.instance.bank_id = own

            return OwnBankForm
        return form

    def add_through_action(self, request: HttpRequest, obj: Any, form: Any) -> None:
        values = {name: value for name, value in form.cleaned_data.items() if name != "seen_version"}
        saved = actions.record_intent(actor=request.user, **{"bank": obj.bank, **values})
        obj.__dict__.update(saved.__dict__)
