"""The workbench of claims: every step is an action; an approved claim is never edited by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from policies import actions
from policies.actions.claim_notice import may_be_mailed
from policies.admin.claim_batch import ClaimBatchMixin
from policies.admin.claim_forms import AmountForm, FileForm, NotifyForm, PayForm, RefuseForm
from policies.admin.claim_papers import ClaimPapersMixin
from policies.admin.policy import SavedThroughActions
from policies.choices import Verdict
from policies.choices_claims import ClaimState
from policies.claim_clocks import clock_of
from policies.models import PolicyClaim
from policies.workflow_claims import CLAIM_WORKFLOW
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm, WorkflowAdmin
from tuoxian_portal.core.admin_site import TONES, badge
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.crypto import mask_email
from tuoxian_portal.core.money import format_yuan


class ClockFilter(admin.SimpleListFilter):
    title = _("时限")
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("review_late", _("审核超时")),
            ("pay_late", _("兑付超时")),
            ("objection", _("公示期内")),
            ("untold", _("已决定未告知")),
            ("mail", _("告知邮件未发出")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        narrow = {
            "review_late": lambda: queryset.review_overdue(today()),
            "pay_late": lambda: queryset.overdue(today()),
            "objection": lambda: queryset.in_objection(today()),
            "untold": queryset.untold,
            "mail": queryset.mail_waiting,
        }
        chosen = narrow.get(self.value() or "")
        return chosen() if chosen else queryset


@admin.register(PolicyClaim)
class PolicyClaimAdmin(ClaimPapersMixin, ClaimBatchMixin, SavedThroughActions, WorkflowAdmin):
    workflow = CLAIM_WORKFLOW
    verbs = {
        "confirm_claim": Verb(AmountForm, actions.confirm_claim, "claim"),
        "review_claim": Verb(AmountForm, actions.review_claim, "claim"),
        "approve_claim": Verb(VersionForm, actions.approve_claim, "claim"),
        "notify_claim": Verb(NotifyForm, actions.notify_claim, "claim"),
        "pay_claim": Verb(PayForm, actions.pay_claim, "claim"),
        "refuse_claim": Verb(RefuseForm, actions.refuse_claim, "claim"),
        "object_claim": Verb(ReasonForm, actions.object_claim, "claim"),
        "reopen_claim": Verb(ReasonForm, actions.reopen_claim, "claim"),
        "uphold_claim": Verb(ReasonForm, actions.uphold_claim, "claim"),
        "withdraw_claim": Verb(ReasonForm, actions.withdraw_claim, "claim"),
    }
    action_labels = {
        "file_claim": "登记申报",
        "propose_claims": "列入免申即享名单",
        "notified_later": "告知日期按邮件发出日改定",
    }
    actions = ("confirm_selected", "review_selected", "approve_selected", "notify_selected", "print_selected")
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
        "clock",
    )
    list_filter = ("state", ClockFilter, "origin", "year", "refusal_code")
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
                    ("clock_text", "review_due_on"),
                    ("reviewed_by", "reviewed_on"),
                    ("approved_on", "pay_due_on"),
                    ("paid_on", "payment_reference"),
                    ("refusal_code", "refusal_reason"),
                    "objection",
                    "note",
                )
            },
        ),
        (
            _("告知"),
            {
                "fields": (
                    ("notified_on", "notice_method"),
                    ("objection_until", "shown_email"),
                    "papers",
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets_add

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        shown = ("state_badge", "verdict_badge", "clock_text", "papers", "shown_email")
        return (*shown, *(f.name for f in PolicyClaim._meta.fields if f.name != "id"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Reads the working calendar once for all rows."""
        changelist = super().get_changelist_instance(request)
        day, calendar = today(), load_calendar()
        changelist.result_list = list(changelist.result_list)
        for claim in changelist.result_list:
            claim.running_clock = clock_of(claim, day, calendar)
        return changelist

    def verb_note(self, request: HttpRequest, record: Any, verb: str) -> str:
        if verb == "notify_claim":
            if may_be_mailed(record):
                masked = mask_email(record.enterprise.contact_email)
                return f"登记后，告知书同时发到企业的联系邮箱 {masked}。"
            return "名录里没有这家企业的联系邮箱（示例数据也不发邮件），请先打印告知书送达。"
        ended = verb == "object_claim" and record.objection_until and record.objection_until < today()
        return (
            f"公示（异议）期已于 {record.objection_until} 结束。是否受理，由主管部门决定。" if ended else ""
        )

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

    @display(description=_("时限"))
    def clock_text(self, claim: PolicyClaim) -> str:
        found = clock_of(claim, today(), load_calendar())
        return f"{found.label}（{found.due}）" if found else ""

    @display(description=_("时限"), label=TONES, ordering="pay_due_on")
    def clock(self, claim: PolicyClaim) -> tuple[str, str] | None:
        found = claim.running_clock  # type: ignore[attr-defined]  # set by `get_changelist_instance`
        return (found.tone, f"{found.label}（{found.due:%m-%d}）") if found else None

    @display(description=_("金额"), ordering="approved_yuan")
    def amount(self, claim: PolicyClaim) -> str:
        if claim.approved_yuan is not None:
            return format_yuan(claim.approved_yuan)
        asked = claim.claimed_yuan or claim.estimate_yuan
        return f"（约）{format_yuan(asked)}" if asked else ""
