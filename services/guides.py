"""What pages and slips say about an item: pure presentation, in the shapes of the components."""

from types import SimpleNamespace
from typing import Any

from services.choices import HandlingKind, ItemType, LimitKind, MaterialForm, MaterialOrigin, Necessity
from services.composition import MergedMaterial
from services.models import ItemMaterial, ServiceItem
from tuoxian_portal.core.choices import Confidence
from tuoxian_portal.core.money import NBSP
from tuoxian_portal.directory.models import Outlet

AT_WINDOW = "以窗口答复为准"


def source_of(part: dict[str, str]) -> SimpleNamespace:
    """A part of `ServiceItem.part_sources` as the `source` component reads it."""
    confidence = part.get("confidence", "")
    return SimpleNamespace(
        source_title=part.get("title", ""),
        source_publisher=part.get("publisher", ""),
        source_date=part.get("date", ""),
        confidence=confidence,
        get_confidence_display=dict(Confidence.choices).get(confidence, ""),
    )


def counts_text(originals: int | None, copies: int | None) -> str:
    """`原件 1 份、复印件 2 份`; "" when no source states a number (the page says so once)."""
    parts = []
    if originals:
        parts.append(f"原件{NBSP}{originals}{NBSP}份")
    if copies:
        parts.append(f"复印件{NBSP}{copies}{NBSP}份")
    return "、".join(parts)


def licence_text(licence: str) -> str:
    return f"可用{licence}，免交纸质材料" if licence else ""


def material_row(line: ItemMaterial) -> dict[str, Any]:
    """One material of one item, for the `task_list` component; with its forms, when there are any."""
    files = (("空白表格", line.blank_url), ("样表", line.sample_url))
    hints = [
        line.condition if line.necessity == Necessity.CONDITIONAL else "",
        str(MaterialOrigin(line.origin).label) if line.origin else "",
        str(MaterialForm(line.form).label) if line.form else "",
        counts_text(line.originals, line.copies),
        f"受理标准：{line.acceptance}" if line.acceptance else "",
        licence_text(line.electronic_licence),
    ]
    return {
        "title": line.name,
        "hint": " · ".join(hint for hint in hints if hint),
        "status": str(Necessity(line.necessity).label),
        "tone": Necessity(line.necessity).tone,
        "links": [(f"{label}：{line.name}", label, url) for label, url in files if url],
    }


def merged_row(entry: MergedMaterial) -> dict[str, str]:
    """One material of a bundle's merged list, for the `task_list` component."""
    hints = [
        "；".join(entry.conditions),
        counts_text(entry.originals, entry.copies),
        licence_text(entry.electronic_licence),
        f"{len(entry.lines)}{NBSP}个事项共用这一份" if len(entry.lines) > 1 else "",
    ]
    return {
        "title": entry.name,
        "hint": " · ".join(hint for hint in hints if hint),
        "status": str(entry.necessity.label),
        "tone": entry.necessity.tone,
    }


def visits_text(item: ServiceItem) -> str:
    if item.visits is None:
        return ""
    return f"{item.visits}{NBSP}次" if item.visits else "不用到现场"


def fee_text(item: ServiceItem) -> str:
    if item.charged is None:
        return ""
    return item.fee or ("收费" if item.charged else "不收费")


def key_facts(item: ServiceItem) -> list[tuple[str, str, str]]:
    """(label, value, note) of what an applicant asks first. An element that the county leaves to the
    window says so; the promise is the county's own or not there at all."""

    def value(key: str, text: str) -> str:
        return text or (AT_WINDOW if key in item.left_to_window else "")

    limit = item.statutory_limit_text
    facts = [
        ("到现场次数", value("visits", visits_text(item)), item.visits_reason),
        ("承诺时限", item.promised_limit_text, ""),
    ]
    if item.statutory_kind in ("", LimitKind.OFFICE):
        note = item.statutory_text if limit else ""
        facts.append(("法定时限", limit or value("limit", item.statutory_text), note))
    else:
        facts.append((str(LimitKind(item.statutory_kind).label), item.statutory_text, ""))
    return [
        *facts,
        ("收费", value("fee", fee_text(item)), item.fee_basis),
        ("申请材料", f"{len(item.materials.all())}{NBSP}项", ""),
        ("办件类型", value("handling_kind", item.get_handling_kind_display()), ""),
        ("办理形式", value("channels", "、".join(item.channels)), "、".join(item.reaches)),
        (
            "办理结果",
            value("result", item.result),
            item.result_validity and f"有效期{NBSP}{item.result_validity}",
        ),
    ]


def details_of(item: ServiceItem) -> list[tuple[Any, ...]]:
    """The rest of the elements of the list, for the `summary_list` component: what is known (see
    `left_open`). No queries on an item read through `for_guide()`."""
    outlets = list(item.outlets.all())
    rows: list[tuple[Any, ...]] = [
        ("事项类型", item.type_text),
        ("服务对象", "、".join(item.audiences)),
        ("实施主体", item.authority),
        ("联办机构", item.joint_bodies),
        ("主题", "、".join(theme.name for theme in item.themes.all())),
        ("项目阶段", item.get_stage_display()),
        ("全帮办", "全帮办事项，可以委托帮办员全程办理" if item.full_assistance else ""),
        ("可办层级", "、".join(item.levels)),
        ("办理网点", "\n".join(outlet_text(outlet) for outlet in outlets)),
        ("办理窗口", item.window),
        ("咨询电话", item.phone),
        ("监督投诉电话", item.complaint_phone),
        ("通办范围", "、".join(item.reaches)),
        ("中介服务", item.intermediary),
        ("数量限制", item.quota),
        ("基本编码", item.basic_code),
        ("实施编码", item.implementation_code),
    ]
    if url := item.result_sample_url:
        rows.append(("结果样本", item.result or "办理结果", ("查看样本", url)))
    return [row for row in rows if row[1]]


def left_open(item: ServiceItem) -> str:
    """What an applicant may well ask for and no source states, in one sentence; "" when all is known."""
    asked = (("可办层级", item.levels), ("办理窗口", item.window), ("咨询电话", item.phone))
    unknown = "、".join(label for label, known in asked if not known)
    return f"{unknown}：{AT_WINDOW}。" if unknown else ""


def outlet_text(outlet: Outlet) -> str:
    """`新营子镇便民服务中心（地址，办公时间）`."""
    known = "，".join(part for part in (outlet.address, outlet.opening_hours) if part)
    return f"{outlet.name}（{known}）" if known else outlet.name


def desk_of(item: ServiceItem) -> dict[str, str]:
    """Whom to ask, for the `contact` component; with the address where there is one outlet only."""
    outlets = list(item.outlets.all())
    place = outlets[0] if len(outlets) == 1 else None
    return {
        "name": item.window or (place.name if place else item.authority),
        "phone": item.phone
        or (place.phone if place else "")
        or (item.department.phone if item.department else ""),
        "address": place.address if place else "",
        "opening_hours": place.opening_hours if place else "",
    }


def item_card(item: Any) -> dict[str, Any]:
    """An item, read through `with_material_total()`, in a list. The limit on it is the county's promise,
    or else the statute's."""
    limit = item.promised_limit_text or (
        f"法定{NBSP}{item.statutory_limit_text}" if item.statutory_limit_text else f"时限{AT_WINDOW}"
    )
    # Django's own `get_…_display` hashes the whole list of choices each time.
    badges = [(str(ItemType(item.item_type).label), "info")]
    if item.handling_kind:
        badges.append((str(HandlingKind(item.handling_kind).label), "good"))
    return {
        "title": item.name,
        "url": item.get_absolute_url(),
        "summary": f"也叫：{'、'.join(item.alias_list)}" if item.alias_list else "",
        "meta": [item.authority, limit, f"材料{NBSP}{item.material_total}{NBSP}项"],
        "badges": badges,
        "sample": item.is_sample,
    }


def bundle_card(bundle: Any, saved: str = "") -> dict[str, Any]:
    """A bundle, read through `with_member_total()`, in a list. `saved`: what it spares an applicant, in
    words."""
    included = f"包含{NBSP}{bundle.member_total}{NBSP}个事项"
    return {
        "title": bundle.name,
        "url": bundle.get_absolute_url(),
        "summary": bundle.summary,
        "meta": [f"牵头：{bundle.lead_authority}", included, *([saved] if saved else [])],
        "badges": [("一次办", "good")],
        "sample": bundle.is_sample,
    }
