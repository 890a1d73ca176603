"""Sample policies that show each status, and a price series that shows a trend. All marked 示例."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from policies.choices import (
    ApplyMode,
    Benefit,
    Factor,
    Level,
    PriceKind,
    Publication,
    Recurrence,
    Theme,
    Verdict,
)
from policies.models import (
    ClauseCase,
    ClauseMaterial,
    ComparisonPrice,
    ExclusionGroup,
    FactorPrice,
    IncentivePolicy,
    PolicyClause,
    PolicyQuestion,
)
from policies.samples_claims import make_claims
from services.choices import ItemType, PublicationState
from services.models import ItemMaterial, LegalBasis, Material, ServiceItem
from services.publishing import LEAVABLE
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers

GROUP = "示例：固定资产投资类支持"
CLAUSES: list[dict[str, Any]] = [
    {
        "heading": "设备投入补贴",
        "text": "示例条款：对新建或扩建、投资额 1000 万元以上的项目，按设备投入的 5% 给予一次性补贴，最高 50 万元。",
        "benefit": Benefit.SUBSIDY,
        "amount_text": "示例：设备投入的 5%，最高 50 万元",
        "condition": {
            "all": [
                {"fact": "project_kind", "is": "in", "value": ["new", "expansion"]},
                {"fact": "investment", "is": "gte", "value": "1000"},
            ]
        },
        "formula": "设备投入 × 5%",
        "cap_wan": Decimal(50),
        "recurrence": Recurrence.ONCE,
        "mode": ApplyMode.APPLY,
        "budget_wan": Decimal(500),
    },
    {
        "heading": "项目贷款贴息",
        "text": "示例条款：对建设贷款按年 1 个百分点贴息，每年最高 30 万元，连续两年。与设备投入补贴不可同享。",
        "benefit": Benefit.INTEREST,
        "amount_text": "示例：年 1 个百分点，两年",
        "condition": {
            "all": [
                {"fact": "loan", "is": "gt", "value": "0"},
                {
                    "any": [
                        {"fact": "size", "is": "in", "value": ["small", "micro"]},
                        {"fact": "registered_on", "is": "younger", "value": 5},
                    ]
                },
            ]
        },
        "formula": "项目贷款额 × 1%",
        "cap_wan": Decimal(30),
        "recurrence": Recurrence.YEARLY,
        "years": 2,
        "mode": ApplyMode.INSTANT,
    },
    {
        "heading": "高新技术企业奖励",
        "text": "示例条款：高新技术企业按研发费用分段给予奖励：300 万元以内 3%，超过部分 5%，最高 40 万元。",
        "benefit": Benefit.REWARD,
        "amount_text": "示例：研发费用的 3% 至 5%，最高 40 万元",
        "condition": {"all": [{"fact": "qualifications", "is": "has", "value": ["high_tech"]}]},
        "formula": "分段(研发费用；至 300 万元：3%；其余：5%)，封顶 40 万元",
        "mode": ApplyMode.AUTO,
    },
    {
        "heading": "人才安家",
        "text": "示例条款：对引进的技术骨干每人给予 1 万元安家补助，最高 20 万元。",
        "benefit": Benefit.TALENT,
        "amount_text": "示例：每人 1 万元，最高 20 万元",
        "condition": {"all": [{"fact": "talent", "is": "gte", "value": "1"}]},
        "formula": "引进人才人数 × 1 万元",
        "cap_wan": Decimal(20),
        "mode": ApplyMode.APPLY,
    },
]
TIMES = {"review_within_days": 10, "objection_days": 5, "objection_to": "示例单位政策科（示例电话）"}
# What each clause asks for (place in CLAUSES), by its name in the hall's catalogue, with a note.
PAPERS = {
    0: [("营业执照", "示例：复印件 1 份"), ("立项文件（审批、核准或者备案）", "示例：复印件 1 份")],
    1: [("营业执照", "示例：复印件 1 份"), ("法定代表人（负责人）身份证明", "示例：原件核对")],
    3: [("营业执照", ""), ("申请人身份证明", "示例：每位技术骨干 1 份")],
}
# Clauses that lead to the sample item.
UNDER_ITEM = (0, 1)
# Which clauses each case has, so that a match does not give the same one twice.
HAS = {"有效": (0, 1, 2), "即将到期": (3,), "待核实": (2,)}
# clause (place in CLAUSES), name, what is typed, verdict, amount a year
TESTS = [
    (0, "刚到门槛", {"project_kind": "新建", "investment": "1000", "equipment": "600"}, Verdict.YES, 30),
    (0, "超过封顶", {"project_kind": "扩建", "investment": "5000", "equipment": "3000"}, Verdict.YES, 50),
    (0, "技改不算", {"project_kind": "技术改造", "investment": "5000"}, Verdict.NO, None),
    (2, "分段计算", {"qualifications": "高新技术企业", "rd_spending": "500"}, Verdict.YES, 19),
]
# name, days from today to expiry (None: none), state, confirmed, repealed
CASES = [
    ("有效", 700, Publication.PUBLISHED, True, False),
    ("即将到期", 40, Publication.PUBLISHED, True, False),
    ("失效", -30, Publication.PUBLISHED, True, False),
    ("废止", 300, Publication.PUBLISHED, True, True),
    ("待核实", 300, Publication.PUBLISHED, False, False),
    ("起草", None, Publication.DRAFT, False, False),
]


def make(ctx: SampleContext) -> None:
    """Six policies for each unit of scale, with clauses; three dated prices of one item."""
    policies = []
    for round_ in range(1, ctx.scale + 1):
        for number, (name, expires, state, confirmed, repealed) in enumerate(CASES, start=1):
            issued = ctx.today - timedelta(days=ctx.random.randint(400, 800))
            policies.append(
                IncentivePolicy(
                    title=f"示例政策（{name}{'' if round_ == 1 else f' {round_}'}）：支持企业扩大投资的若干措施",
                    slug=f"sample-{round_}-{number}",
                    document_number=f"示例〔2025〕{(round_ - 1) * len(CASES) + number}号",
                    issuing_body="示例单位",
                    level=Level.COUNTY,
                    theme=Theme.INVESTMENT,
                    objects_text="示例企业",
                    issued_on=issued,
                    in_force_from=issued + timedelta(days=30),
                    expires_on=ctx.today + timedelta(days=expires) if expires is not None else None,
                    legal_basis="示例法律依据",
                    fair_competition_reviewed_on=issued,
                    fair_competition_reviewed_by="示例审查单位",
                    summary=f"用来演示“{name}”状态的示例政策，不是真实文件。",
                    full_text="示例原文。" * 20,
                    repealed_on=ctx.today - timedelta(days=10) if repealed else None,
                    state=state,
                    published_at=None,
                    verified_on=issued if confirmed else None,
                    source_title="示例数据",
                    is_sample=True,
                )
            )
    made = IncentivePolicy.objects.bulk_create(policies)
    _make_clauses(made)
    PolicyQuestion.objects.bulk_create(
        PolicyQuestion(policy=policy, question="示例问题：怎样申报？", answer="示例答复：以正式通知为准。")
        for policy in made
    )
    FactorPrice.objects.bulk_create(
        FactorPrice(
            code=f"sample-water-{index}",
            factor=Factor.WATER,
            item="示例：工业用水水价",
            kind=PriceKind.ACTUAL,
            value=value,
            unit="元/吨",
            as_of_date=ctx.today.replace(month=1, day=1) - timedelta(days=365 * (3 - index)),
            source_title="示例数据",
            is_sample=True,
        )
        for index, value in enumerate((Decimal("4.6"), Decimal("4.4"), Decimal("4.2")), start=1)
    )
    elsewhere = _make_comparison(ctx)
    claims = make_claims(ctx, made)
    ctx.say(f"  示例兑现 {claims} 笔")
    ctx.say(f"  示例政策 {len(made)} 份，示例价格 {3 + elsewhere} 条")


# Prices of places that do not exist, to compare with; one of them is too old.
ELSEWHERE = [
    ("示例市甲", Factor.POWER, "示例：工业用电电价", "0.48", "元/度", 90),
    ("示例市甲", Factor.STEAM, "示例：工业蒸汽价格", "178", "元/吨", 90),
    ("示例市乙", Factor.POWER, "示例：工业用电电价", "0.39", "元/度", 120),
    ("示例市乙", Factor.STEAM, "示例：工业蒸汽价格", "190", "元/吨", 900),
]


def _make_comparison(ctx: SampleContext) -> int:
    return len(
        ComparisonPrice.objects.bulk_create(
            ComparisonPrice(
                place=place,
                factor=factor,
                item=item,
                value=Decimal(value),
                unit=unit,
                as_of_date=ctx.today - timedelta(days=age),
                note="示例价格，不是真实数据",
                source_title="示例数据",
                is_sample=True,
            )
            for place, factor, item, value, unit, age in ELSEWHERE
        )
    )


def _make_item() -> ServiceItem:
    """Where sample clauses lead: a published item with one paper, whose other elements the window tells."""
    item, made = ServiceItem.objects.get_or_create(
        code="SL-001",
        revises=None,
        defaults={
            "name": "示例：惠企资金申报",
            "item_type": ItemType.PUBLIC,
            "authority": "示例单位",
            "for_organisations": True,
            "state": PublicationState.PUBLISHED,
            "published_at": timezone.now(),
            "left_to_window": list(LEAVABLE),
            "source_title": "示例数据",
            "is_sample": True,
        },
    )
    if made:
        LegalBasis.objects.create(item=item, statute="示例法律依据")
        for material in Material.objects.filter(name="营业执照"):
            ItemMaterial.objects.create(item=item, material=material, copies=1, order=1)
    return item


def _add_papers(made: dict[int, PolicyClause], catalogue: dict[str, Material]) -> None:
    """What the catalogue has of `PAPERS`, for the clauses by their place."""
    ClauseMaterial.objects.bulk_create(
        ClauseMaterial(clause=clause, material=catalogue[name], order=order, note=note)
        for place, clause in made.items()
        for order, (name, note) in enumerate(PAPERS.get(place, []), start=1)
        if name in catalogue
    )


def _make_clauses(policies: list[IncentivePolicy]) -> None:
    item = _make_item()
    catalogue = Material.objects.in_bulk(field_name="name")
    group, _ = ExclusionGroup.objects.get_or_create(
        name=GROUP, defaults={"note": "示例：同一笔投资只支持一次", "is_sample": True}
    )
    for index, policy in enumerate(policies):
        name = CASES[index % len(CASES)][0]
        places = HAS.get(name, (0, 1, 3))
        clauses = PolicyClause.objects.bulk_create(
            PolicyClause(
                policy=policy,
                code=f"{policy.slug}-{order}",
                order=order,
                payer="示例单位",
                pay_within_days=30,
                **(TIMES if place != 3 else {}),  # one clause whose document states no more
                service_item=item if place in UNDER_ITEM else None,
                **CLAUSES[place],
            )
            for order, place in enumerate(places, start=1)
        )
        made = dict(zip(places, clauses, strict=True))
        _add_papers(made, catalogue)
        group.clauses.add(*(made[place] for place in (0, 1) if place in made))
        ClauseCase.objects.bulk_create(
            ClauseCase(
                clause=made[place], order=order, name=case, facts=facts, verdict=verdict, amount_wan=amount
            )
            for order, (place, case, facts, verdict, amount) in enumerate(TESTS, start=1)
            if place in made
        )


sample_makers.register("policies", SampleMaker(name="policies", order=65, make=make))
