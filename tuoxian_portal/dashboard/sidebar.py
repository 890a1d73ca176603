"""The admin's sidebar and first page: what each kind of staff works with.

Both are read at request time from the same table. A model that no group names appears under 其他, so
that nothing registered can get lost; a name that is not registered is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from tuoxian_portal.core.calendar import today

COUNT_LIMIT = 999


@dataclass(frozen=True)
class Group:
    title: str
    models: tuple[tuple[str, str], ...]  # (app_label.Model, Material icon)
    collapsible: bool = False


GROUPS = (
    Group(
        "办件",
        (
            ("services.Case", "assignment"),
            ("services.BundleCase", "library_books"),
            ("services.Handover", "swap_horiz"),
        ),
    ),
    Group("帮办代办", (("services.Entrustment", "volunteer_activism"),)),
    Group(
        "好差评",
        (
            ("services.ServiceRating", "reviews"),
            ("services.RatingRemediation", "assignment_return"),
            ("services.RatingTag", "sell"),
        ),
    ),
    Group(
        "事项目录",
        (
            ("services.ServiceItem", "fact_check"),
            ("services.ServiceBundle", "inventory_2"),
            ("services.Material", "description"),
            ("services.FormField", "edit_note"),
            ("services.Licence", "verified"),
            ("services.LicenceKind", "style"),
            ("services.ServiceTheme", "category"),
            ("services.BundleQuestion", "quiz"),
            ("services.ItemVersion", "history"),
            ("services.CatalogueImport", "upload_file"),
            ("services.HallStatistic", "bar_chart"),
            ("services.HallMechanism", "handshake"),
        ),
    ),
    Group(
        "项目",
        (
            ("projects.KeyProject", "factory"),
            ("projects.ProgressReport", "trending_up"),
            ("projects.FundsReceipt", "account_balance_wallet"),
            ("projects.Commitment", "handshake"),
            ("projects.SupervisionNotice", "assignment_late"),
            ("projects.InvestmentLead", "contact_phone"),
            ("projects.LeadConflict", "call_merge"),
            ("projects.PromotionTarget", "my_location"),
            ("projects.ChainNode", "linked_services"),
            ("projects.Opportunity", "lightbulb"),
            ("projects.Target", "flag"),
            ("projects.PortfolioFact", "dataset"),
        ),
    ),
    Group(
        "政策",
        (
            ("policies.IncentivePolicy", "gavel"),
            ("policies.PolicyClause", "rule"),
            ("policies.PolicyClaim", "payments"),
            ("policies.ExclusionGroup", "call_split"),
            ("policies.FactorPrice", "bolt"),
            ("policies.ComparisonPrice", "compare_arrows"),
        ),
    ),
    Group(
        "金融",
        (
            ("finance.FinancingDemand", "request_quote"),
            ("finance.LoanIntent", "payments"),
            ("finance.LoanProduct", "account_balance"),
            ("finance.MatchmakingEvent", "groups"),
        ),
    ),
    Group("意见建议", (("feedback.Feedback", "feedback"),)),
    Group("报告", (("reports.ReportRun", "summarize"),)),
    Group(
        "搜索和订阅",
        (
            ("search.SearchMiss", "search_off"),
            ("search.SynonymGroup", "swap_horiz"),
            ("subscriptions.Subscription", "mark_email_read"),
            ("subscriptions.Message", "outgoing_mail"),
        ),
        collapsible=True,
    ),
    Group(
        "基础数据",
        (
            ("directory.Enterprise", "domain"),
            ("directory.Department", "corporate_fare"),
            ("directory.Outlet", "storefront"),
            ("directory.Bank", "savings"),
            ("directory.Park", "landscape"),
            ("directory.Industry", "precision_manufacturing"),
            ("directory.IndustryChain", "linked_services"),
            ("directory.Town", "location_city"),
            ("directory.CountyFact", "info"),
        ),
        collapsible=True,
    ),
    Group(
        "系统",
        (
            ("accounts.User", "person"),
            ("accounts.Role", "badge"),
            ("auth.Group", "group"),
            ("core.CalendarYear", "calendar_month"),
            ("core.CalendarDay", "event"),
            ("core.Job", "pending_actions"),
            ("django_celery_beat.PeriodicTask", "schedule"),
            ("django_celery_beat.CrontabSchedule", "more_time"),
            ("django_celery_beat.IntervalSchedule", "timer"),
            ("axes.AccessAttempt", "lock"),
            ("audit.LogEntry", "receipt_long"),
        ),
        collapsible=True,
    ),
)


@dataclass(frozen=True)
class Task:
    """Something that waits for a person who holds `permission`: rows of `model` with these values.

    `query` is the filter of the list where it is not the values themselves; `rows` then counts the same.
    """

    title: str
    model: str
    permission: str
    values: tuple[tuple[str, str], ...] = ()
    query: str = ""
    rows: Callable[[Any], Any] | None = None


TASKS = (
    Task("待受理的办件", "services.Case", "services.receive_case", (("state", "received"),)),
    Task("待补正的办件", "services.Case", "services.receive_case", (("state", "correcting"),)),
    Task("已受理、待移交审查的办件", "services.Case", "services.review_case", (("state", "accepted"),)),
    Task("审查中的办件", "services.Case", "services.review_case", (("state", "reviewing"),)),
    Task("待审批的办件", "services.Case", "services.decide_case", (("state", "deciding"),)),
    Task("待领取的办件", "services.Case", "services.deliver_case", (("state", "collecting"),)),
    Task(
        "待承诺的帮办咨询", "services.Entrustment", "services.handle_entrustment", (("state", "consulted"),)
    ),
    Task(
        "待回访的帮办", "services.Entrustment", "services.follow_up_entrustment", (("state", "signed_off"),)
    ),
    Task("待认定的存疑评价", "services.ServiceRating", "services.judge_rating", (("standing", "doubtful"),)),
    Task(
        "待核实的差评",
        "services.RatingRemediation",
        "services.supervise_remediation",
        (("state", "verifying"),),
    ),
    Task(
        "待整改答复的差评",
        "services.RatingRemediation",
        "services.answer_remediation",
        (("state", "rectifying"),),
    ),
    Task(
        "待回访、办结的差评",
        "services.RatingRemediation",
        "services.supervise_remediation",
        (("state", "calling_back"),),
    ),
    Task(
        "该跟进的线索",
        "projects.InvestmentLead",
        "projects.handle_lead",
        query="follow=due",
        rows=lambda leads: leads.to_follow_up(today()),
    ),
    Task(
        "待裁定的撞单",
        "projects.LeadConflict",
        "projects.resolve_conflict",
        query="decision__isempty=1",
        rows=lambda conflicts: conflicts.undecided(),
    ),
    Task("新收的招商线索", "projects.InvestmentLead", "projects.handle_lead", (("state", "new"),)),
    Task(
        "已提交、待审核的月报", "projects.ProgressReport", "projects.accept_report", (("state", "submitted"),)
    ),
    Task("待答复的督办", "projects.SupervisionNotice", "projects.answer_notice", (("state", "issued"),)),
    Task("退回重办的督办", "projects.SupervisionNotice", "projects.answer_notice", (("state", "returned"),)),
    Task(
        "已答复、待审核的督办",
        "projects.SupervisionNotice",
        "projects.close_notice",
        (("state", "answered"),),
    ),
    Task(
        "待对接的融资需求", "finance.FinancingDemand", "finance.change_financingdemand", (("state", "open"),)
    ),
    Task("待确认的免申即享", "policies.PolicyClaim", "policies.review_policyclaim", (("state", "proposed"),)),
    Task("待审核的政策兑现", "policies.PolicyClaim", "policies.review_policyclaim", (("state", "filed"),)),
    Task(
        "待批准的政策兑现", "policies.PolicyClaim", "policies.approve_policyclaim", (("state", "reviewed"),)
    ),
    Task(
        "超时未审核的政策兑现",
        "policies.PolicyClaim",
        "policies.review_policyclaim",
        query="clock=review_late",
        rows=lambda claims: claims.review_overdue(today()),
    ),
    Task(
        "超时未兑付的政策资金",
        "policies.PolicyClaim",
        "policies.pay_policyclaim",
        query="clock=pay_late",
        rows=lambda claims: claims.overdue(today()),
    ),
    Task("待兑付的政策资金", "policies.PolicyClaim", "policies.pay_policyclaim", (("state", "approved"),)),
    Task("新收的意见建议", "feedback.Feedback", "feedback.handle_feedback", (("state", "new"),)),
    Task(
        "超期未答复的意见建议",
        "feedback.Feedback",
        "feedback.handle_feedback",
        query="answer=late",
        rows=lambda rows: rows.overdue(today()),
    ),
    Task("意向阶段的贷款", "finance.LoanIntent", "finance.advance_loanintent", (("state", "intent"),)),
)


@dataclass(frozen=True)
class Shortcut:
    """What a role records most; one click from the first page."""

    title: str
    model: str


SHORTCUTS = (
    Shortcut("收件登记", "services.Case"),
    Shortcut("登记帮办咨询", "services.Entrustment"),
    Shortcut("填报月度进展", "projects.ProgressReport"),
    Shortcut("发出督办", "projects.SupervisionNotice"),
    Shortcut("登记招商线索", "projects.InvestmentLead"),
    Shortcut("登记贷款意向", "finance.LoanIntent"),
    Shortcut("录入政策", "policies.IncentivePolicy"),
)


def _shortcuts(request: HttpRequest) -> list[dict[str, str]]:
    """Add pages that this person may open; no queries beyond her permissions."""
    found = []
    for shortcut in SHORTCUTS:
        model = _model(shortcut.model)
        if model and admin.site.get_model_admin(model).has_add_permission(request):
            meta = model._meta
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_add")
            found.append({"title": shortcut.title, "url": url})
    return found


def _model(name: str) -> type[Model] | None:
    """The registered model `name`, or None."""
    try:
        model = apps.get_model(name)
    except LookupError:
        return None
    return model if admin.site.is_registered(model) else None


def _url(model: type[Model]) -> str:
    meta = model._meta
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    except NoReverseMatch:
        return ""


def _may_view(model: type[Model], request: HttpRequest) -> bool:
    return admin.site.get_model_admin(model).has_view_permission(request)


def _entries(group: Group, request: HttpRequest) -> list[tuple[type[Model], str]]:
    """(model, icon) of what this person may view."""
    found = ((_model(name), icon) for name, icon in group.models)
    return [(model, icon) for model, icon in found if model is not None and _may_view(model, request)]


def _others(request: HttpRequest) -> Group:
    named = {name.lower() for group in GROUPS for name, _ in group.models}
    names = (m._meta.label for m in admin.site._registry if m._meta.label_lower not in named)
    return Group("其他", tuple((name, "folder") for name in sorted(names)), collapsible=True)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups that hold something for this person. No queries beyond her permissions."""
    result = []
    for group in (*GROUPS, _others(request)):
        items = [
            {"title": str(model._meta.verbose_name_plural), "icon": icon, "link": _url(model)}
            for model, icon in _entries(group, request)
        ]
        if items:
            result.append(
                {"title": group.title, "separator": True, "collapsible": group.collapsible, "items": items}
            )
    return result


def _count(model: type[Model], request: HttpRequest, task: Task) -> str:
    """How many rows this person sees; beyond 999 nobody counts on."""
    rows: Any = admin.site.get_model_admin(model).get_queryset(request).filter(**dict(task.values))
    if task.rows:
        rows = task.rows(rows)
    found = rows.order_by()[: COUNT_LIMIT + 1].count()
    return f"{COUNT_LIMIT}+" if found > COUNT_LIMIT else str(found)


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the admin's first page what waits for this person, then her lists; one capped count each."""
    tasks = []
    for task in TASKS:
        model = _model(task.model)
        if model and request.user.has_perm(task.permission) and _may_view(model, request):  # type: ignore[union-attr]  # staff only: never AnonymousUser
            query = task.query or "&".join(f"{name}__exact={value}" for name, value in task.values)
            tasks.append(
                {
                    "title": task.title,
                    "count": _count(model, request, task),
                    "url": f"{_url(model)}?{query}",
                }
            )
    lists = [
        {
            "title": group.title,
            "entries": [
                {"title": str(model._meta.verbose_name_plural), "icon": icon, "url": _url(model)}
                for model, icon in entries
            ],
        }
        for group in (*GROUPS, _others(request))
        if (entries := _entries(group, request))
    ]
    return {
        **context,
        "portal_shortcuts": _shortcuts(request),
        "portal_tasks": tasks,
        "portal_lists": lists,
    }
