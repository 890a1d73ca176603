"""Sample enterprises and banks (示例), for the activity that other apps' samples record."""

from datetime import timedelta
from decimal import Decimal

from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers
from tuoxian_portal.directory.models import (
    Bank,
    Enterprise,
    EnterpriseProfile,
    EnterpriseQualification,
    Industry,
    ProjectKind,
    Qualification,
    Size,
)

ENTERPRISES = 40
STEMS = "甲乙丙丁戊己庚辛壬癸"


def sample_name(kind: str, number: int) -> str:
    """`示例企业（甲）` … `示例企业（癸）`, then `示例企业（甲2）` …: nobody takes these for real names."""
    round_, place = divmod(number, len(STEMS))
    return f"示例{kind}（{STEMS[place]}{round_ + 1 if round_ else ''}）"


def make(context: SampleContext) -> None:
    """40 enterprises a scale step and three banks."""
    industries = list(Industry.objects.all())
    Enterprise.objects.bulk_create(
        Enterprise(
            name=sample_name("企业", number),
            industry=context.random.choice(industries) if industries else None,
            order=1000,
            is_sample=True,
        )
        for number in range(ENTERPRISES * context.scale)
    )
    _make_profiles(context)
    Bank.objects.bulk_create(
        Bank(name=sample_name("银行", number), order=1000 + number, is_sample=True) for number in range(3)
    )


def _make_profiles(context: SampleContext) -> None:
    """Facts of four in five sample enterprises, with holes, as a register has them."""
    pick, maybe = context.random.choice, context.random.random
    profiles, held = [], []
    for row in Enterprise.objects.filter(is_sample=True).order_by("pk"):
        if maybe() < 0.2:
            continue
        investment = pick([None, 300, 800, 1500, 6000, 20000])
        profiles.append(
            EnterpriseProfile(
                enterprise=row,
                industry_code=pick(["", "C", "C13", "C27", "C2710", "C32", "C42", "D44"]),
                registered_on=pick([None, context.today - timedelta(days=pick([200, 900, 2500, 5000]))]),
                size=pick(["", *Size.values]),
                headcount=pick([None, 12, 45, 160, 900]),
                talent=pick([None, 0, 2, 9]),
                revenue_wan=pick([None, 500, 3000, 25000]),
                rd_spending_wan=pick([None, 0, 120, 700]),
                project_kind=pick(["", *ProjectKind.values]),
                investment_wan=investment,
                equipment_wan=None if investment is None else investment // 2,
                loan_wan=pick([None, 0, 400, 2000]),
                power_use=pick([None, 200_000, 5_000_000]),
                power_price=pick([None, Decimal("0.37"), Decimal("0.42")]),
                qualifications_complete=maybe() < 0.7,
                source_title="示例数据",
                as_of=context.today,
                is_sample=True,
            )
        )
        kinds = [kind for kind in Qualification.values if maybe() < 0.15]
        held += [EnterpriseQualification(enterprise=row, kind=kind) for kind in kinds]
    EnterpriseProfile.objects.bulk_create(profiles)
    EnterpriseQualification.objects.bulk_create(held)


sample_makers.register("directory", SampleMaker(name="directory", order=10, make=make))
