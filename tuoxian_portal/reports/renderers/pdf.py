"""Figures as PDF, for reading on a phone and for printing without an office suite."""

from typing import Any

from tuoxian_portal.core.pdf import Pdf
from tuoxian_portal.core.reporting import SAMPLE_WARNING, fact_text, on_paper

CELL = 10.5  # 五号, pt


def render_pdf(figures: dict[str, Any]) -> bytes:
    """The PDF. About a second for a county's hundred projects."""
    pdf = Pdf(
        f"{figures['title']}（{figures['period_label']}）",
        footer=SAMPLE_WARNING if figures["has_samples"] else "",
    )
    pdf.heading(figures["title"], level=0)
    pdf.text(f"（{figures['period_label']}）", align="center", size=16)
    if figures["has_samples"]:
        pdf.text(SAMPLE_WARNING, align="center", bold=True, size=14)
    for warning in figures.get("warnings", []):
        pdf.text(f"【{warning}】", align="center", bold=True, size=12)
    pdf.text(f"数据截至{figures['period_label']}末，评估日期 {figures['as_of']}。", align="center")
    pdf.gap(12)
    pdf.table(
        ["指标", "数值", "说明"],
        [[item["label"], fact_text(item), item["note"]] for item in figures["headline"]],
        widths=[30, 24, 46],
        align=["left", "right", "left"],
        size=CELL,
    )
    number = 0
    for section in figures["sections"]:
        pdf.heading(section["heading"])
        for paragraph in section["paragraphs"]:
            pdf.text(paragraph, indent=2)
        for table in section["tables"]:
            number += 1
            printed = on_paper(table, portrait=True)
            pdf.table(
                printed.headers,
                printed.rows,
                widths=printed.widths,
                align=printed.sides,
                size=CELL,
                caption=f"表{number}　{table['caption']}",
                unit=printed.unit,
            )
            if printed.note:
                pdf.text(printed.note, size=CELL)
    pdf.heading("口径说明")
    for name, meaning in figures["notes"]:
        pdf.text(f"{name}：{meaning}", indent=2, size=12)
    return pdf.render()
