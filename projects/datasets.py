"""Key projects, opportunities, links of industry chains and targets as public datasets."""

from typing import Any

from projects.choices import Status
from projects.models import ChainNode, KeyProject, Opportunity, Target
from tuoxian_portal.core.datasets import (
    DATE,
    DECIMAL,
    INTEGER,
    YES_NO,
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

THEME = "投资"
WAN = "万元"


def _published_project(name: str) -> Any:
    """A field of a link's project, while that is published itself."""

    def value(node: ChainNode) -> str:
        return getattr(node.project, name) if node.project and node.project.is_published else ""

    return value


register(
    Dataset(
        key="key-projects",
        title="重点项目",
        theme=THEME,
        summary="县里公布的重点项目：产业、企业、地点、阶段、总投资和关键日期。",
        scope="已对外公布的项目；没有公布的、撤下的不在其中。不含月度进展、到位资金、问题和责任人。",
        notes=[
            ("空值", "来源没有写明的空着，不推测。"),
            ("总投资", "来源说法不一时空着，说法见“投资说明”。"),
            ("合计", "一条记录不都是一个项目，合计前请看“记录性质”，并去掉示例和已终止的。"),
        ],
        rows=lambda: KeyProject.objects.published().select_related(
            "industry", "enterprise", "park", "town", "department", "chain"
        ),
        page="projects:list",
        api="key-project-list",
        feed="projects",
        columns=[
            Column("number", "项目编号", "门户的公开编号，不变。"),
            Column("name", "项目名称"),
            Column("nature", "记录性质", "单个项目、项目组、工程等。", value=label("nature")),
            Column("enterprise", "企业", "来源写的企业名称。", value=through("owner_name")),
            Column("industry", "产业", value=through("industry.name")),
            Column("chain", "产业链", value=through("chain.name")),
            Column("is_chain_leader", "链主项目", type=YES_NO),
            Column("park", "园区", value=through("park.name")),
            Column("town", "乡镇", value=through("town.name")),
            Column("location", "建设地点"),
            Column("project_type", "项目类型", value=label("project_type")),
            Column(
                "stage",
                "阶段",
                "储备、签约、开工、在建、投产、达产；来源没有写明的空着。",
                value=label("stage"),
            ),
            Column("stage_note", "阶段说明", "来源对进展的说法。"),
            Column("stage_as_of", "阶段截至"),
            Column("terminated", "已终止", type=YES_NO, value=lambda row: row.status == Status.TERMINATED),
            Column("total_investment_wan", "总投资", type=DECIMAL, unit=WAN),
            Column("investment_note", "投资说明"),
            Column("capacity", "建设规模与产能"),
            Column("land_mu", "用地", type=DECIMAL, unit="亩"),
            Column("department", "责任单位", value=through("department.name")),
            Column("signed_on", "签约日期", type=DATE),
            Column("planned_start", "计划开工", type=DATE),
            Column("actual_start", "实际开工", type=DATE),
            Column("planned_production", "计划投产", type=DATE),
            Column("actual_production", "实际投产", type=DATE),
            Column("at_capacity_on", "达产日期", type=DATE),
            Column("published_on", "公布日期", type=DATE, value=moment("published_at")),
            Column("url", "页面", "本站内的路径。", value=address),
            *source_columns(),
            sample_column(),
        ],
    )
)
register(
    Dataset(
        key="opportunities",
        title="招商项目",
        theme=THEME,
        summary="县里正在招引的方向：产业、选址、条件、合作方式和估算总投资。",
        scope="已对外公布的招商项目。",
        notes=[("空值", "选址、条件和合作方式尚未公布的空着。")],
        rows=lambda: Opportunity.objects.published().select_related(
            "industry", "chain", "park", "department"
        ),
        page="projects:opportunities",
        api="opportunity-list",
        feed="opportunities",
        columns=[
            Column("number", "编号", "门户的公开编号，不变。"),
            Column("name", "名称"),
            Column("industry", "产业", value=through("industry.name")),
            Column("chain", "产业链", value=through("chain.name")),
            Column("park", "园区", value=through("park.name")),
            Column("site", "选址"),
            Column("summary", "简介"),
            Column("conditions", "建设条件"),
            Column("cooperation", "合作方式"),
            Column("scale", "建设规模"),
            Column("total_investment_wan", "估算总投资", type=DECIMAL, unit=WAN),
            Column("department", "对接单位", value=through("department.name")),
            Column("published_on", "公布日期", type=DATE, value=moment("published_at")),
            Column("url", "页面", "本站内的路径。", value=address),
            *source_columns(),
            sample_column(),
        ],
    )
)
register(
    Dataset(
        key="chain-nodes",
        title="产业链环节",
        theme=THEME,
        summary="各条产业链从上游到下游的环节，县内已有、有项目还是缺。",
        scope="已对外公布的环节。",
        notes=[("县内情况", "来源没有写明的为“来源未载明”，不等于缺环。")],
        rows=lambda: (
            ChainNode.objects.published()
            .select_related("chain__industry", "enterprise", "project")
            .order_by("chain__order", "chain", "position", "pk")
        ),
        page="projects:chains",
        api="chain-node-list",
        columns=[
            Column("chain", "产业链", value=through("chain.name")),
            Column("industry", "产业", value=through("chain.industry.name")),
            Column("position", "次序", "从上游到下游。", INTEGER),
            Column("name", "环节"),
            Column("standing", "县内情况", value=label("standing")),
            Column("enterprise", "企业", value=through("owner_name")),
            Column(
                "project_number", "重点项目编号", "项目已公布时才有。", value=_published_project("number")
            ),
            Column("project", "重点项目", value=_published_project("name")),
            Column("note", "说明"),
            *source_columns(),
            sample_column(),
        ],
    )
)
register(
    Dataset(
        key="targets",
        title="目标与公布结果",
        theme=THEME,
        summary="县里公布的目标、结果和布局：指标、年度、数值和单位。",
        scope="来源公布的目标和结果。门户计算的完成情况不在其中。",
        notes=[("类别", "目标、已公布的结果、布局内容、由来源推算得出的，是不同的数，不能相加。")],
        rows=lambda: Target.objects.select_related("industry", "park"),
        page="dashboard:invest",
        api="target-list",
        columns=[
            Column("indicator", "指标"),
            Column("category", "类别", value=label("category")),
            Column("year", "年度", type=INTEGER),
            Column("period", "时间说明", "不是整年时，照来源写。"),
            Column("scope", "范围", value=label("scope")),
            Column("industry", "产业", value=through("industry.name")),
            Column("park", "园区", value=through("park.name")),
            Column("comparison", "要求", value=label("comparison")),
            Column("value", "数值", "单位见“单位”列。", DECIMAL),
            Column("unit", "单位"),
            Column("words", "布局内容"),
            Column("note", "说明"),
            *source_columns(),
            sample_column(),
        ],
    )
)
