"""Figures as an official document: the page of GB/T 9704-2012.

Text area 156 × 225 mm with 22 lines of 28 characters; title 2号小标宋, body 3号仿宋 in lines of exactly
28 pt, headings 黑体 and 楷体, page number 4号宋体 between dashes, outside. The fonts are named, not
shipped; each has a name to fall back to. Long tables stand in a landscape section at the end.
"""

import io
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from lxml import etree

from tuoxian_portal.core.reporting import (
    SAMPLE_WARNING,
    fact_text,
    on_paper,
)

TITLE_FONT, BODY_FONT, HEADING_FONT, SUBHEADING_FONT = "方正小标宋简体", "仿宋", "黑体", "楷体"
NUMBER_FONT = "宋体"
# What takes over on a machine without the font: Windows, then macOS and Linux office suites know these.
FALLBACKS = {
    TITLE_FONT: "小标宋;华文中宋;宋体",
    BODY_FONT: "仿宋_GB2312;FangSong;华文仿宋;FandolFang",
    HEADING_FONT: "SimHei;华文黑体;Noto Sans CJK SC",
    SUBHEADING_FONT: "楷体_GB2312;KaiTi;华文楷体;FandolKai",
    NUMBER_FONT: "SimSun;华文宋体;Noto Serif CJK SC",
}
TWO, THREE, FOUR, SMALL_FOUR, FIVE = 22, 16, 14, 12, 10.5  # 二号, 三号, 四号, 小四, 五号 in pt
# 28 characters of 16 pt are 2 mm wider than the line: each gives up a quarter of a point. The grid of
# characters would do the same in Word, but other office suites space Latin digits apart with it.
TIGHT = '<w:spacing w:val="-5"/>'
LINE = 28  # pt: 22 lines fill the 225 mm
PAGE, MARGINS = (210, 297), {"top": 37, "bottom": 35, "left": 28, "right": 26}  # mm
TEXT_WIDTH = 156  # mm


class _Paper:
    def __init__(self, figures: dict[str, Any]) -> None:
        self.figures = figures
        self.document = Document()
        self.body = self.document.element.body
        self.tables = 0

    # --- the page ------------------------------------------------------------------------------

    def set_up(self) -> None:
        figures, core = self.figures, self.document.core_properties
        core.title = f"{figures['title']}（{figures['period_label']}）"
        core.author, core.language, core.comments = "", "zh-CN", ""
        self._page(self.document.sections[0])
        self.document.settings.odd_and_even_pages_header_footer = True
        for section in self.document.sections:
            self._footer(section.footer, "right")
            self._footer(section.even_page_footer, "left")
            if figures["has_samples"]:
                for header in (section.header, section.even_page_header):
                    self._sample_header(header)
        self._defaults()
        self._fonts()

    def _page(self, section: Any, *, landscape: bool = False) -> None:
        width, height = (PAGE[1], PAGE[0]) if landscape else PAGE
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(width), Mm(height)
        margins = {"top": 28, "bottom": 26, "left": 35, "right": 37} if landscape else MARGINS
        for side, size in margins.items():
            setattr(section, f"{side}_margin", Mm(size))
        # The page number stands 7 mm below the text area.
        section.footer_distance = Mm(margins["bottom"] - 7 - 5)
        properties = section._sectPr
        for old in properties.findall(qn("w:docGrid")):
            properties.remove(old)
        grid = OxmlElement("w:docGrid")
        grid.set(qn("w:type"), "lines")
        grid.set(qn("w:linePitch"), str(round(225 / 25.4 * 1440 / 22)))
        properties.append(grid)

    def _defaults(self) -> None:
        styles = self.document.styles
        run = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
        for child in list(run):
            run.remove(child)
        run.append(_fonts_xml(BODY_FONT))
        for name, half_points in (("w:sz", THREE * 2), ("w:szCs", THREE * 2)):
            size = OxmlElement(name)
            size.set(qn("w:val"), str(half_points))
            run.append(size)
        language = OxmlElement("w:lang")
        for name, value in (("val", "zh-CN"), ("eastAsia", "zh-CN"), ("bidi", "ar-SA")):
            language.set(qn(f"w:{name}"), value)
        run.append(language)
        normal = styles["Normal"]
        _set_fonts(normal.element.get_or_add_rPr(), BODY_FONT)
        normal.font.size = Pt(THREE)
        normal.paragraph_format.line_spacing = Pt(LINE)
        normal.paragraph_format.space_after = Pt(0)
        for level, font in ((1, HEADING_FONT), (2, SUBHEADING_FONT)):
            style = styles[f"Heading {level}"]
            style.font.bold, style.font.italic, style.font.size = False, False, Pt(THREE)
            style.font.color.rgb = None
            _set_fonts(style.element.get_or_add_rPr(), font)
            for color in style.element.rPr.findall(qn("w:color")):
                style.element.rPr.remove(color)
            layout = style.paragraph_format
            layout.space_before = layout.space_after = Pt(0)
            layout.line_spacing, layout.keep_with_next = Pt(LINE), True
            layout.first_line_indent = Pt(2 * THREE)
            style.element.pPr.ind.set(qn("w:firstLineChars"), "200")

    def _fonts(self) -> None:
        """Names what replaces a font that a machine lacks."""
        for part in self.document.part.package.iter_parts():
            if part.partname == "/word/fontTable.xml":
                table = parse_xml(part.blob)
                for name, instead in FALLBACKS.items():
                    table.append(
                        parse_xml(
                            f'<w:font {nsdecls("w")} w:name="{name}"><w:altName w:val="{instead}"/>'
                            '<w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
                        )
                    )
                part._blob = etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)

    def _footer(self, footer: Any, side: str) -> None:
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]._p
        for child in list(paragraph):
            paragraph.remove(child)
        # One character from the outer edge, as the standard has it.
        layout = f'<w:ind w:{side}Chars="100" w:{side}="280"/><w:jc w:val="{side}"/>'
        paragraph.append(parse_xml(f"<w:pPr {nsdecls('w')}>{layout}</w:pPr>"))
        run = _run_properties(NUMBER_FONT, FOUR)
        for xml in (
            '<w:t xml:space="preserve">— </w:t>',
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
            '<w:t xml:space="preserve"> —</w:t>',
        ):
            paragraph.append(parse_xml(f"<w:r {nsdecls('w')}>{run}{xml}</w:r>"))

    def _sample_header(self, header: Any) -> None:
        header.is_linked_to_previous = False
        paragraph = header.paragraphs[0]._p
        for child in list(paragraph):
            paragraph.remove(child)
        paragraph.get_or_add_pPr().append(parse_xml(f'<w:jc {nsdecls("w")} w:val="right"/>'))
        paragraph.append(
            parse_xml(_run_xml(SAMPLE_WARNING, HEADING_FONT, FIVE, extra='<w:color w:val="9A3412"/>'))
        )

    # --- the text ------------------------------------------------------------------------------

    def add(self, xml: str) -> None:
        """Appends before the section's own properties, which stay last."""
        self.body.insert(len(self.body) - 1, parse_xml(xml))

    def paragraph(
        self,
        text: str,
        font: str = BODY_FONT,
        size: float = THREE,
        *,
        align: str = "both",
        indent: bool = True,
        line: float = LINE,
        keep: bool = False,
        extra: str = "",
        before: float = 0,
        after: float = 0,
    ) -> None:
        layout = [
            "<w:keepNext/>" if keep else "",
            '<w:snapToGrid w:val="0"/>',
            f'<w:spacing w:before="{round(before * 20)}" w:after="{round(after * 20)}"'
            f' w:line="{round(line * 20)}" w:lineRule="exact"/>',
            '<w:ind w:firstLineChars="200" w:firstLine="640"/>' if indent else "",
            f'<w:jc w:val="{align}"/>',
        ]
        run = _run_xml(text, font, size, extra=extra, ns=False)
        self.add(f"<w:p {nsdecls('w')}><w:pPr>{''.join(layout)}</w:pPr>{run}</w:p>")

    def heading(self, text: str, level: int = 1) -> None:
        font = HEADING_FONT if level == 1 else SUBHEADING_FONT
        self.add(
            f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr>'
            f"{_run_xml(text, font, THREE, ns=False)}</w:p>"
        )

    def masthead(self) -> None:
        figures = self.figures
        self.paragraph(figures["title"], TITLE_FONT, TWO, align="center", indent=False, line=36, before=14)
        self.paragraph(f"（{figures['period_label']}）", SUBHEADING_FONT, THREE, align="center", indent=False)
        if figures["has_samples"]:
            self.paragraph(
                f"【{SAMPLE_WARNING}】",
                HEADING_FONT,
                THREE,
                align="center",
                indent=False,
                extra='<w:color w:val="9A3412"/>',
            )
        for warning in self.figures.get("warnings", []):
            self.paragraph(
                f"【{warning}】",
                HEADING_FONT,
                FOUR,
                align="center",
                indent=False,
                extra='<w:color w:val="9A3412"/>',
            )
        self.paragraph(
            f"数据截至{figures['period_label']}末，评估日期{_day(figures['as_of'])}",
            SUBHEADING_FONT,
            FOUR,
            align="center",
            indent=False,
        )
        self._rule()

    def _rule(self) -> None:
        self.add(
            f'<w:p {nsdecls("w")}><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="12" w:space="1" w:color="C00000"/>'
            '</w:pBdr><w:spacing w:after="240" w:line="200" w:lineRule="exact"/></w:pPr></w:p>'
        )

    def facts(self) -> None:
        """The main figures in two columns of label and value."""
        items = [(item["label"], fact_text(item), item["note"]) for item in self.figures["headline"]]
        rows = [[label, value, note] for label, value, note in items]
        sides = ["left", "right", "left"]
        self._grid(["指标", "数值", "说明"], rows, [28, 22, 50], sides, TEXT_WIDTH, size=SMALL_FOUR)
        self.paragraph("", size=FIVE, indent=False, line=10)

    def table(self, table: dict[str, Any], *, landscape: bool = False) -> None:
        self.tables += 1
        printed = on_paper(table, portrait=not landscape)
        self.paragraph(
            f"表{self.tables}　{table['caption']}",
            HEADING_FONT,
            FOUR,
            align="center",
            indent=False,
            keep=True,
            before=8,
            after=2,
        )
        if printed.unit:
            self.paragraph(printed.unit, size=FIVE, align="right", indent=False, keep=True, line=18)
        width = 225 if landscape else TEXT_WIDTH
        self._grid(printed.headers, printed.rows, printed.widths, printed.sides, width)
        if printed.note:
            self.paragraph(printed.note, size=FIVE, indent=False, line=18)
        self.paragraph("", size=FIVE, indent=False, line=10)

    def _grid(
        self,
        headers: list[str],
        rows: list[list[str]],
        shares: list[float],
        sides: list[str],
        width: float,
        size: float = FIVE,
    ) -> None:
        """A ruled table whose header repeats and whose rows stay whole. Written as XML at once: cell by
        cell through the object model, two hundred rows take a minute."""
        total = sum(shares)
        widths = [round(width / 25.4 * 1440 * share / total) for share in shares]

        def cell(text: str, wide: int, side: str, font: str, keep: str) -> str:
            return (
                f'<w:tc><w:tcPr><w:tcW w:w="{wide}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
                f'<w:p><w:pPr>{keep}<w:snapToGrid w:val="0"/><w:spacing w:before="20" w:after="20" '
                f'w:line="{round(size * 30)}" w:lineRule="exact"/>'
                f'<w:jc w:val="{side}"/></w:pPr>{_run_xml(text, font, size, ns=False)}</w:p></w:tc>'
            )

        def line(texts: list[str], sides: list[str], font: str, extra: str = "", keep: str = "") -> str:
            cells = "".join(cell(*part, font, keep) for part in zip(texts, widths, sides, strict=True))
            return f"<w:tr><w:trPr><w:cantSplit/>{extra}</w:trPr>{cells}</w:tr>"

        stay = "<w:keepNext/>"
        grid = "".join(f'<w:gridCol w:w="{wide}"/>' for wide in widths)
        border = "".join(
            f'<w:{side} w:val="single" w:sz="{6 if side in {"top", "bottom"} else 4}" w:space="0" w:color="000000"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        self.add(
            f"<w:tbl {nsdecls('w')}><w:tblPr>"
            f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{border}</w:tblBorders>'
            '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/>'
            '<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>"
            + line(headers, ["center"] * len(headers), HEADING_FONT, "<w:tblHeader/>", stay)
            # A table never starts with less than four rows at the foot of a page.
            + "".join(
                line(row, sides, BODY_FONT, keep=stay if number < min(3, len(rows) - 1) else "")
                for number, row in enumerate(rows)
            )
            + "</w:tbl>"
        )

    def write(self) -> bytes:
        self.set_up()
        self.masthead()
        self.facts()
        later = []
        for section in self.figures["sections"]:
            self.heading(section["heading"])
            for paragraph in section["paragraphs"]:
                self.paragraph(paragraph, extra=TIGHT)
            for table in section["tables"]:
                if table["landscape"]:
                    later.append(table)
                else:
                    self.table(table)
        self.heading("口径说明")
        for name, meaning in self.figures["notes"]:
            self.paragraph(f"{name}：{meaning}", size=SMALL_FOUR, line=20)
        if later:
            self._page(self.document.add_section(WD_SECTION.NEW_PAGE), landscape=True)
            for table in later:
                self.table(table, landscape=True)
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()


def render_docx(figures: dict[str, Any]) -> bytes:
    """The document. Well under a second for a county's hundred projects."""
    return _Paper(figures).write()


def _fonts_xml(name: str) -> Any:
    return parse_xml(
        f'<w:rFonts {nsdecls("w")} w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{name}" '
        'w:cs="Times New Roman" w:hint="eastAsia"/>'
    )


def _set_fonts(properties: Any, name: str) -> None:
    for old in properties.findall(qn("w:rFonts")):
        properties.remove(old)
    properties.insert(0, _fonts_xml(name))


def _run_properties(font: str, size: float, extra: str = "") -> str:
    return (
        f'<w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{font}" w:hint="eastAsia"/>'
        f'{extra}<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>'
        '<w:lang w:val="zh-CN" w:eastAsia="zh-CN"/></w:rPr>'
    )


def _run_xml(text: str, font: str, size: float, *, extra: str = "", ns: bool = True) -> str:
    clean = escape("".join(c for c in text if c.isprintable() or c in "\u00a0\u3000"))
    return (
        f"<w:r{' ' + nsdecls('w') if ns else ''}>{_run_properties(font, size, extra)}"
        f'<w:t xml:space="preserve">{clean}</w:t></w:r>'
    )


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{year}年{int(month)}月{int(day)}日"
