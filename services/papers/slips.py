"""Papers that anybody may take along: the empty form, and what a bundle asks for and saves.

They follow from the catalogue alone, so that the same content is rendered once and then kept.
"""

import hashlib
import json
from typing import Any

from django.core.cache import cache

from services.choices_forms import FieldKind
from services.composition import Composition, saving_table
from services.form_filling import FORM_NOTE, FormGroup
from services.guides import counts_text
from services.guides_bundles import field_row, plan_sentence
from services.planning import handler_of

KEPT_SECONDS = 24 * 60 * 60
BOX = "□"
DAY_BLANK = "______ 年 ____ 月 ____ 日"
# Lines of room for handwriting.
ROOM = {FieldKind.MULTILINE: 4, FieldKind.ADDRESS: 2}


def blank_form(title: str, items: list[str], form: list[FormGroup]) -> bytes:
    """An empty form, part by part, with room to write. About half a second the first time."""
    return _kept(
        "form",
        {
            "title": title,
            "items": items,
            "groups": [
                [group.label, [[*_asked(question), _room(question.field)] for question in group.questions]]
                for group in form
            ],
        },
    )


def _asked(question: Any) -> list[str]:
    row = field_row(question)
    mark = {"必填": "*", "特定情形必填": "（*）"}.get(row["status"], "")
    return [f"{row['title']}{mark}", "；".join(question.conditions) or question.field.hint]


def _room(field: Any) -> str:
    if field.option_list:
        return "   ".join(f"{BOX} {option}" for option in field.option_list)
    if field.kind == FieldKind.DATE:
        return DAY_BLANK
    return f"{'_' * 14} {field.unit}" if field.unit else "\n" * (ROOM.get(field.kind, 1) - 1)


def bundle_slip(composition: Composition, answers: list[tuple[str, str]], link: str) -> bytes:
    """材料单 with boxes to tick, the order of handling and 减负单. `link` leads back to the page."""
    bundle, saving = composition.bundle, composition.saving
    return _kept(
        "slip",
        {
            "title": f"{bundle.name}材料单",
            "link": link,
            "facts": [
                ["牵头单位", bundle.lead_authority or "以窗口答复为准"],
                *[[f"情形{n}", f"{text}{label}"] for n, (text, label) in enumerate(answers, 1)],
            ],
            "members": [
                [member.name, handler_of(member), step.limit.text]
                for step in composition.plan.steps
                for member in [step.member]
            ],
            "plan": plan_sentence(composition.plan),
            "undecided": [member.name for member in composition.undecided],
            "materials": [
                [
                    entry.name,
                    "；".join(
                        part
                        for part in (
                            str(entry.necessity.label),
                            *entry.conditions,
                            counts_text(entry.originals, entry.copies),
                        )
                        if part
                    ),
                    str(len(entry.lines)),
                ]
                for entry in composition.materials
            ],
            "spared": [
                *[f"{entry.name}（由“{issuer.name}”产生）" for entry, issuer in composition.shared],
                *[f"{entry.name}（已有电子证照）" for entry in composition.held],
            ],
            "saving": saving_table(saving) if saving.forms_before > 1 else [],
            "notes": saving.notes,
        },
    )


def _kept(kind: str, content: dict[str, Any]) -> bytes:
    """The paper for `content`, from the cache when the same one was made before: there are few answers
    to a bundle's questions, so that no address can make the server set type again and again."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    key = f"paper.{kind}.{hashlib.sha256(text.encode()).hexdigest()}"
    if (kept := cache.get(key)) is None:
        kept = {"form": _render_form, "slip": _render_slip}[kind](content)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _paper(title: str, footer: str) -> Any:
    from tuoxian_portal.core.pdf import Pdf, mm  # heavy: only processes that print load it

    paper = Pdf(title, base=12, leading=20, margins=(20 * mm, 20 * mm, 24 * mm, 20 * mm), footer=footer)
    paper.heading(title, level=0)
    return paper


def _render_form(content: dict[str, Any]) -> bytes:
    paper = _paper(content["title"], FORM_NOTE)
    if len(content["items"]) > 1:
        paper.text(f"本表用于：{'、'.join(content['items'])}。相同的内容只填一次。", indent=2)
    elif not content["items"]:
        paper.text("还没有确定要办哪些事项。请先在网页上回答问题，再打印表单。", indent=2)
    paper.text(f"带 * 的必填，带（*）的在所注情形下必填。{FORM_NOTE}", indent=2)
    for label, rows in content["groups"]:
        paper.heading(label, level=2)
        paper.table(
            ["项目", "填写", "说明"],
            [[name, room, note] for name, note, room in rows],
            widths=[4, 8, 3.4],
            size=10.5,
        )
    paper.gap(12)
    paper.text("本人（单位）对所填内容的真实性负责。", indent=2)
    paper.signature("申请人（签字或者盖章）", DAY_BLANK, note="", beside=["经办人："])
    return paper.render()


def _render_slip(content: dict[str, Any]) -> bytes:
    paper = _paper(content["title"], "没有写明份数的材料，以窗口一次性告知为准。")
    paper.facts(content["facts"], qr=content["link"], qr_caption="扫码回到网页")
    if content["undecided"]:
        paper.text(f"下列事项要看没有回答的问题，没有算在内：{'、'.join(content['undecided'])}。", indent=2)
    paper.heading("要带的材料", level=1)
    if content["materials"]:
        paper.table(
            ["", "材料", "要求", "共用事项"],
            [[BOX, *row] for row in content["materials"]],
            widths=[0.8, 6, 6, 1.8],
            align=["center", "left", "left", "center"],
            size=10.5,
        )
    else:
        paper.text("目录内没有要交的材料，以窗口一次性告知为准。", indent=2)
    if content["spared"]:
        paper.text(f"不用交：{'、'.join(content['spared'])}。", indent=2)
    if content["members"]:
        paper.heading("要办的事项", level=1)
        paper.table(
            ["序号", "事项", "办理单位", "时限"],
            [[str(n), *row] for n, row in enumerate(content["members"], 1)],
            widths=[1, 6, 4, 4],
            align=["center", "left", "left", "left"],
            size=10.5,
        )
        paper.text(content["plan"], indent=2)
    if content["saving"]:
        paper.heading("减负单", level=1)
        paper.table(
            ["", "分开办", "一次办", "减少"],
            content["saving"],
            widths=[4, 2, 2, 2],
            align=["left", "center", "center", "center"],
            size=10.5,
        )
        paper.text("口径：" + "".join(content["notes"]), size=10.5)
    return paper.render()
