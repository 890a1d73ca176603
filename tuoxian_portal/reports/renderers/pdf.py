"""Figures as PDF, for reading on a phone and for printing without an office suite."""

from typing import Any

from tuoxian_portal.core.pdf import Pdf
from tuoxian_portal.core.reporting import NUMERIC, SAMPLE_WARNING, cell_text, fact_text, header_text, on_paper


def render_pdf(figures: dict[str, Any]) -> bytes:
    """The PDF. About a second for a county's hundred projects."""
    pdf = Pdf(
        f"{figures['title']}（{figures['period_label']}）",
        base=12,
        footer=SAMPLE_WARNING if figures["has_samples"] else "",
    )
    pdf.heading(figures["title"], level=0)
    pdf.text(f"（{figures['period_label']}）", align="center", size=16)
    if figures["has_samples"]:
        pdf.text(SAMPLE_WARNING, align="center", bold=True, size=14)
    pdf.text(f"数据截至{figures['period_label']}末，评估日期 {figures['as_of']}。", align="center")
    pdf.gap(12)
    pdf.facts([(item["label"], _with_note(item)) for item in figures["headline"]])
    number = 0
    for section in figures["sections"]:
        pdf.heading(section["heading"])
        for paragraph in section["paragraphs"]:
            pdf.text(paragraph, indent=2)
        for table in section["tables"]:
            number += 1
            columns, rows, note = on_paper(table, portrait=True)
            pdf.text(f"表{number}　{table['caption']}", align="center", bold=True)
            pdf.table(
                [header_text(column) for column in columns],
                [[cell_text(row[c["key"]], c["kind"]) for c in columns] for row in rows],
                widths=[column["width"] for column in columns],
                align=["right" if column["kind"] in NUMERIC else "left" for column in columns],
            )
            if note:
                pdf.text(note, size=10)
    pdf.heading("口径说明")
    for name, meaning in figures["notes"]:
        pdf.text(f"{name}：{meaning}", indent=2)
    return pdf.render()


def _with_note(item: dict[str, Any]) -> str:
    return f"{fact_text(item)}（{item['note']}）" if item["note"] else fact_text(item)
