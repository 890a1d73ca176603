"""Banks' products and matchmaking events as public datasets."""

from finance.models import LoanProduct, MatchmakingEvent
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

THEME = "融资"
WAN = "万元"

register(
    Dataset(
        key="loan-products",
        title="贷款产品",
        theme=THEME,
        summary="金融机构的贷款产品：适用对象、额度、利率、期限、担保和条件。",
        scope="已发布、没有过期的产品。",
        notes=[("额度和利率", "照金融机构原文，以银行答复为准。")],
        rows=lambda: LoanProduct.objects.published().select_related("bank"),
        page="finance:list",
        api="finance-product-list",
        feed="finance-products",
        columns=[
            Column("slug", "标识"),
            Column("bank", "金融机构", value=through("bank.name")),
            Column("name", "产品名称"),
            Column("audience", "适用对象"),
            Column("amount_text", "额度", "银行原文。"),
            Column("rate_text", "利率", "银行原文。"),
            Column("term_text", "期限", "银行原文。"),
            Column("security_text", "担保方式"),
            Column("conditions", "申请条件"),
            Column("materials", "所需材料"),
            Column("how_to_apply", "如何申请"),
            Column("valid_until", "有效期至", type=DATE),
            Column("published_on", "发布日期", type=DATE, value=moment("published_at")),
            Column("url", "页面", "本站内的路径。", value=address),
            *source_columns(),
            sample_column(),
        ],
    )
)
register(
    Dataset(
        key="finance-events",
        title="政银企对接活动",
        theme=THEME,
        summary="对接活动的时间、地点、参加家数、意向金额和授信金额。",
        scope="来源公布的活动和累计情况，照来源的合计数，不分解到企业。",
        notes=[("类别", "单次活动和累计情况不能相加。"), ("层级", "写明是本县的，还是市里、自治区的。")],
        rows=lambda: MatchmakingEvent.objects.all(),
        page="finance:list",
        api="finance-event-list",
        feed="finance-events",
        columns=[
            Column("slug", "标识"),
            Column("name", "名称"),
            Column("kind", "类别", value=label("kind")),
            Column("level", "层级", value=label("level")),
            Column("held_on", "日期", type=DATE),
            Column("date_text", "日期（原文）", "来源没有写明到日时。"),
            Column("place", "地点"),
            Column("enterprises", "企业数", type=INTEGER, unit="家"),
            Column("banks", "金融机构数", type=INTEGER, unit="家"),
            Column("projects", "项目数", type=INTEGER, unit="个"),
            Column("intention_wan", "意向金额", type=DECIMAL, unit=WAN),
            Column("credit_wan", "授信金额", type=DECIMAL, unit=WAN),
            Column("summary", "说明"),
            *source_columns(),
            sample_column(),
        ],
    )
)
