"""What pages and slips say about an item: pure presentation, in the shapes of the components."""

from types import SimpleNamespace
from typing import Any

from services.choices import LimitKind, Necessity
from services.composition import MergedMaterial
from services.models import ItemMaterial, Material, ServiceBundle, ServiceItem
from tuoxian_portal.core.choices import Confidence
from tuoxian_portal.core.money import NBSP

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


def licence_text(material: Material) -> str:
    return f"可用{material.electronic_licence}，免交纸质材料" if material.electronic_licence else ""


def material_row(line: ItemMaterial) -> dict[str, str]:
    """One material of one item, for the `task_list` component."""
    hints = [
        line.condition if line.necessity == Necessity.CONDITIONAL else "",
        line.get_origin_display(),
        line.get_form_display(),
        counts_text(line.originals, line.copies),
        line.acceptance,
        licence_text(line.material),
    ]
    return {
        "title": line.name,
        "hint": " · ".join(hint for hint in hints if hint),
        "status": line.get_necessity_display(),
        "tone": Necessity(line.necessity).tone,
    }


def merged_row(entry: MergedMaterial) -> dict[str, str]:
    """One material of a bundle's merged list, for the `task_list` component."""
    hints = [
        "；".join(entry.conditions),
        counts_text(entry.originals, entry.copies),
        licence_text(entry.material),
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


def desk_of(item: ServiceItem) -> dict[str, str]:
    """Whom to ask, for the `contact` component."""
    return {
        "name": item.window or item.authority,
        "phone": item.phone or (item.department.phone if item.department else ""),
    }


def item_card(item: ServiceItem) -> dict[str, Any]:
    """An item in a list. The limit on it is the county's promise, or else the statute's."""
    limit = item.promised_limit_text or (
        f"法定{NBSP}{item.statutory_limit_text}" if item.statutory_limit_text else f"时限{AT_WINDOW}"
    )
    badges = [(item.get_item_type_display(), "info")]
    if item.handling_kind:
        badges.append((item.get_handling_kind_display(), "good"))
    return {
        "title": item.name,
        "url": item.get_absolute_url(),
        "summary": f"也叫：{'、'.join(item.alias_list)}" if item.alias_list else "",
        "meta": [item.authority, limit, f"材料{NBSP}{len(item.materials.all())}{NBSP}项"],
        "badges": badges,
        "sample": item.is_sample,
    }


def bundle_card(bundle: ServiceBundle) -> dict[str, Any]:
    return {
        "title": bundle.name,
        "url": bundle.get_absolute_url(),
        "summary": bundle.summary,
        "meta": [f"牵头：{bundle.lead_authority}", f"包含{NBSP}{len(bundle.members.all())}{NBSP}个事项"],
        "badges": [("一次办", "good")],
        "sample": bundle.is_sample,
    }
