"""Every verb of the finance app. The admin, the API and imports call these and nothing else.

`actor=None` is the system (an import). Amounts are 万元. Each function re-reads its record under a
lock, raises `NotPermitted`, `WorkflowError` or `EditConflict` when it may not be done and
`ValidationError` when a value is wrong, and writes one audit entry.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from finance.choices import DemandState, DropReason, IntentState
from finance.models import MIN_WAN, Drawdown, FinancingDemand, LoanIntent, LoanProduct
from finance.querysets import may_act_for
from finance.workflow import DEMAND_WORKFLOW, INTENT_WORKFLOW, PRODUCT_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.money import plain
from tuoxian_portal.core.numbering import next_number

# --- Intents --------------------------------------------------------------------------------------


@transaction.atomic
def record_intent(
    *,
    actor: Any,
    enterprise: Any,
    bank: Any,
    amount_wan: Decimal,
    intent_on: date | None = None,
    is_sample: bool = False,
    **details: Any,
) -> LoanIntent:
    """A new intent with its number (DK2026-0001, unbroken per year).

    `details` may hold `event`, `project`, `demand`, `product` and `note`. A bank's contact records
    for the own bank only. The demand, when given, must be the same enterprise's and open; the product
    must be the same bank's.
    """
    _require(actor, "finance.add_loanintent", "登记贷款意向")
    if not may_act_for(actor, bank):
        raise NotPermitted("您只能登记本机构的贷款意向。账号没有所属机构的，请联系系统管理员。")
    _require_visible(actor, details)
    intent = LoanIntent(
        enterprise=enterprise,
        bank=bank,
        amount_wan=amount_wan,
        intent_on=intent_on or today(),
        is_sample=is_sample,
        **details,
    )
    intent.full_clean(exclude=["number"])
    year = intent.intent_on.year
    intent.number = f"DK{year}-{next_number(f'loan-intent:{year}'):04d}"
    intent.save()
    log(actor=actor, action="record_intent", target=intent, changes={"state": ["", intent.state]})
    return intent


@transaction.atomic
def approve_credit(
    *, intent: LoanIntent, actor: Any, amount_wan: Decimal, on: date | None = None, version: int | None = None
) -> LoanIntent:
    """The bank granted a credit line of `amount_wan`."""
    intent = _locked_intent(intent, actor, "approve_credit", version)
    intent.credit_wan = _amount(amount_wan)
    intent.credit_on = _day(on, "on", after=intent.intent_on, what="意向日期")
    return _advance(intent, actor, "approve_credit", ["credit_wan", "credit_on"])


@transaction.atomic
def sign_contract(
    *, intent: LoanIntent, actor: Any, amount_wan: Decimal, on: date | None = None, version: int | None = None
) -> LoanIntent:
    """The loan contract was signed over `amount_wan`, at most the credit line."""
    intent = _locked_intent(intent, actor, "sign_contract", version)
    if intent.credit_wan is None or amount_wan > intent.credit_wan:
        raise ValidationError(
            {"amount_wan": [f"签约金额不能超过授信金额 {plain(intent.credit_wan, 4)} 万元。"]}
        )
    intent.contract_wan = _amount(amount_wan)
    intent.contracted_on = _day(on, "on", after=intent.credit_on, what="授信日期")
    return _advance(intent, actor, "sign_contract", ["contract_wan", "contracted_on"])


@transaction.atomic
def record_drawdown(
    *,
    intent: LoanIntent,
    actor: Any,
    amount_wan: Decimal,
    on: date | None = None,
    evidence: str = "",
    version: int | None = None,
) -> Drawdown:
    """Money was paid out, in part or whole. The sum of all payments stays within the contract: the
    intent's row is locked while it is counted, so that two payments at once cannot both fit."""
    intent = _locked_intent(intent, actor, "record_drawdown", version)
    left = intent.undrawn_wan
    if amount_wan > left:
        raise ValidationError(
            {"amount_wan": [f"放款合计不能超过签约金额，本次最多 {left.normalize():f} 万元。"]}
        )
    drawdown = Drawdown(
        intent=intent,
        amount_wan=_amount(amount_wan),
        drawn_on=_day(on, "on", after=intent.contracted_on, what="签约日期"),
        evidence=evidence.strip(),
        recorded_by=actor,
        is_sample=intent.is_sample,
    )
    _clean(drawdown)
    drawdown.save()
    _advance(intent, actor, "record_drawdown", [], changes={"drawdown_wan": ["", str(amount_wan)]})
    return drawdown


@transaction.atomic
def void_drawdown(*, drawdown: Drawdown, actor: Any, reason: str, version: int | None = None) -> Drawdown:
    """A payment that was entered wrongly no longer counts; the row and the reason stay. Without any
    other payment the intent goes back to its contract."""
    intent = _locked_intent(drawdown.intent, actor, "void_drawdown", version, reason=reason)
    drawdown = Drawdown.objects.select_for_update().get(pk=drawdown.pk)
    if drawdown.voided_at:
        raise WorkflowError("这笔放款记录已经作废。")
    drawdown.voided_at = timezone.now()
    drawdown.void_reason = reason.strip()
    _clean(drawdown)
    drawdown.save(update_fields=["voided_at", "void_reason", "updated_at"])
    if not intent.drawdowns.valid().exists():
        INTENT_WORKFLOW.check(intent, "return_to_contract", None)
        intent.state = IntentState.CONTRACTED
    bump(intent)
    intent.save(update_fields=["state", "version", "updated_at"])
    log(
        actor=actor,
        action="void_drawdown",
        target=intent,
        reason=reason,
        changes={"drawdown_wan": [str(drawdown.amount_wan), ""]},
    )
    return drawdown


@transaction.atomic
def drop_intent(
    *,
    intent: LoanIntent,
    actor: Any,
    drop_reason: str,
    on: date | None = None,
    reason: str = "",
    version: int | None = None,
) -> LoanIntent:
    """The loan did not come about. `drop_reason` is a `DropReason`; 其他 needs words."""
    intent = _locked_intent(intent, actor, "drop_intent", version)
    if drop_reason not in DropReason.values:
        raise ValidationError({"drop_reason": ["请选择未成原因。"]})
    if drop_reason == DropReason.OTHER and not reason.strip():
        raise ValidationError({"reason": ["选择“其他”时请写明原因。"]})
    intent.drop_reason = drop_reason
    last = intent.contracted_on or intent.credit_on or intent.intent_on
    intent.dropped_on = _day(on, "on", after=last, what="上一步日期")
    return _advance(intent, actor, "drop_intent", ["drop_reason", "dropped_on"], reason=reason)


DATES = {"intent_on", "credit_on", "contracted_on"}
CORRECTABLE = ("amount_wan", "intent_on", "credit_wan", "credit_on", "contract_wan", "contracted_on", "note")


@transaction.atomic
def correct_intent(
    *, intent: LoanIntent, actor: Any, values: Mapping[str, Any], reason: str, version: int | None = None
) -> LoanIntent:
    """Puts right what was typed wrongly; the audit entry keeps both values and the reason.

    Only amounts and dates of steps already reached (`CORRECTABLE`); the order of dates, contract
    within credit and payments within contract still hold.
    """
    intent = _locked_intent(intent, actor, "correct_intent", version, reason=reason)
    changes: dict[str, list[str]] = {}
    for name, value in values.items():
        before = getattr(intent, name)
        if name not in CORRECTABLE:
            raise ValidationError({name: ["这一项不能更正。"]})
        if before is None:
            raise ValidationError({name: ["尚未办到这一步，不能更正。"]})
        if value is None:
            raise ValidationError({name: ["不能清空。"]})
        if before != value:
            changes[name] = [str(before), str(value)]
            setattr(intent, name, value)
    if not changes:
        raise ValidationError("没有需要更正的内容。")
    if "contract_wan" in changes and (drawn := intent.drawn_wan) > (intent.contract_wan or 0):
        raise ValidationError({"contract_wan": [f"签约金额不能低于已放款 {drawn.normalize():f} 万元。"]})
    first = intent.drawdowns.valid().order_by("drawn_on").values_list("drawn_on", flat=True).first()
    contracted = intent.contracted_on
    if "contracted_on" in changes and first and contracted and contracted > first:
        raise ValidationError({"contracted_on": [f"签约日期不能晚于首次放款日期 {first}。"]})
    for name in DATES & set(changes):
        if intent.dropped_on and getattr(intent, name) > intent.dropped_on:
            raise ValidationError({name: [f"日期不能晚于登记未成的日期 {intent.dropped_on}。"]})
    intent.full_clean(exclude=["number"])
    bump(intent)
    intent.save(update_fields=[*changes, "version", "updated_at"])
    log(actor=actor, action="correct_intent", target=intent, reason=reason, changes=changes)
    return intent


# --- Demands --------------------------------------------------------------------------------------


@transaction.atomic
def register_demand(
    *,
    actor: Any,
    enterprise: Any,
    purpose: str,
    amount_wan: Decimal,
    registered_on: date | None = None,
    is_sample: bool = False,
    **details: Any,
) -> FinancingDemand:
    """An enterprise's demand with its number (XQ2026-0001). `details` may hold `term_months`,
    `needed_by`, `note` and `shared_with_banks`."""
    _require(actor, "finance.add_financingdemand", "登记融资需求")
    demand = FinancingDemand(
        enterprise=enterprise,
        purpose=purpose,
        amount_wan=amount_wan,
        registered_on=registered_on or today(),
        is_sample=is_sample,
        **details,
    )
    demand.full_clean(exclude=["number"])
    year = demand.registered_on.year
    demand.number = f"XQ{year}-{next_number(f'financing-demand:{year}'):04d}"
    demand.save()
    log(actor=actor, action="register_demand", target=demand, changes={"state": ["", demand.state]})
    return demand


@transaction.atomic
def meet_demand(
    *, demand: FinancingDemand, actor: Any, reason: str = "", version: int | None = None
) -> FinancingDemand:
    """The enterprise has its money."""
    return _finish_demand(demand, actor, "meet_demand", reason, version)


@transaction.atomic
def close_demand(
    *, demand: FinancingDemand, actor: Any, reason: str, version: int | None = None
) -> FinancingDemand:
    """The demand ends without money; the reason says why."""
    return _finish_demand(demand, actor, "close_demand", reason, version)


def _finish_demand(
    demand: FinancingDemand, actor: Any, verb: str, reason: str, version: int | None
) -> FinancingDemand:
    demand = _locked(FinancingDemand, demand, actor)
    transition = DEMAND_WORKFLOW.check(demand, verb, actor, reason=reason)
    check_version(demand, version)
    before, demand.state = demand.state, str(transition.target)
    demand.closed_on = today()
    demand.closed_reason = reason.strip()
    _clean(demand)
    bump(demand)
    demand.save(update_fields=["state", "closed_on", "closed_reason", "version", "updated_at"])
    log(actor=actor, action=verb, target=demand, reason=reason, changes={"state": [before, demand.state]})
    return demand


# --- Products -------------------------------------------------------------------------------------


@transaction.atomic
def publish_product(*, product: LoanProduct, actor: Any, version: int | None = None) -> LoanProduct:
    """Shows the product to the public; needs a dated source."""
    return _turn_product(product, actor, "publish_product", "", version, published_at=timezone.now())


@transaction.atomic
def withdraw_product(
    *, product: LoanProduct, actor: Any, reason: str, version: int | None = None
) -> LoanProduct:
    """Takes the product off the public pages."""
    return _turn_product(product, actor, "withdraw_product", reason, version)


def _turn_product(
    product: LoanProduct, actor: Any, verb: str, reason: str, version: int | None, **values: Any
) -> LoanProduct:
    product = _locked(LoanProduct, product, actor)
    transition = PRODUCT_WORKFLOW.check(product, verb, actor, reason=reason)
    check_version(product, version)
    before, product.state = product.state, str(transition.target)
    for name, value in values.items():
        setattr(product, name, value)
    bump(product)
    product.save(update_fields=["state", *values, "version", "updated_at"])
    log(actor=actor, action=verb, target=product, reason=reason, changes={"state": [before, product.state]})
    return product


# --- Details --------------------------------------------------------------------------------------


@transaction.atomic
def edit_record(*, record: Any, actor: Any, values: Mapping[str, Any], version: int | None = None) -> Any:
    """Changes what has no consequences: words and links of an intent or a demand, a product's terms,
    an event. The state, its amounts and its dates have verbs of their own and are refused here."""
    label = record._meta.model_name
    _require(actor, f"finance.change_{label}", f"修改{record._meta.verbose_name}")
    fresh = _locked(type(record), record, actor)
    if hasattr(fresh, "version"):
        check_version(fresh, version)
    if refused := set(values) - set(EDITABLE[label]):
        raise ValidationError({name: ["这一项须通过相应的办理按钮修改。"] for name in sorted(refused)})
    _require_visible(actor, values)
    if getattr(fresh, "state", None) in FINISHED:
        raise WorkflowError(f"这条{record._meta.verbose_name}已了结，不再修改。")
    changes = differences({name: getattr(fresh, name) for name in values}, values)
    if not changes:
        return fresh
    for name in changes:
        setattr(fresh, name, values[name])
    fresh.full_clean()
    fields = [*changes, "updated_at"]
    if hasattr(fresh, "version"):
        bump(fresh)
        fields.append("version")
    fresh.save(update_fields=fields)
    log(actor=actor, action=f"edit_{label}", target=fresh, changes=changes)
    return fresh


SOURCE = ("source_title", "source_publisher", "source_date", "source_where", "confidence")
EDITABLE = {
    "loanintent": ("event", "project", "demand", "product", "note"),
    "financingdemand": (
        "purpose",
        "amount_wan",
        "term_months",
        "needed_by",
        "note",
        "shared_with_banks",
    ),
    "loanproduct": (
        "bank",
        "slug",
        "name",
        "audience",
        "amount_text",
        "rate_text",
        "term_text",
        "security_text",
        "conditions",
        "materials",
        "how_to_apply",
        "contact_name",
        "contact_phone",
        "valid_until",
        *SOURCE,
    ),
    "matchmakingevent": (
        "slug",
        "name",
        "kind",
        "level",
        "held_on",
        "date_text",
        "place",
        "enterprises",
        "banks",
        "projects",
        "intention_wan",
        "credit_wan",
        "bank_names",
        "enterprise_names",
        "summary",
        *SOURCE,
    ),
}
FINISHED = {DemandState.MET, DemandState.CLOSED}


@transaction.atomic
def add_record(*, record: Any, actor: Any) -> Any:
    """Keeps a new product or event as staff entered it."""
    _require(actor, f"finance.add_{record._meta.model_name}", f"新增{record._meta.verbose_name}")
    record.full_clean()
    record.save()
    log(actor=actor, action=f"add_{record._meta.model_name}", target=record)
    return record


# --- Shared ---------------------------------------------------------------------------------------


def _require(actor: Any, permission: str, label: str) -> None:
    if actor is not None and not actor.has_perm(permission):
        raise NotPermitted(f"您没有“{label}”的权限。如需办理，请联系金融专员。")


def _require_visible(actor: Any, values: Mapping[str, Any]) -> None:
    """What the person cannot see cannot be pointed at: to link a demand would be to read it."""
    unseen = {
        name: ["没有找到这条记录，请重新选择。"]
        for name, row in values.items()
        if actor is not None
        and isinstance(row, models.Model)
        and not type(row)._default_manager.visible_to(actor).filter(pk=row.pk).exists()  # type: ignore[attr-defined]  # every queryset here is a PortalQuerySet
    }
    if unseen:
        raise ValidationError(unseen)


def _locked(model: Any, record: Any, actor: Any) -> Any:
    """The fresh row under its lock. Raises `NotPermitted` when `actor` may not see it."""
    rows = model.objects.all() if actor is None else model.objects.visible_to(actor)
    fresh = rows.select_for_update().filter(pk=record.pk).first()
    if fresh is None:
        raise NotPermitted("没有找到这条记录，或它不在您的可见范围内。")
    return fresh


def _locked_intent(
    intent: LoanIntent, actor: Any, verb: str, version: int | None, *, reason: str = ""
) -> LoanIntent:
    fresh: LoanIntent = _locked(LoanIntent, intent, actor)
    INTENT_WORKFLOW.check(fresh, verb, actor, reason=reason)
    check_version(fresh, version)
    return fresh


def _advance(
    intent: LoanIntent,
    actor: Any,
    verb: str,
    fields: list[str],
    *,
    reason: str = "",
    changes: dict[str, list[str]] | None = None,
) -> LoanIntent:
    before, intent.state = intent.state, str(INTENT_WORKFLOW.by_name[verb].target)
    _clean(intent)
    bump(intent)
    intent.save(update_fields=[*fields, "state", "version", "updated_at"])
    told = {"state": [before, intent.state], **{n: ["", str(getattr(intent, n))] for n in fields}}
    log(actor=actor, action=verb, target=intent, reason=reason, changes={**told, **(changes or {})})
    return intent


def _clean(record: Any) -> None:
    """Field validators only: relations were not changed, and constraints are the database's."""
    record.clean_fields(exclude=[f.name for f in record._meta.concrete_fields if f.is_relation])


def _amount(value: Decimal) -> Decimal:
    """`value` if it is money at all. The error stands at the field of the form that asked for it."""
    try:
        MIN_WAN(value)
    except ValidationError as error:
        raise ValidationError({"amount_wan": error.messages}) from error
    return value


def _day(value: date | None, field: str, *, after: date | None = None, what: str = "") -> date:
    """`value` or today; not in the future and not before `after`."""
    day = value or today()
    if day > today():
        raise ValidationError({field: ["日期不能晚于今天。"]})
    if after and day < after:
        raise ValidationError({field: [f"日期不能早于{what} {after}。"]})
    return day
