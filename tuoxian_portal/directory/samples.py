"""Sample enterprises and banks (示例), for the activity that other apps' samples record."""

from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers
from tuoxian_portal.directory.models import Bank, Enterprise, Industry

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
    Bank.objects.bulk_create(
        Bank(name=sample_name("银行", number), order=1000 + number, is_sample=True) for number in range(3)
    )


sample_makers.register("directory", SampleMaker(name="directory", order=10, make=make))
