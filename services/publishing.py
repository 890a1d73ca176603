"""The publishing gate: what an applicant needs to know, and what is still missing.

An element is filled in, or the county says that the window answers for it (`left_to_window`).
Some can never be left open. Catch-all materials are refused: nobody can bring "其他材料".
"""

import re
from dataclasses import dataclass
from typing import Any

from services.choices import HandlingKind, Necessity
from services.composition import find_cycle
from services.models import ServiceBundle, ServiceItem
from services.models.form_fields import condition_problems

# Elements that may be left to the window, with the words the public reads.
LEAVABLE = {
    "handling_kind": "办件类型",
    "limit": "法定时限",
    "promised": "承诺时限",
    "conditions": "受理条件",
    "visits": "到现场次数",
    "channels": "办理形式",
    "levels": "可办层级",
    "fee": "收费",
    "result": "办理结果",
    "steps": "办理流程",
    "window": "办理窗口",
    "phone": "咨询电话",
}

# A name made of nothing but these words and a general noun says nothing.
FILLER = (
    "法律|行政法规|法规|规章|国家|政府|相关部门|有关部门|部门|机关|窗口|规定|要求|认为|需要|提供|提交|"
    "应当|必要|必须|其他|其它|有关|相关|前置|补充|各类|各种|一切|所有|上述|申请|办理|依法|等|的|所|须|应|需|及|和|与|以及|、|，"
)
CATCH_ALL = re.compile(rf"^(?:{FILLER})*(?:材料|资料|文件|证件|证明|手续|证明材料|证明文件|要件)$")
OTHERS = re.compile(
    r"(?:其他|其它)(?:\S{0,6})(?:材料|资料|文件|证件|证明|要件)|等(?:有关|相关)?(?:材料|资料|文件)$"
)


@dataclass(frozen=True)
class Gap:
    """One reason why a record cannot be published: the element and what to do about it."""

    element: str
    text: str


def is_catch_all(name: str) -> bool:
    """Whether a material's name is a catch-all, such as 其他材料 or 法律法规规定的有关文件."""
    bare = re.sub(r"[\s（(].*$", "", name.strip())
    return bool(CATCH_ALL.match(bare) or OTHERS.search(name))


def unknown_elements(item: ServiceItem, *, has_steps: bool) -> list[str]:
    """The elements that may be left to the window and are empty, in order of `LEAVABLE`. No queries."""
    known = {
        "handling_kind": item.handling_kind,
        "limit": item.statutory_days is not None or item.statutory_text,
        "promised": item.promised_days is not None or item.handling_kind == HandlingKind.INSTANT,
        "conditions": item.conditions,
        "visits": item.visits is not None,
        "channels": item.channels,
        "levels": item.levels,
        "fee": item.charged is not None,
        "result": item.result,
        "steps": has_steps,
        "window": item.window,
        "phone": item.phone,
    }
    return [key for key in LEAVABLE if not known[key]]


def item_gaps(item: ServiceItem) -> list[Gap]:
    """Why `item` cannot be published; [] when it can. Four queries."""
    gaps = []
    if not item.authority:
        gaps.append(Gap("authority", "没有实施主体。"))
    if not item.audiences:
        gaps.append(Gap("audience", "没有选择服务对象（个人或者法人）。"))
    if not item.bases.exists():
        gaps.append(Gap("bases", "没有办理依据。"))
    rows = list(item.materials.select_related("material"))
    if not rows:
        gaps.append(Gap("materials", "没有申请材料。"))
    for row in rows:
        if any(is_catch_all(name) for name in {row.name, row.material.name}):
            gaps.append(Gap("materials", f"材料“{row.name}”是兜底条款，请写明具体材料。"))
        if row.necessity == Necessity.CONDITIONAL and not row.condition:
            gaps.append(Gap("materials", f"材料“{row.name}”为特定情形材料，请写明适用情形。"))
    gaps += [Gap("form_fields", problem) for problem in condition_problems(list(item.form_fields.all()))]
    if item.charged and not item.fee:
        gaps.append(Gap("fee", "收费事项没有写明收费标准。"))
    for key in unknown_elements(item, has_steps=item.steps.exists()):
        if key not in item.left_to_window:
            gaps.append(Gap(key, f"没有填写{LEAVABLE[key]}，也没有列入“以窗口答复为准”。"))
    return gaps


def bundle_gaps(bundle: ServiceBundle) -> list[Gap]:
    """Why `bundle` cannot be published; [] when it can. Constant queries."""
    gaps = []
    members = list(bundle.members.select_related("item").prefetch_related("prerequisites"))
    if len(members) < 2:
        gaps.append(Gap("members", "一次办至少要有两个成员事项。"))
    if not bundle.audiences:
        gaps.append(Gap("audience", "没有选择服务对象（个人或者法人）。"))
    if not bundle.lead_authority:
        gaps.append(Gap("lead_authority", "没有牵头单位。"))
    for member in members:
        if member.item and not member.item.is_public:
            gaps.append(Gap("members", f"成员事项“{member.name}”还没有发布。"))
        for required in member.prerequisites.all():
            if required.bundle_id != bundle.pk:
                gaps.append(Gap("members", f"“{member.name}”的先办事项不在本一次办之内。"))
    if cycle := find_cycle(members):
        gaps.append(Gap("members", "先办关系成了环：" + " → ".join(m.name for m in cycle) + "。"))
    for question in bundle.questions.prefetch_related("answers"):
        if len(question.answers.all()) < 2:
            gaps.append(Gap("questions", f"问题“{question.text}”至少要有两个选项。"))
    return gaps


def gaps_of(record: Any) -> list[Gap]:
    """`item_gaps` or `bundle_gaps`."""
    return item_gaps(record) if isinstance(record, ServiceItem) else bundle_gaps(record)
