"""The workbench of claims: every step is an action; an approved claim is never edited by hand."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from policies import actions
from policies.actions.claim_notice import may_be_mailed
from policies.admin.claim_batch import ClaimBatchMixin
from policies.admin.claim_forms import AmountForm, FileForm, NotifyForm, PayForm, RefuseForm
from policies.admin.claim_papers import ClaimPapersMixin, paper_link
from policies.admin.policy import SavedThroughActions
from policies.choices import Verdict
from policies.choices_claims import ClaimState
from policies.claim_clocks import clock_of
from policies.claim_next import next_step
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


MONEY = ("estimated", "claimed", "approved")
# What most claims never have: shown when it is there.
SOMETIMES = {
    *("basis", "review_due_on", "reviewed_by", "reviewed_on", "approved_on", "pay_due_on"),
    *("paid_on", "payment_reference", "refusal_code", "refusal_reason", "objection", "note"),
    *("notified_on", "notice_method", "objection_until"),
}


def _filled(claim: PolicyClaim, line: Any) -> Any:
    """Of a line of fields those that are not empty."""
    names = (line,) if isinstance(line, str) else line
    kept = tuple(name for name in names if name not in SOMETIMES or getattr(claim, name))
    return kept[0] if len(kept) == 1 else kept


@admin.register(PolicyClaim)
class PolicyClaimAdmin(ClaimPapersMixin, ClaimBatchMixin, SavedThroughActions, WorkflowAdmin):
    workflow = CLAIM_WORKFLOW
    verbs = {
        "confirm_claim": Verb(AmountForm, actions.confirm_claim, "claim"),
        "review_claim": Verb(AmountForm, actions.review_claim, "claim"),
        "approve_claim": Verb(VersionForm, actions.approve_claim, "claim"),
        "notify_claim": Verb(NotifyForm, actions.notify_claim, "claim", for_record=True),
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
    change_form_outer_before_template = "policies/admin/claim_next.html"
    list_display = ("shown_number", "enterprise", "what", "amount", "state_badge", "clock")
    list_filter = ("state", ClockFilter, "origin", "year", "refusal_code")
    list_select_related = ("enterprise", "clause")
    search_fields = ("number", "enterprise__name", "clause__heading", "clause__policy__title")
    autocomplete_fields = ("clause", "enterprise")
    date_hierarchy = "filed_on"
    fieldsets_add = ((None, {"fields": ("clause", "enterprise", "year", "claimed_yuan", "note")}),)
    fieldsets = (
        (
            None,
            {"fields": (("state_badge", "number"), ("clause", "enterprise"), ("year", "origin"), "filed_on")},
        ),
        (
            _("金额"),
            {"fields": (("estimated", "verdict_badge"), "basis", ("claimed", "approved"))},
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
        """Of a claim only what there is to read."""
        if obj is None:
            return self.fieldsets_add
        return [
            (title, {**options, "fields": [row for line in options["fields"] if (row := _filled(obj, line))]})
            for title, options in self.fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        shown = (*MONEY, "state_badge", "verdict_badge", "clock_text", "papers", "shown_email")
        return (*shown, *(f.name for f in PolicyClaim._meta.fields if f.name != "id"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Reads the working calendar once for all rows."""
        changelist = super().get_changelist_instance(request)
        day, calendar = today(), load_calendar()
        changelist.result_list = list(changelist.result_list)
        for claim in changelist.result_list:
            claim.running_clock = clock_of(claim, day, calendar)
        return changelist

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        claim = self.get_object(request, unquote(object_id)) if object_id else None
        if claim is not None:
            extra["next_step"] = next_step(claim, request.user)
        return super().changeform_view(request, object_id, form_url, extra)

    def verb_note(self, request: HttpRequest, record: Any, verb: str) -> SafeString:
        """Whose claim it is and over how much, then what is particular to the verb."""
        facts = f"{record.enterprise} · {record.clause} · {record.year} 年度 · 金额{self.amount(record)}"
        return format_html(
            '<div class="mb-4"><p><b>{}</b></p>{}</div>', facts, self._particular(record, verb)
        )

    def _particular(self, claim: PolicyClaim, verb: str) -> SafeString | str:
        if verb == "notify_claim":
            told = "名录里没有这家企业的联系邮箱（示例数据也不发邮件），请先打印送达，再登记。"
            if may_be_mailed(claim):
                masked = mask_email(claim.enterprise.contact_email)
                told = f"登记后，告知书同时发到企业的联系邮箱 {masked}。"
            return format_html("<p>{} {}</p>", paper_link(claim), told)
        if verb == "object_claim" and claim.objection_until and claim.objection_until < today():
            return f"公示（异议）期已于 {claim.objection_until} 结束。是否受理，由主管部门决定。"
        return ""

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

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, f"已登记申报，编号 {obj.number}。")
        return HttpResponseRedirect(self.change_url(obj))

    @display(description=_("兑现编号"), ordering="number")
    def shown_number(self, claim: PolicyClaim) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', claim.number)

    @display(description=_("条款"), ordering="clause__heading")
    def what(self, claim: PolicyClaim) -> str:
        return f"{claim.clause}（{claim.year}，{claim.get_origin_display()}）"

    @display(description=_("估算金额"))
    def estimated(self, claim: PolicyClaim) -> str:
        return format_yuan(claim.estimate_yuan) or "算不出：名录里的情况不够"

    @display(description=_("申报金额"))
    def claimed(self, claim: PolicyClaim) -> str:
        return format_yuan(claim.claimed_yuan) or "没有填写"

    @display(description=_("核定金额"))
    def approved(self, claim: PolicyClaim) -> str:
        return format_yuan(claim.approved_yuan) or "还没有核定"

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
        return f"（约）{format_yuan(asked)}" if asked else "未定"
