"""The workbench of clauses: conditions as lines, formulas with their errors in place, cases beside them."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from policies import actions
from policies.admin.policy import SavedThroughActions
from policies.admin.rule_fields import (
    ConditionField,
    ConditionWidget,
    RowError,
    TypedFactsField,
    condition_of,
    lines_of,
)
from policies.cases import run
from policies.choices import ApplyMode, Publication, Status
from policies.enterprises import facts_of
from policies.fact_labels import fresh_labels, labels
from policies.matching import IN_FORCE, match_clause
from policies.models import (
    ClauseCase,
    ClauseMaterial,
    ExclusionGroup,
    IncentivePolicy,
    PolicyClaim,
    PolicyClause,
)
from policies.models.clause import MAX_MATERIALS, formula_message
from policies.qualifying import counts, qualifying, unclaimed
from policies.rules import conditions, formula
from policies.rules.facts import FACTS
from policies.rules.logic import Truth
from tuoxian_portal.core.admin_site import (
    SOURCE_FIELDS,
    KeyedForeignKeys,
    KnownRelationsForm,
    PortalAdmin,
    badge,
    labels_of,
)
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.money import format_yuan
from tuoxian_portal.core.ordered_rows import OrderedFormSet
from tuoxian_portal.directory.models import Enterprise

PAGE = 50


LOCKED = "政策已定稿，条款不能修改。要改，先到政策页退回修改、转为待核实，或撤下后重新起草。"


class PolicyStatusFilter(admin.SimpleListFilter):
    title = _("政策效力")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Status.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        policies: Any = IncentivePolicy.objects.with_status(today())
        return queryset.filter(policy__in=policies.filter(status=self.value()).order_by().values("pk"))


class ClauseForm(forms.ModelForm):
    """Refuses, with everything typed kept, when the policy changed after the form was opened."""

    condition = ConditionField(label=_("条件"))
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = PolicyClause
        fields = "__all__"  # noqa: DJ007 (the admin's fieldsets name them)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("condition")
        if isinstance(field, ConditionField):
            field.use(fresh_labels())
        if self.instance.policy_id and "seen_version" in self.fields:
            self.fields["seen_version"].initial = self.instance.policy.version
        if not self.instance.pk and "order" in self.fields:
            self.fields["order"].required = False
            self.fields["order"].help_text = "不填则排在最后。"
            self.initial["order"] = self.fields["order"].initial = None
        chosen = self.fields.get("policy")
        if isinstance(chosen, forms.ModelChoiceField):
            chosen.queryset = editable_policies()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen = cleaned.get("seen_version")
        if self.instance.pk and seen is not None and seen != self.instance.policy.version:
            raise ValidationError(
                "这份政策在您打开之后已被他人修改，本次没有保存。请另开页面核对最新内容后再改。"
            )
        policy = cleaned.get("policy")
        if policy is not None and "order" in cleaned and cleaned["order"] is None:
            cleaned["order"] = (policy.clauses.aggregate(last=models.Max("order"))["last"] or 0) + 1
        return cleaned


def editable_policies() -> QuerySet[IncentivePolicy]:
    """`IncentivePolicy.is_editable` as a query."""
    public = models.Q(state=Publication.PUBLISHED, verified_on=None, repealed_on=None)
    return IncentivePolicy.objects.filter(models.Q(state=Publication.DRAFT) | public)


class MaterialFormSet(OrderedFormSet):
    """Says in the officer's words what Django says with the names of columns."""

    def get_unique_error_message(self, unique_check: Any) -> str:
        return "同一份材料只列一次，请删掉重复的一行。"

    def get_form_error(self) -> str:
        return "这份材料上面已经列过。"


class MaterialInline(KeyedForeignKeys, TabularInline):
    """The papers, chosen from the hall's catalogue; "+" adds one that it lacks."""

    model = ClauseMaterial
    form = KnownRelationsForm
    formset = MaterialFormSet
    autocomplete_fields = ("material",)
    extra = 0
    max_num = MAX_MATERIALS
    hide_title = True  # the paper itself stands in the row
    fields = ("order", "material", "note")
    verbose_name_plural = _("申报材料（从材料目录中选）")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("material")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_max=True, **kwargs)


class CaseForm(forms.ModelForm):
    facts = TypedFactsField(label=_("企业情况"), help_text=_("一行一项。没写的当作不知道。"))

    class Meta:
        model = ClauseCase
        fields = ("order", "name", "facts", "verdict", "amount_wan")


class CaseInline(StackedInline):
    """Tests of the clause; the last column says what the saved clause gives now."""

    model = ClauseCase
    form = CaseForm
    extra = 0
    readonly_fields = ("outcome", "facts_text")
    verbose_name_plural = _("用例：这样的企业应得什么（公开前逐一核对）")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Of a clause that is locked Django shows the rows as they are stored: it asks the clause, not the row.
        is_open = self.has_change_permission(request, obj) and (obj is None or obj.policy.is_editable)
        facts = "facts" if is_open else "facts_text"
        return ("name", ("verdict", "amount_wan"), facts, "outcome")

    @admin.display(description=_("企业情况"))
    def facts_text(self, case: ClauseCase) -> str:
        return lines_of(case.facts)

    @admin.display(description=_("现在算出"))
    def outcome(self, case: ClauseCase) -> str:
        if not case.pk:
            return "保存后显示。"
        found = run(case, case.clause, today(), labels())
        return f"没有通过：{found.problem}" if found.problem else f"通过：{found.verdict.label} {found.shown}"


@admin.register(PolicyClause)
class PolicyClauseAdmin(SavedThroughActions):
    form = ClauseForm
    inlines = (MaterialInline, CaseInline)
    mode_badge = badge(ApplyMode, "mode", _("兑现方式"))
    list_display = ("name", "policy", "policy_status", "benefit", "mode_badge", "calculable", "claims_link")
    list_filter = (PolicyStatusFilter, "mode", "benefit", "policy__state", "policy__level")
    search_fields = ("heading", "text", "policy__title", "code")
    autocomplete_fields = ("exclusion_groups", "service_item")
    readonly_fields = ("code", "policy_link", "condition_text", "money", "guide")
    change_form_outer_before_template = "policies/admin/clause_links.html"
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})}}
    deletable = True

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first = "policy" if obj is None else "policy_link"
        condition = "condition" if self.has_change_permission(request, obj) else "condition_text"
        return (
            (
                None,
                {"fields": (first, ("order", "heading"), "text", ("benefit", "amount_text"), "is_tax_tied")},
            ),
            (_("谁能享受"), {"fields": (condition,)}),
            (
                _("享受多少"),
                {
                    "fields": (
                        "formula",
                        ("recurrence", "years"),
                        ("cap_wan", "budget_wan"),
                        "exclusion_groups",
                    )
                },
            ),
            (
                _("怎么兑现"),
                {
                    "fields": (
                        ("mode", "payer"),
                        ("review_within_days", "pay_within_days"),
                        ("objection_days", "objection_to"),
                        ("opens_on", "closes_on"),
                        ("service_item", "guide"),
                    )
                },
            ),
            (_("来源"), {"classes": ["collapse"], "fields": (*SOURCE_FIELDS, "code", "seen_version")}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).select_related("policy", "service_item")
        return rows.annotate(claims_total=models.Count("claims"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        clause = self.get_object(request, unquote(object_id)) if object_id else None
        if clause is not None:
            extra["may_file"] = self._may_file(request, clause)
            extra["locked"] = "" if clause.policy.is_editable else LOCKED
        return super().changeform_view(request, object_id, form_url, extra)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"policy": request.GET.get("policy", "")[:18]}

    def _may_file(self, request: HttpRequest, clause: PolicyClause) -> bool:
        """Whether an application can be filed now, by this person."""
        day = today()
        claimable = (
            clause.policy.status_on(day) in IN_FORCE and not clause.tied_to_tax and clause.is_open_on(day)
        )
        return claimable and request.user.has_perm("policies.add_policyclaim")  # type: ignore[union-attr]  # staff only

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.policy.is_editable)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.policy.is_editable)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No bulk deletion: each deletion is checked against the state of its policy."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        touched = [
            str(formset.model._meta.verbose_name)
            for formset in formsets
            if formset.new_objects or formset.changed_objects or formset.deleted_objects
        ]
        names = [name for name in form.changed_data if name != "seen_version"]
        if names or touched or not change:
            clause = form.instance
            verb = "修改" if change else "新增"
            words = [str(form.fields[name].label) for name in names if name != "policy"]
            what = f"{verb}条款“{clause.name}”：{'、'.join([*words, *touched])}"
            actions.note_contents_changed(policy=clause.policy, actor=request.user, what=[what])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        policy, name = obj.policy, obj.name
        super().delete_model(request, obj)
        actions.note_contents_changed(policy=policy, actor=request.user, what=[f"删除条款“{name}”"])

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:policies_policyclause_change", args=[obj.pk]))

    # --- live check -------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_view)
        list_view = self.admin_site.admin_view(self.enterprises_view)
        return [
            path("check/", view, name="policies_policyclause_check"),
            path("<int:pk>/enterprises/", list_view, name="policies_policyclause_enterprises"),
            *super().get_urls(),
        ]

    def enterprises_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which enterprises of the register the clause is for, with estimates; those of a 免申即享
        clause are put on its list from here. Ten queries a page."""
        clause = self.get_object(request, str(pk))
        if clause is None:
            raise Http404
        if not self.has_view_permission(request, clause) or not request.user.has_perm(
            "directory.view_enterprise"
        ):
            raise PermissionDenied
        day = today()
        if request.method == "POST":
            return self._propose(request, clause, day)
        truth = Truth.MAYBE if request.GET.get("verdict") == Truth.MAYBE.value else Truth.YES
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"名录里的企业：{clause.name}",
            "opts": self.opts,
            "clause": clause,
            "sentence": "",
            "may_propose": clause.mode == ApplyMode.AUTO
            and request.user.has_perm("policies.review_policyclaim"),
            "may_file": clause.mode != ApplyMode.AUTO and self._may_file(request, clause),
        }
        if clause.rule is not None:
            context |= self._enterprises(request, clause, truth, day)
        return TemplateResponse(request, "policies/admin/enterprises.html", context)

    def _enterprises(
        self, request: HttpRequest, clause: PolicyClause, truth: Truth, day: date
    ) -> dict[str, Any]:
        rule: Any = clause.rule
        found = counts(rule, day)
        only_unclaimed = request.GET.get("unclaimed") == "1"
        open_to_it = unclaimed(clause, day)
        listed = open_to_it if only_unclaimed else qualifying(rule, day, truth)
        page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
        shown = [row.pk for row in page]
        claims: dict[int, list[PolicyClaim]] = {}
        for claim in clause.claims.standing().filter(enterprise__in=shown).order_by("year", "pk"):
            claims.setdefault(claim.enterprise_id, []).append(claim)
        using_up = PolicyClaim.objects.using_up(clause, day.year).filter(enterprise__in=shown)
        used = set(using_up.values_list("enterprise", flat=True))
        words = labels()
        rows = []
        for row in page:
            match = match_clause(clause, facts_of(row, day), day, words, "名录里是")
            rows.append(
                {
                    "enterprise": row,
                    "match": match,
                    "claims": claims.get(row.pk, []),
                    "is_open": row.pk not in used,
                }
            )
        return {
            "sentence": conditions.say(rule, words),
            "counts": {key.value: number for key, number in found.items()},
            "shown": "yes" if only_unclaimed else truth.value,
            "only_unclaimed": only_unclaimed,
            "unclaimed_count": open_to_it.count(),
            "page": page,
            "rows": rows,
        }

    def _propose(self, request: HttpRequest, clause: PolicyClause, day: date) -> HttpResponse:
        """Puts them on the list, and leads to it: there they are confirmed."""
        rows: QuerySet[Enterprise] = Enterprise.objects.none()
        chosen = [k for k in request.POST.getlist("enterprise") if k.isascii() and k.isdecimal()][:PAGE]
        if clause.rule is not None and "everybody" in request.POST:
            rows = unclaimed(clause, day)
        elif clause.rule is not None and chosen:
            rows = qualifying(clause.rule, day).filter(pk__in=chosen)
        try:
            made = actions.propose_claims(clause=clause, enterprises=rows, actor=request.user)
        except PortalError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.get_full_path())
        if not made:
            messages.warning(
                request,
                "没有新列入的企业：所选的都已享受过、已在名单中，或者名录里不符合条件。"
                if chosen or "everybody" in request.POST
                else "还没有选企业。请先在“选”一栏勾选，再列入名单。",
            )
            return HttpResponseRedirect(request.get_full_path())
        messages.success(
            request,
            f"已把 {len(made)} 家企业列入免申即享名单。请核对后勾选，在“动作”里选“确认享受所选”；"
            "已享受过和已在名单中的没有重复列入。",
        )
        address = reverse("admin:policies_policyclaim_changelist")
        return HttpResponseRedirect(f"{address}?clause__id__exact={clause.pk}&state__exact=proposed")

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """What the condition and the formula in the form mean, or what is wrong with them, as JSON.
        Saves nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        words = labels()
        rows = ConditionWidget().value_from_datadict(request.POST, None, "condition")
        answer: dict[str, Any] = {"sentence": "", "row": None, "error": "", "formula": ""}
        try:
            data = condition_of(rows, words)
            if data is not None:
                answer["sentence"] = conditions.say(conditions.read(data), words)
        except RowError as error:
            answer |= {"row": error.number, "error": error.message}
        text = request.POST.get("formula", "")
        if text.strip():
            try:
                asked = formula.facts_asked(formula.read(text))
                names = "、".join(FACTS[key].label for key in asked) or "不需要企业情况"
                answer |= {"formula": f"公式可以计算，用到：{names}。", "formula_ok": True}
            except formula.FormulaError as error:
                answer |= {"formula": formula_message(error, text), "formula_ok": False}
        return JsonResponse(answer)

    @display(description=_("条款"), ordering="heading")
    def name(self, clause: PolicyClause) -> str:
        return clause.name

    @display(description=_("已批准和剩余"))
    def money(self, clause: PolicyClause) -> str:
        """What is committed out of the envelope, and what is left; one query."""
        if not clause.pk:
            return ""
        committed = clause.claims.committed().total_yuan()
        if clause.budget_wan is None:
            return f"已批准 {format_yuan(committed)}，没有定额"
        left = clause.budget_wan * 10_000 - committed
        return f"已批准 {format_yuan(committed)}，剩余 {format_yuan(left)}"

    @display(description=_("办事指南"))
    def guide(self, clause: PolicyClause) -> SafeString | str:
        """Where the public is led to, or why it is not."""
        item = clause.service_item
        if item is None:
            return "没有选事项，页面不给出办事指南。"
        if not item.is_public:
            return f"“{item.name}”{item.get_state_display()}，页面暂不给出办事指南。"
        return format_html('<a href="{}">{}</a>', item.get_absolute_url(), item.name)

    @display(description=_("政策"))
    def policy_link(self, clause: PolicyClause) -> str:
        return str(clause.policy)

    @display(description=_("条件"))
    def condition_text(self, clause: PolicyClause) -> str:
        return "来源没有写明条件。" if clause.rule is None else conditions.say(clause.rule, labels())

    @display(description=_("政策效力"), label=labels_of(Status))
    def policy_status(self, clause: PolicyClause) -> str:
        return str(clause.policy.status_on(today()).label)

    @display(description=_("能否计算"))
    def calculable(self, clause: PolicyClause) -> str:
        there = [
            word
            for word, is_there in (("条件", clause.condition is not None), ("公式", clause.formula))
            if is_there
        ]
        return "、".join(there) or "只有文字"

    @display(description=_("兑现"))
    def claims_link(self, clause: PolicyClause) -> SafeString | str:
        total = clause.claims_total  # type: ignore[attr-defined]  # annotated by `get_queryset`
        if not total:
            return "—"
        address = reverse("admin:policies_policyclaim_changelist")
        return format_html(
            '<a class="whitespace-nowrap underline" href="{}?clause__id__exact={}">{} 笔</a>',
            address,
            clause.pk,
            total,
        )


@admin.register(ExclusionGroup)
class ExclusionGroupAdmin(PortalAdmin):
    list_display = ("name", "note")
    search_fields = ("name", "note")
    fields = ("name", "note")
