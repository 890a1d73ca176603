"""Service items, their materials, bundles and figures of the hall as public datasets."""

from django.db.models import Q, QuerySet

from services.choices import PublicationState
from services.models import BundleMember, HallStatistic, ItemMaterial, ServiceItem
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

THEME = "办事"


def _materials() -> QuerySet:
    """The lines of published items, in the order of the items."""
    return (
        ItemMaterial.objects.filter(item__in=ServiceItem.objects.published())
        .select_related("item", "material")
        .order_by("item__code", "order", "pk")
    )


def _members() -> QuerySet:
    """The members of published bundles, without items that the public does not see."""
    shown = Q(item__isnull=True) | Q(item__in=ServiceItem.objects.published())
    return (
        BundleMember.objects.filter(shown, bundle__state=PublicationState.PUBLISHED)
        .select_related("bundle", "item")
        .prefetch_related("answers__question")
        .order_by("bundle__order", "bundle", "order", "pk")
    )


def _when(member: BundleMember) -> str:
    """The answers under which a member applies; "" when it always does."""
    return "；".join(f"{answer.question.text}{answer.label}" for answer in member.answers.all())


register(
    Dataset(
        key="service-items",
        title="政务服务事项",
        theme=THEME,
        summary="可以办的事项：实施主体、对象、时限、收费、办理形式和到现场次数。",
        scope="已发布的事项，每个事项取现行版本；编制中和停办的不在其中。",
        notes=[
            ("空值", "没有来源写明、也没有公布的空着，办事以窗口答复为准。"),
            ("时限", "承诺时限是县里自己的承诺；法定时限只列办理单位的时限。"),
        ],
        rows=lambda: ServiceItem.objects.published().select_related("department").prefetch_related("themes"),
        page="services:list",
        api="service-item-list",
        feed="services",
        columns=[
            Column("code", "公开编号"),
            Column("basic_code", "基本编码"),
            Column("implementation_code", "实施编码"),
            Column("name", "事项名称"),
            Column("aliases", "别名", value=through("alias_list")),
            Column("item_type", "事项类型", value=label("item_type")),
            Column("authority", "实施主体"),
            Column("department", "实施部门", value=through("department.name")),
            Column("audiences", "服务对象", "个人、法人。", value=through("audiences")),
            Column("themes", "主题", value=lambda row: [theme.name for theme in row.themes.all()]),
            Column("levels", "办理层级", value=through("levels")),
            Column("handling_kind", "办件类型", value=label("handling_kind")),
            Column("statutory", "法定时限", value=through("statutory_limit_text")),
            Column("statutory_text", "法定时限说明"),
            Column("statutory_basis", "法定时限依据"),
            Column("promised", "承诺时限", value=through("promised_limit_text")),
            Column("conditions", "受理条件"),
            Column("visits", "到现场次数", type=INTEGER, unit="次"),
            Column("channels", "办理形式", value=through("channels")),
            Column("reaches", "通办范围", value=through("reaches")),
            Column("charged", "是否收费", "空着的没有写明。", YES_NO),
            Column("fee", "收费标准"),
            Column("fee_basis", "收费依据"),
            Column("result", "办理结果"),
            Column("window", "办理窗口"),
            Column("phone", "咨询电话", "办公电话。"),
            Column("version_number", "清单版本", type=INTEGER),
            Column("published_on", "发布日期", type=DATE, value=moment("published_at")),
            Column("url", "页面", "本站内的路径。", value=address),
            *source_columns(),
            sample_column(),
        ],
    )
)
register(
    Dataset(
        key="item-materials",
        title="事项申请材料",
        theme=THEME,
        summary="每个事项要交的材料：必要性、份数、形式、来源渠道和可替代的电子证照。",
        scope="已发布事项现行版本的材料，一行是一个事项的一份材料。",
        notes=[("份数", "空着的，来源没有写明，以窗口答复为准。")],
        rows=_materials,
        page="services:list",
        api="material-list",
        feed="services",
        source="item__",
        columns=[
            Column("item_code", "事项编号", value=through("item.code")),
            Column("item", "事项名称", value=through("item.name")),
            Column("order", "排序", type=INTEGER),
            Column("name", "材料名称", "本事项中的叫法。"),
            Column("material", "目录名称", "材料目录中的统一名称。", value=through("material.name")),
            Column("necessity", "必要性", value=label("necessity")),
            Column("condition", "适用情形"),
            Column("originals", "原件份数", type=INTEGER, unit="份"),
            Column("copies", "复印件份数", type=INTEGER, unit="份"),
            Column("form", "形式", value=label("form")),
            Column("origin", "来源渠道", value=label("origin")),
            Column("acceptance", "受理标准"),
            Column("electronic_licence", "可替代的电子证照", "空着的须交材料。"),
            *source_columns("item"),
            sample_column("item.is_sample"),
        ],
    )
)
register(
    Dataset(
        key="bundles",
        title="一次办（一件事）",
        theme=THEME,
        summary="合在一起办的事：每件事包含哪些事项、谁牵头、什么情形下要办。",
        scope="已发布的一次办，一行是其中的一个事项。",
        notes=[("适用情形", "空着的每次都要办。"), ("承诺时限", "空着的没有公布。")],
        rows=_members,
        page="services:bundles",
        api="service-bundle-list",
        feed="bundles",
        source="bundle__",
        columns=[
            Column("bundle", "标识", value=through("bundle.slug")),
            Column("bundle_name", "一次办名称", value=through("bundle.name")),
            Column("summary", "一句话说明", value=through("bundle.summary")),
            Column("lead_authority", "牵头单位", value=through("bundle.lead_authority")),
            Column(
                "promised_days",
                "承诺时限",
                "整件事的。",
                INTEGER,
                "工作日",
                value=through("bundle.promised_days"),
            ),
            Column("item_code", "事项编号", "目录以外的事项空着。", value=through("item.code")),
            Column("name", "事项名称"),
            Column("handled_by", "办理单位", "只用于目录以外的事项。"),
            Column("condition", "适用情形", value=_when),
            Column("url", "页面", "本站内的路径。", value=lambda row: row.bundle.get_absolute_url()),
            *source_columns("bundle"),
            sample_column("bundle.is_sample"),
        ],
    )
)
register(
    Dataset(
        key="hall-statistics",
        title="大厅统计",
        theme=THEME,
        summary="公开来源公布的政务服务数字：指标、数值、单位和统计期。",
        scope="来源公布的统计数字，不是门户自己的办件统计。",
        notes=[("范围", "写明是本县的，还是市里、自治区的；不同范围、不同统计期的数不能相加。")],
        rows=lambda: HallStatistic.objects.all(),
        page="services:list",
        api="hall-statistic-list",
        columns=[
            Column("name", "指标"),
            Column("group", "类别"),
            Column("value", "数值", "单位见“单位”列。", DECIMAL),
            Column("unit", "单位"),
            Column("period", "统计期"),
            Column("scope", "范围", value=label("scope")),
            Column("note", "说明"),
            *source_columns(),
            sample_column(""),
        ],
    )
)
