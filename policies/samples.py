"""Sample policies that show each status, and a price series that shows a trend. All marked 示例."""

from datetime import timedelta
from decimal import Decimal

from policies.choices import Benefit, Factor, Level, PriceKind, Publication, Theme
from policies.models import FactorPrice, IncentivePolicy, PolicyClause, PolicyQuestion
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers

CLAUSES = [
    (
        "设备投入补贴",
        "示例条款：对新建项目的设备投入，按比例给予一次性补贴。",
        Benefit.SUBSIDY,
        "示例：设备投入的 5%",
    ),
    ("贷款贴息", "示例条款：对项目建设贷款给予贴息。", Benefit.INTEREST, "示例：年利率 1 个百分点，两年"),
    ("人才安家", "示例条款：对引进的技术骨干给予安家补助。", Benefit.TALENT, "示例：每人 1 万元"),
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
    PolicyClause.objects.bulk_create(
        PolicyClause(
            policy=policy, order=order, heading=heading, text=text, benefit=benefit, amount_text=amount
        )
        for policy in made
        for order, (heading, text, benefit, amount) in enumerate(CLAUSES, start=1)
    )
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
    ctx.say(f"  示例政策 {len(made)} 份，示例价格 3 条")


sample_makers.register("policies", SampleMaker(name="policies", order=40, make=make))
