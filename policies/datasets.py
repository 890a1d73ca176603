"""Policies, their clauses and factor prices as public datasets."""

from policies.choices import Status
from policies.fact_labels import labels
from policies.guides import papers_of
from policies.models import FactorPrice, IncentivePolicy, PolicyClause
from policies.rules import conditions
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.datasets import (
    DATE,
    DECIMAL,
    INTEGER,
    Column,
    Dataset,
    address,
    label,
    moment,
    register,
    sample_column,
    source_columns,
    through,
)

THEME = "政策"


def _successor(policy: IncentivePolicy) -> str:
    other = policy.replaced_by
    return other.title if other and other.is_published else ""


def _condition(clause: PolicyClause) -> str:
    """As a sentence; the vocabularies come from the cache."""
    return "" if clause.rule is None else conditions.say(clause.rule, labels())


register(
    Dataset(
        key="policies",
        title="惠企政策",
        theme=THEME,
        summary="给企业的政策：文号、发文机关、层级、主题、有效期和今天的效力状态。",
        scope="已公开的政策；草稿和撤下的不在其中。",
        notes=[
            ("效力状态", "按下载当天判断：有效、待核实、失效等。待核实的不能当作现行有效的承诺。"),
            ("原文", "全文和附件请看政策页面。"),
        ],
        rows=lambda: (
            IncentivePolicy.objects.published()
            .with_status(today())
            .select_related("industry", "department", "replaced_by")
        ),
        page="policies:list",
        api="policy-list",
        feed="policies",
        columns=[
            Column("slug", "标识", "政策页面的网址标识，不变。"),
            Column("title", "标题"),
            Column("nature", "性质", value=label("nature")),
            Column("document_number", "文号"),
            Column("issuing_body", "发文机关"),
            Column("level", "层级", value=label("level")),
            Column("theme", "主题", value=label("theme")),
            Column("industry", "产业", "不限产业的空着。", value=through("industry.name")),
            Column("objects_text", "适用对象"),
            Column("issued_on", "成文日期", type=DATE),
            Column("issued_text", "成文时间说明", "日期不确切时，按来源写。"),
            Column("in_force_from", "施行日期", type=DATE),
            Column("expires_on", "有效期至", type=DATE),
            Column("repealed_on", "废止日期", type=DATE),
            Column("status", "效力状态", "下载当天的判断。", value=lambda row: str(Status(row.status).label)),
            Column("replaced_by", "被取代", "取代它的政策的标题。", value=_successor),
            Column("summary", "一句话解读"),
            Column("legal_basis", "法律依据"),
            Column("fair_competition_reviewed_on", "公平竞争审查日期", type=DATE),
            Column("fair_competition_reviewed_by", "公平竞争审查机关"),
            Column("department", "咨询部门", value=through("department.name")),
            Column("published_on", "公开日期", type=DATE, value=moment("published_at")),
            Column("url", "页面", "本站内的路径。", value=address),
            *source_columns(),
            sample_column(),
        ],
    )
)
register(
    Dataset(
        key="policy-clauses",
        title="政策条款",
        theme=THEME,
        summary="每一条支持措施：条件、标准、计算公式、封顶、兑现方式、申报时间和材料。",
        scope="已公开政策的条款。",
        notes=[
            ("空值", "来源没有写明条件、公式、封顶或期限的，空着。"),
            ("效力", "条款随政策，政策的效力状态见“惠企政策”数据集，按政策标识对应。"),
        ],
        rows=lambda: (
            PolicyClause.objects.public()
            .select_related("policy")
            .with_papers()
            .order_by("policy__slug", "order", "pk")
        ),
        page="policies:list",
        api="policy-list",
        feed="policies",
        columns=[
            Column("code", "条款编号"),
            Column("policy_slug", "政策标识", value=through("policy.slug")),
            Column("policy", "政策", value=through("policy.title")),
            Column("order", "序号", type=INTEGER),
            Column("heading", "标题"),
            Column("text", "内容"),
            Column("benefit", "支持方式", value=label("benefit")),
            Column("amount_text", "金额或标准", "来源的写法。"),
            Column("condition", "条件", "把结构化的条件写成一句话。", value=_condition),
            Column("formula", "计算公式", "一年的金额；一次性兑付的为总额。"),
            Column("cap_wan", "封顶", "按年兑付的，为每年封顶。", DECIMAL, "万元"),
            Column("recurrence", "享受次数", "一次性或按年；来源没有写明的空着。", value=label("recurrence")),
            Column("years", "连续年数", type=INTEGER, unit="年"),
            Column("budget_wan", "资金盘子", "批准的总额不会超过它；没有定额的空着。", DECIMAL, "万元"),
            Column("mode", "兑现方式", value=label("mode")),
            Column("payer", "兑付单位"),
            Column("review_within_days", "审核时限", type=INTEGER, unit="工作日"),
            Column("pay_within_days", "兑付时限", type=INTEGER, unit="工作日"),
            Column("opens_on", "申报开始", type=DATE),
            Column("closes_on", "申报截止", type=DATE),
            Column(
                "materials",
                "申报材料",
                "材料目录里的名称，各份之间用顿号隔开；免申即享的不用交。",
                value=lambda row: "、".join(paper.name for paper in papers_of(row)),
            ),
            Column("service_item_code", "办事事项编码", "事项已发布的才有。", value=through("guide.code")),
            *source_columns(),
            sample_column("policy.is_sample"),
        ],
    )
)
register(
    Dataset(
        key="factor-prices",
        title="要素价格",
        theme="投资",
        summary="电、汽、水、物流等要素的价格、补差门槛和奖补标准，逐条注明日期。",
        scope="已对外公布的价格。",
        notes=[
            ("数值类别", "实际价格、政策价格、补差门槛、奖补标准、预期是不同的数，不连成一条线。"),
            ("含税口径", "空着的，来源没有写明。"),
            ("时效", "请看价格日期；日期较早的，请先核对最新价格。"),
        ],
        rows=lambda: FactorPrice.objects.published(),
        page="policies:costs",
        api="factor-price-list",
        columns=[
            Column("code", "编号"),
            Column("factor", "要素", value=label("factor")),
            Column("item", "项目"),
            Column("kind", "数值类别", value=label("kind")),
            Column("value", "数值", "单位见“单位”列。", DECIMAL),
            Column("value_text", "文字说明", "不是数值的条件。"),
            Column("unit", "单位"),
            Column("tax", "含税口径", value=label("tax")),
            Column("as_of_date", "价格日期", "只知道月份的，为当月 1 日。", DATE),
            Column("as_of_text", "时间说明"),
            Column("note", "说明"),
            *source_columns(),
            sample_column(),
        ],
    )
)
