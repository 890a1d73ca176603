"""What the county's public pages show: figures with year and source, industries, the path of a project.

Everything comes from the database; a block without content is not shown.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from finance.models import MatchmakingEvent
from policies.choices import Nature
from policies.choices import Status as PolicyStatus
from policies.models import FactorPrice, IncentivePolicy
from projects.choices import TargetCategory, TargetScope
from projects.models import ChainNode, Opportunity, Target
from services.models import HallStatistic, RatingInvitation, ServiceItem
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Sourced
from tuoxian_portal.core.money import plain, whole
from tuoxian_portal.core.navigation import menu
from tuoxian_portal.core.templatetags.portal import titled
from tuoxian_portal.directory.models import CountyFact, Enterprise, Industry, IndustryChain, Park

# The figures of the home page, by their key in the reference data. One that is not loaded is left out.
POWER_PRICE, STEAM_PRICE = "FC-01", "FC-03"
FERMENTATION_VOLUME = "TGT-058"
ONE_STOP_CASES = "HS-01"
LOAN_EVENT = "LN-01"

INDUSTRY_ICONS = {
    "clean-energy": "wind",
    "chemicals": "flask",
    "biomedicine": "pill",
    "new-materials": "layers",
    "circular-economy": "recycle",
    "logistics": "train",
    "social-services": "users",
}


@dataclass(frozen=True)
class Figure:
    """One figure as a page shows it; `note` says when and by whom it was stated."""

    value: str
    unit: str
    label: str
    note: str
    href: str = ""


def by_reference(model: type[Sourced], *keys: str) -> dict[str, Any]:
    """Rows of reference data by their key. One query."""
    return {str(row.reference_id): row for row in model._default_manager.filter(reference_id__in=keys)}


def cite(record: Any, when: str = "") -> str:
    """`2023 年 2 月 · 《…》`: when it was so, and what says it."""
    title = titled(record.source_title) if record.source_title else ""
    return " · ".join(part for part in (when or record.source_date, title) if part)


def links(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    """(label, address) for (label, name of the page)."""
    return [(label, reverse(name)) for label, name in pairs]


def price_figure(price: FactorPrice) -> Figure:
    return Figure(
        plain(price.value), price.unit, price.item, cite(price, price.as_of_text), reverse("policies:costs")
    )


def target_figure(target: Target) -> Figure:
    when = f"{target.year} 年" if target.year else target.period
    goal = "（目标）" if target.category == TargetCategory.TARGET else ""
    return Figure(plain(target.value), target.unit, f"{target.indicator}{goal}", cite(target, when))


def statistic_figure(row: HallStatistic) -> Figure:
    return Figure(plain(row.value), row.unit, row.name, cite(row, row.period))


def event_figure(event: MatchmakingEvent) -> Figure:
    return Figure(
        plain(Decimal(event.intention_wan or 0) / 10_000),
        "亿元",
        f"政银企对接会贷款意向（{event.enterprises} 家企业）",
        cite(event, f"{event.held_on:%Y-%m-%d}" if event.held_on else event.date_text),
        reverse("finance:list"),
    )


def industry_goals() -> list[Target]:
    """What each industry aims at in output, with the fermentation volume of the home page. One query."""
    return list(
        Target.objects.filter(
            Q(reference_id=FERMENTATION_VOLUME)
            | Q(
                scope=TargetScope.INDUSTRY,
                category=TargetCategory.TARGET,
                is_sample=False,
                unit="亿元",
                indicator__contains="产值",
                industry__isnull=False,
                year__isnull=False,
            )
        ).order_by("-year", "order", "pk")
    )


def home_figures(goals: list[Target]) -> list[Figure]:
    """Four dated facts; three queries."""
    price = by_reference(FactorPrice, POWER_PRICE).get(POWER_PRICE)
    volume = next((t for t in goals if t.reference_id == FERMENTATION_VOLUME), None)
    count = by_reference(HallStatistic, ONE_STOP_CASES).get(ONE_STOP_CASES)
    event = by_reference(MatchmakingEvent, LOAN_EVENT).get(LOAN_EVENT)
    return [
        *([price_figure(price)] if price and price.is_public else []),
        *([target_figure(volume)] if volume else []),
        *([statistic_figure(count)] if count else []),
        *([event_figure(event)] if event else []),
    ]


def industries(goals: list[Target]) -> list[dict[str, Any]]:
    """The leading industries: those with an output goal, each with its newest. One query."""
    newest: dict[int, Target] = {}
    for goal in goals:
        if goal.industry_id and goal.reference_id != FERMENTATION_VOLUME:
            newest.setdefault(goal.industry_id, goal)
    projects = reverse("projects:list")
    return [
        {
            "id": industry.pk,
            "slug": industry.slug,
            "name": industry.name,
            "icon": INDUSTRY_ICONS.get(industry.slug, "factory"),
            "goal": plain(newest[industry.pk].value),
            "unit": newest[industry.pk].unit,
            "year": newest[industry.pk].year,
            "record": newest[industry.pk],
            "url": f"{projects}?industry={industry.slug}",
        }
        for industry in Industry.objects.filter(pk__in=newest, is_active=True)
    ]


# --- home ---------------------------------------------------------------------------------------
def tasks() -> list[dict[str, str]]:
    """What people come for most. A task whose page would be empty is left out; no query."""
    shown = {entry["url"] for entry in menu()}
    wanted = [
        ("查办件进度", "凭办件编号和查询密码", "clock", "services:track", ""),
        ("找办事指南", "材料、时限、窗口一次看清", "document", "services:list", "services:list"),
        ("一件事一次办", "一张表单、一套材料", "layers", "services:bundles", "services:list"),
        ("查能享受的政策", "几个问题，算出能拿多少", "calculator", "policies:match", "policies:match"),
        ("算要素成本", "用电、用汽、物流", "bolt", "policies:costs", "policies:list"),
        ("找融资", "贷款产品与政银企对接", "coins", "finance:list", "finance:list"),
    ]
    return [
        {"title": title, "text": text, "icon": icon, "url": url}
        for title, text, icon, name, needs in wanted
        if (url := reverse(name)) and (not needs or reverse(needs) in shown)
    ]


def latest_policies(limit: int = 5) -> list[dict[str, Any]]:
    """The newest published policies with their status today. One query."""
    rows = IncentivePolicy.objects.published().with_status(today()).exclude(nature=Nature.CONSULTATION)
    return [
        {
            "title": policy.title,
            "url": policy.get_absolute_url(),
            "date": f"{policy.issued_on:%Y-%m-%d}" if policy.issued_on else policy.issued_text,
            "level": policy.get_level_display(),
            "badge": (PolicyStatus(policy.status).label, PolicyStatus(policy.status).tone),  # type: ignore[attr-defined]  # annotated by with_status
            "sample": policy.is_sample,
        }
        for policy in rows.order_by("is_sample", F("issued_on").desc(nulls_last=True), "pk")[:limit]
    ]


def opportunities(limit: int = 3) -> list[dict[str, Any]]:
    """What investors are invited to build; real ones first. One query."""
    rows = Opportunity.objects.published().select_related("industry").order_by("is_sample", "number")
    return [
        {
            "title": row.name,
            "url": row.get_absolute_url(),
            "summary": row.summary,
            "icon": INDUSTRY_ICONS.get(row.industry.slug, "factory") if row.industry else "factory",
            "meta": [row.industry.name] if row.industry else [],
            "sample": row.is_sample,
        }
        for row in rows[:limit]
    ]


def home() -> dict[str, Any]:
    """The home page; six queries besides the menu."""
    goals = industry_goals()
    policies, chances = latest_policies(), opportunities()
    return {
        "invest_links": links(
            ("项目机会", "projects:list"),
            ("惠企政策", "policies:list"),
            ("要素成本", "policies:costs"),
            ("落户全流程", "dashboard:steps"),
            ("咨询投资", "projects:enquiry"),
        ),
        "service_links": links(
            ("办事指南", "services:list"),
            ("一次办", "services:bundles"),
            ("查进度", "services:track"),
            ("怎么办事", "dashboard:help"),
        ),
        "tasks": tasks(),
        "figures": home_figures(goals),
        "industries": industries(goals),
        "opportunities": chances,
        "policies": policies,
        "path": [step["title"] for step in PATH],
        "has_sample": any(row["sample"] for row in [*policies, *chances]),
    }


# --- why here -----------------------------------------------------------------------------------
def finding(rows: list[dict[str, Any]]) -> str:
    """What the bars show, in one sentence; "" without goals."""
    if not rows:
        return ""
    first = max(rows, key=lambda row: row["record"].value)
    total = sum(row["record"].value for row in rows)
    return (
        f"{len(rows)} 个产业的产值目标合计 {plain(total)}\u00a0{whole(first['unit'])}，"
        f"{first['name']}最大，占 {plain(first['record'].value * 100 / total, 0)}%"
    )


def invest() -> dict[str, Any]:
    """“投资托县”: place, industries, chains, parks, enterprises, costs, evidence. Eight queries."""
    goals = industry_goals()
    facts = list(CountyFact.objects.all())
    by_topic: dict[str, list[CountyFact]] = {}
    for fact in facts:
        by_topic.setdefault(fact.topic, []).append(fact)
    rows = industries(goals)
    chains: dict[int | None, list[Any]] = {}
    published = ChainNode.objects.published().filter(chain=OuterRef("pk")).order_by()
    for chain in IndustryChain.objects.filter(is_active=True).annotate(has_map=Exists(published)):
        chains.setdefault(chain.industry_id, []).append(chain)
    companies: dict[int | None, list[Enterprise]] = {}
    for company in Enterprise.objects.filter(is_active=True, is_sample=False):
        companies.setdefault(company.industry_id, []).append(company)
    for row in rows:
        row["chains"] = chains.get(row["id"], [])
        row["enterprises"] = companies.get(row["id"], [])[:6]
    prices = by_reference(FactorPrice, POWER_PRICE, STEAM_PRICE)
    statistics = HallStatistic.objects.of_county()[:4]
    place = [f for f in facts if f.key in {"area", "yellow-river", "elevation", "towns"}]
    return {
        "place": place,
        "place_sources": list({f.source_title: f for f in place}.values()),
        "transport": by_topic.get(CountyFact.Topic.TRANSPORT, []),
        "claims": by_topic.get(CountyFact.Topic.INDUSTRY, []),
        "industries": rows,
        "goal_bars": [
            {
                "label": row["name"],
                "value": float(row["record"].value),
                "text": f"{row['goal']}\u00a0{row['unit']}",
                "href": row["url"],
            }
            for row in sorted(rows, key=lambda row: -row["record"].value)
        ],
        "finding": finding(rows),
        "goal_note": f"口径：{rows[0]['year']} 年各产业产值目标，亿元。" if rows else "",
        "goal_source": cite(rows[0]["record"]) if rows else "",
        "crumbs": [("投资托县", "")],
        "has_chain_map": any(chain.has_map for rows in chains.values() for chain in rows),
        "parks": list(Park.objects.filter(is_active=True)),
        "prices": [price_figure(prices[k]) for k in (POWER_PRICE, STEAM_PRICE) if k in prices],
        "evidence": [statistic_figure(row) for row in statistics],
        "path": [step["title"] for step in PATH],
    }


# --- the path of a project ----------------------------------------------------------------------
# The order is the county's own (备案 to 达产); the stages name the service items of each step.
PATH: list[dict[str, Any]] = [
    {
        "title": "洽谈签约",
        "text": "说出想法，看园区、看政策、看成本，谈妥后签约。",
        "pages": [
            ("咨询投资", "projects:enquiry"),
            ("项目机会", "projects:list"),
            ("惠企政策", "policies:list"),
        ],
    },
    {
        "title": "备案",
        "text": "在投资项目在线审批监管平台登记，取得项目代码。此后各项审批都用这一个代码。",
        "stages": ["land"],
        "only": ["企业投资项目"],
    },
    {
        "title": "用地",
        "text": "办理用地预审与选址、建设用地规划许可，落实项目用地。",
        "stages": ["land"],
        "without": ["企业投资项目", "政府投资项目", "节能"],
    },
    {
        "title": "能评与环评",
        "text": "节能审查、环境影响评价、取水和水土保持等，与其他事项并行办理。",
        "stages": ["parallel"],
        "also": ["节能"],
    },
    {
        "title": "施工许可",
        "text": "规划许可、施工图审查之后领取施工许可，人防、消防、质量安全监督一并办理。",
        "stages": ["design", "construction"],
    },
    {
        "title": "开工",
        "text": "接通水、电、气等公共设施，进场施工。需要跑腿的手续可以委托帮办。",
        "pages": [("帮您办", "services:help")],
        "stages": ["utilities"],
    },
    {
        "title": "纳统",
        "text": "按统计制度把项目纳入固定资产投资统计，此后按月报送进度。",
    },
    {
        "title": "竣工投产",
        "text": "规划、消防、人防等联合验收后投入生产。",
        "stages": ["completion"],
    },
    {
        "title": "达产",
        "text": "产能达到设计水平。此后可以继续申报惠企政策、对接融资。",
        "pages": [("惠企政策", "policies:list"), ("融资对接", "finance:list")],
    },
]


def _belongs(item: ServiceItem, step: dict[str, Any]) -> bool:
    """Whether `item` is a matter of `step`: by its stage, narrowed or widened by words of its name."""

    def has(key: str) -> bool:
        return any(word in item.name for word in step.get(key, []))

    staged = item.stage in step.get("stages", []) and not has("without")
    return has("also") or (staged and (has("only") or "only" not in step))


def path() -> list[dict[str, Any]]:
    """The steps with links to the published service items of each. One query."""
    items = list(
        ServiceItem.objects.published()
        .filter(Q(for_organisations=True), ~Q(stage=""))
        .order_by("code")
        .only("code", "name", "stage")
    )
    steps = []
    for step in PATH:
        found = links(*step.get("pages", []))
        found += [(item.name, item.get_absolute_url()) for item in items if _belongs(item, step)]
        steps.append({"title": step["title"], "text": step["text"], "links": found})
    return steps


# --- the map of the site ------------------------------------------------------------------------
def site_sections() -> list[dict[str, Any]]:
    """Every public page that has something on it, by section; from the menu, and two queries."""
    shown = {entry["url"] for entry in menu()}
    sections: list[tuple[str, *tuple[tuple[str, str], ...]]] = [
        ("投资", ("投资托县", "dashboard:invest"), ("项目机会", "projects:list"), ("惠企政策", "policies:list"),
         ("政策匹配", "policies:match"), ("要素成本", "policies:costs"), ("落户全流程", "dashboard:steps"),
         ("产业链图谱", "projects:chains"), ("咨询投资", "projects:enquiry")),
        ("办事", ("办事指南", "services:list"), ("一次办", "services:bundles"), ("帮您办", "services:help"),
         ("提出帮办需求", "services:assist"), ("查办件进度", "services:track"), ("大厅概况", "services:hall"),
         ("群众评价与答复", "services:ratings")),
        ("融资", ("贷款产品与对接活动", "finance:list")),
        ("本站", ("首页", "dashboard:home"), ("搜索", "search:results"), ("帮助", "dashboard:help"),
         ("长辈模式与显示设置", "core:display"), ("无障碍声明", "dashboard:accessibility"),
         ("意见建议", "feedback:new"), ("查意见答复", "feedback:answer"), ("订阅", "subscriptions:index"), ("数据开放", "opendata:index"), ("开放接口", "api-docs")),
    ]  # fmt: skip
    empty = {reverse(name) for name in MENU_PAGES} - shown
    if not ChainNode.objects.published().exists():
        empty.add(reverse("projects:chains"))
    if not RatingInvitation.objects.filter(rated_at__isnull=False).exists():
        empty.add(reverse("services:ratings"))
    return [
        {"title": title, "links": [pair for pair in links(*pages) if pair[1] not in empty]}
        for title, *pages in sections
    ]


MENU_PAGES = (
    "dashboard:invest",
    "projects:list",
    "policies:list",
    "policies:match",
    "services:list",
    "finance:list",
)
