"""Sample loans (示例): sample banks, sample enterprises, thirteen months of intents in every state."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from finance.choices import DemandState, DropReason, IntentState, Level, ProductState, Purpose
from finance.models import Drawdown, FinancingDemand, LoanIntent, LoanProduct, MatchmakingEvent
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers
from tuoxian_portal.directory.models import Bank, Enterprise

INTENTS = 60
DEMANDS = 24
MONTHS = 13
AMOUNTS = (80, 150, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000)
STEPS = (IntentState.INTENT, IntentState.CREDIT_APPROVED, IntentState.CONTRACTED, IntentState.DRAWN)


def make(context: SampleContext) -> None:
    """About 60 intents, 24 demands, two events and three products a scale step; bulk inserts."""
    banks = list(Bank.objects.samples().order_by("pk"))
    enterprises = list(Enterprise.objects.samples().order_by("pk"))
    if not banks or not enterprises:
        context.say("没有示例银行或示例企业，未生成示例贷款。")
        return
    events = _events(context)
    _products(context, banks)
    demands = _demands(context, enterprises)
    _intents(context, banks, enterprises, events, demands)


def _events(context: SampleContext) -> list[MatchmakingEvent]:
    return MatchmakingEvent.objects.bulk_create(
        MatchmakingEvent(
            slug=f"sample-event-{number}",
            name=f"示例对接活动（{'甲乙'[number - 1]}）",
            level=Level.COUNTY,
            held_on=context.today - timedelta(days=days),
            summary="演示用的活动，贷款意向可以挂在它下面。",
            is_sample=True,
        )
        for number, days in ((1, 380), (2, 190))
    )


def _products(context: SampleContext, banks: list[Bank]) -> None:
    kinds = (
        ("流动资金", "有稳定订单的生产企业"),
        ("设备更新", "更新设备的工业企业"),
        ("涉农", "种养大户、合作社和农产品加工企业"),
    )
    LoanProduct.objects.bulk_create(
        LoanProduct(
            bank=banks[number % len(banks)],
            slug=f"sample-product-{number + 1}",
            name=f"示例{kind}贷款",
            audience=audience,
            amount_text="示例：按银行公布的额度填写",
            rate_text="示例：按银行公布的利率填写",
            term_text="示例：按银行公布的期限填写",
            conditions="示例条件一\n示例条件二",
            materials="营业执照\n近两年财务报表",
            source_title="示例来源",
            source_date=f"{context.today:%Y-%m-%d}",
            state=ProductState.PUBLISHED,
            published_at=_noon(context.today - timedelta(days=30)),
            is_sample=True,
        )
        for number, (kind, audience) in enumerate(kinds)
    )


def _demands(context: SampleContext, enterprises: list[Enterprise]) -> list[FinancingDemand]:
    rows = []
    for number in range(DEMANDS * context.scale):
        day = context.today - timedelta(days=context.random.randrange(MONTHS * 30))
        state = context.random.choices(list(DemandState), weights=(6, 3, 1))[0]
        closed = state != DemandState.OPEN
        rows.append(
            FinancingDemand(
                number=f"XQSL-{number + 1:04d}",
                enterprise=context.random.choice(enterprises),
                purpose=context.random.choice(Purpose.values),
                amount_wan=Decimal(context.random.choice(AMOUNTS)),
                term_months=context.random.choice((12, 24, 36, 60)),
                needed_by=day + timedelta(days=context.random.randrange(30, 180)),
                shared_with_banks=context.random.random() < 0.7,
                registered_on=day,
                state=state,
                closed_on=min(context.today, day + timedelta(days=60)) if closed else None,
                closed_reason="示例原因" if state == DemandState.CLOSED else "",
                is_sample=True,
            )
        )
    return FinancingDemand.objects.bulk_create(rows)


def _intents(
    context: SampleContext,
    banks: list[Bank],
    enterprises: list[Enterprise],
    events: list[MatchmakingEvent],
    demands: list[FinancingDemand],
) -> None:
    draw = context.random
    intents, payments = [], []
    for number in range(INTENTS * context.scale):
        day = context.today - timedelta(days=draw.randrange(MONTHS * 30 + 5))
        demand = draw.choice(demands) if draw.random() < 0.3 else None
        intent = LoanIntent(
            number=f"DKSL-{number + 1:04d}",
            enterprise_id=demand.enterprise_id if demand else draw.choice(enterprises).pk,
            bank=draw.choice(banks),
            event=next((e for e in events if e.held_on == day), draw.choice([None, None, *events])),
            demand=demand,
            amount_wan=Decimal(draw.choice(AMOUNTS)),
            intent_on=day,
            is_sample=True,
        )
        if intent.event and intent.event.held_on and intent.event.held_on > day:
            intent.event = None
        payments += _advance(context, intent, reach=draw.choices(range(4), weights=(3, 3, 2, 4))[0])
        intents.append(intent)
    LoanIntent.objects.bulk_create(intents)
    Drawdown.objects.bulk_create(payments)


def _advance(context: SampleContext, intent: LoanIntent, *, reach: int) -> list[Drawdown]:
    """Takes `intent` up to step `reach` as far as today allows; returns its payments."""
    draw = context.random
    day: date = intent.intent_on
    payments: list[Drawdown] = []
    for step in STEPS[1 : reach + 1]:
        day += timedelta(days=draw.randrange(5, 45))
        if day > context.today:
            break
        intent.state = step
        if step == IntentState.CREDIT_APPROVED:
            intent.credit_on = day
            intent.credit_wan = _part(intent.amount_wan, draw.choice((6, 8, 10, 10)))
        elif step == IntentState.CONTRACTED and intent.credit_wan:
            intent.contracted_on = day
            intent.contract_wan = _part(intent.credit_wan, draw.choice((8, 10, 10)))
        elif intent.contract_wan:
            payments = _payments(context, intent, day)
    if intent.state in STEPS[:3] and draw.random() < 0.25:
        ended = day + timedelta(days=draw.randrange(3, 40))
        last = intent.contracted_on or intent.credit_on or intent.intent_on
        intent.state = IntentState.DROPPED
        intent.drop_reason = draw.choices(DropReason.values, weights=(6, 5, 4, 2, 3, 2, 1))[0]
        intent.dropped_on = max(last, min(context.today, ended))
    return payments


def _payments(context: SampleContext, intent: LoanIntent, day: date) -> list[Drawdown]:
    contract: Any = intent.contract_wan
    parts = [Decimal(1)] if context.random.random() < 0.6 else [Decimal("0.6"), Decimal("0.4")]
    days = [day, day + timedelta(days=30)][: len(parts)]
    return [
        Drawdown(intent=intent, amount_wan=contract * part, drawn_on=on, is_sample=True)
        for part, on in zip(parts, days, strict=True)
        if on <= context.today
    ]


def _part(amount: Decimal, tenths: int) -> Decimal:
    return amount * tenths / 10


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


sample_makers.register("finance", SampleMaker(name="finance", order=60, make=make))
