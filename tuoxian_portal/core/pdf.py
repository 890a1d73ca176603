"""PDF for Chinese papers and reports: A4, embedded font, lines broken as Chinese is written.

    pdf = Pdf(title="受理通知书")
    pdf.heading("受理通知书", level=0)
    pdf.text("您提交的申请，经审查……", indent=2)
    pdf.facts([("办件编号", "150122-20261124-0001")])
    pdf.table(["序号", "材料"], [["1", "营业执照"]], widths=[1, 6])
    pdf.signature("托克托县……局", "二〇二六年十一月二十四日")
    data = pdf.render()

It works on every machine without a font on it: Noto Sans SC comes with a Python package (OFL 1.1).
That file is variable, which reportlab would draw in its thinnest weight; so the characters of one
document are cut out of it and set to two static weights, which takes about half a second and keeps
the PDF small. A county that owns the fonts of GB/T 9704 names them in `PDF_FONT_REGULAR` and
`PDF_FONT_BOLD` (TrueType outlines); those are embedded instead.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any
from uuid import uuid4

import segno
from django.conf import settings
from fontTools import subset
from fontTools.ttLib import TTFont as Font
from fontTools.varLib import instancer
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Spacer,
    Table,
)

OPENING = "（《“‘〔【「『〈([{￥¥$"
CLOSING = "，。、；：？！）》”’〕】」』〉…—％%)]},.;:!?·"
COUNTED = "年月日号个件天元万亿条款项时分秒份次页第倍人户亩"
TOKEN = re.compile(r"[A-Za-z0-9@#&+_~=/\\.,:%?*\-]+|\s|.", re.DOTALL)

# GB/T 9704-2012: text area 156 × 225 mm, 37 mm above and 28 mm left of it.
MARGINS = (37 * mm, 26 * mm, 35 * mm, 28 * mm)  # top, right, bottom, left
INK = colors.Color(0.07, 0.09, 0.10)
LINE = colors.Color(0.45, 0.50, 0.52)
SHADE = colors.Color(0.94, 0.96, 0.96)


def units(text: str) -> list[str]:
    """`text` in pieces between which a line may break (避头尾).

    A line never starts with a closing mark nor ends with an opening one; Latin words and numbers
    stay whole, and a number stays with its measure word.
    """
    pieces: list[str] = []
    for piece in TOKEN.findall(text):
        last = pieces[-1] if pieces else ""
        glued = last and (
            (piece[0] in CLOSING and not last.isspace())
            or last[-1] in OPENING
            or piece == "\xa0"
            or last[-1] == "\xa0"
            or (piece in COUNTED and last[-1].isascii() and last[-1].isdigit())
        )
        if glued:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def break_lines(text: str, width: float, measure: Any, first_indent: float = 0) -> list[str]:
    """`text` in lines no wider than `width`, the first one shorter by `first_indent`.

    `measure(text)` gives a width in the same unit. A line break in `text` is kept.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used, room = "", 0.0, width - first_indent
        for unit in units(paragraph):
            wide = measure(unit)
            if used + wide <= room:
                if line or not unit.isspace():
                    line, used = line + unit, used + wide
                continue
            if wide > width:  # longer than a line: an address, say
                for character in unit:
                    step = measure(character)
                    if used + step > room:
                        lines.append(line)
                        line, used, room = "", 0.0, width
                    line, used = line + character, used + step
                continue
            lines.append(line.rstrip())
            line, used, room = ("", 0.0, width) if unit.isspace() else (unit, wide, width)
        lines.append(line.rstrip())
        first_indent = 0
    return lines


class Text(Flowable):
    """A paragraph of one font and size. `indent` is that of the first line, in characters."""

    def __init__(
        self,
        text: str,
        font: str,
        size: float,
        leading: float,
        *,
        indent: float = 0,
        align: str = "left",
        color: Any = INK,
        lines: list[str] | None = None,
    ) -> None:
        super().__init__()
        self.text, self.font, self.size, self.leading = text, font, size, leading
        self.indent, self.align, self.color, self.lines = indent, align, color, lines
        self.fixed = lines is not None

    def measure(self, text: str) -> float:
        return pdfmetrics.stringWidth(text, self.font, self.size)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width = width
        if not self.fixed:
            self.lines = break_lines(self.text, width, self.measure, self.indent * self.size)
        self.height = self.leading * len(self.lines or [])
        return width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        self.wrap(width, height)
        lines = self.lines or []
        fit = int(height // self.leading)
        if len(lines) - fit == 1:
            fit -= 1  # never a single line alone on the next page
        if fit < min(2, len(lines)):
            return []
        parts = []
        for number, part in enumerate((lines[:fit], lines[fit:])):
            parts.append(
                Text(
                    self.text,
                    self.font,
                    self.size,
                    self.leading,
                    indent=self.indent if number == 0 else 0,
                    align=self.align,
                    color=self.color,
                    lines=part,
                )
            )
        return list(parts)

    def draw(self) -> None:
        canvas, lines = self.canv, self.lines or []
        canvas.setFillColor(self.color)
        canvas.setFont(self.font, self.size)
        y = self.height - self.leading + (self.leading - self.size) / 2 + self.size * 0.12
        for number, line in enumerate(lines):
            x = self.indent * self.size if number == 0 else 0.0
            free = self.width - x - self.measure(line)
            spacing = 0.0
            if self.align == "center":
                x += free / 2
            elif self.align == "right":
                x += free
            elif self.align == "justify" and number < len(lines) - 1 and 0 < free < self.size * 3:
                spacing = free / max(len(line) - 1, 1)
            canvas.drawString(x, y, line, charSpace=spacing)
            y -= self.leading


class QRCode(Flowable):
    """A QR code `size` points wide, quiet zone included."""

    def __init__(self, data: str, size: float) -> None:
        super().__init__()
        self.code = segno.make(data, error="m", micro=False)
        self.size = size

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.size, self.size

    def draw(self) -> None:
        matrix = list(self.code.matrix_iter(border=2))
        module = self.size / len(matrix)
        self.canv.setFillColor(colors.black)
        for row, cells in enumerate(matrix):
            for column, dark in enumerate(cells):
                if dark:
                    self.canv.rect(
                        column * module, self.size - (row + 1) * module, module, module, stroke=0, fill=1
                    )


class Pdf:
    """A document under construction. Sizes are points, widths of columns are relative.

    `base` is the size of body text: 16 (三号) for official documents, 14 for papers handed over the
    counter, 12 for dense tables. `numbered` is off where papers for several people stand one after the other.
    """

    def __init__(
        self,
        title: str,
        *,
        author: str = "",
        base: float = 14,
        leading: float | None = None,
        margins: Sequence[float] = MARGINS,
        footer: str = "",
        numbered: bool = True,
    ) -> None:
        self.title, self.author, self.footer, self.numbered = title, author, footer, numbered
        self.base, self.leading = base, leading or base * 1.75
        self.margins = margins
        self.blocks: list[tuple[str, tuple, dict[str, Any]]] = []
        self.characters: set[str] = set("0123456789—- 第共页") | set(title) | set(author) | set(footer)

    # --- content -------------------------------------------------------------------------------

    def _add(self, kind: str, *args: Any, **options: Any) -> None:
        self.blocks.append((kind, args, options))
        self._collect(args)

    def _collect(self, value: Any) -> None:
        if isinstance(value, str):
            self.characters.update(value)
        elif isinstance(value, Iterable):
            for part in value:
                self._collect(part)

    def heading(self, text: str, *, level: int = 1) -> None:
        """Level 0 is the document's own title, centred; 1 and 2 are headings in the text."""
        self._add("heading", text, level=level)

    def text(
        self,
        text: str,
        *,
        indent: float = 0,
        align: str = "justify",
        bold: bool = False,
        size: float = 0,
        room: int = 0,
    ) -> None:
        """A paragraph. `indent` is in characters, `align` one of left, center, right, justify. With fewer
        than `room` lines left on the page it begins on the next: what introduces a table stays with it."""
        self._add("text", text, indent=indent, align=align, bold=bold, size=size, room=room)

    def facts(self, rows: Sequence[tuple[str, str]], *, qr: str = "", qr_caption: str = "") -> None:
        """Label and value, ruled. With `qr` the code of that text stands to the right of them."""
        self._add("facts", [list(row) for row in rows], qr=qr, qr_caption=qr_caption)
        self._collect(qr_caption)

    def table(
        self,
        headers: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widths: Sequence[float] | None = None,
        align: Sequence[str] | None = None,
        size: float = 0,
        caption: str = "",
        unit: str = "",
    ) -> None:
        """A ruled table whose header repeats on each page. `widths` are relative, `align` per column,
        `size` that of its text. `caption` and `unit` stand above it and are never parted from it."""
        cells = [[str(cell) for cell in row] for row in rows]
        self._add("table", list(headers), cells, caption, unit, widths=widths, align=align, size=size)

    def signature(self, place: str, day: str, *, note: str = "（印章）", beside: Sequence[str] = ()) -> None:
        """Who seals the paper and its date, to the right; room for the seal; never parted.
        `beside` are lines to sign by hand, to the left."""
        self._add("signature", place, day, note, list(beside))

    def gap(self, height: float = 8) -> None:
        """Room of `height` points."""
        self._add("gap", height=height)

    def page_break(self) -> None:
        self._add("page_break")

    # --- rendering -----------------------------------------------------------------------------

    def render(self) -> bytes:
        """The document as PDF. About half a second of CPU, most of it for the font."""
        with _Fonts(self.characters) as (regular, bold):
            self.regular, self.bold = regular, bold
            self.width = A4[0] - self.margins[1] - self.margins[3]
            story: list[Flowable] = []
            for kind, args, options in self.blocks:
                story.extend(getattr(self, f"_render_{kind}")(*args, **options))
            out = io.BytesIO()
            top, right, bottom, left = self.margins
            document = BaseDocTemplate(out, pagesize=A4, title=self.title, author=self.author, invariant=1)
            frame = Frame(
                left,
                bottom,
                A4[0] - left - right,
                A4[1] - top - bottom,
                leftPadding=0,
                rightPadding=0,
                topPadding=0,
                bottomPadding=0,
            )
            document.addPageTemplates(PageTemplate(frames=[frame], onPage=self._page))
            document.build(story)
            return out.getvalue()

    def _page(self, canvas: Any, document: Any) -> None:
        _top, right, bottom, left = self.margins
        y = bottom - 10 * mm
        canvas.setFont(self.regular, 10.5)
        canvas.setFillColor(INK)
        if self.numbered:
            canvas.drawRightString(A4[0] - right, y, f"— {canvas.getPageNumber()} —")
        if self.footer:
            canvas.setFont(self.regular, 9)
            canvas.drawString(left, y, self.footer)

    def _text(self, text: str, **options: Any) -> Text:
        size = options.pop("size", 0) or self.base
        leading = options.pop("leading", 0) or size * self.leading / self.base
        font = self.bold if options.pop("bold", False) else self.regular
        return Text(text, font, size, leading, **options)

    def _render_heading(self, text: str, *, level: int) -> list[Flowable]:
        if level == 0:
            size: float = 22
            return [
                self._text(text, size=size, leading=size * 1.5, align="center", bold=True),
                Spacer(0, self.base),
            ]
        size = self.base + (2 if level == 1 else 0)
        return [
            CondPageBreak(size * 4),
            Spacer(0, self.base * 0.6),
            self._text(text, size=size, bold=True, align="left"),
        ]

    def _render_text(self, text: str, *, room: int = 0, **options: Any) -> list[Flowable]:
        before = [CondPageBreak(room * self.leading)] if room else []
        return [*before, self._text(text, **options)]

    def _cell(self, text: str, *, bold: bool = False, align: str = "left", size: float = 0) -> Text:
        size = size or min(self.base, 12)
        return self._text(text, size=size, leading=size * 1.5, bold=bold, align=align)

    def _render_facts(self, rows: list[list[str]], *, qr: str, qr_caption: str) -> list[Flowable]:
        code = 34 * mm if qr else 0
        label = 27 * mm
        cells = [[self._cell(name, bold=True), self._cell(value)] for name, value in rows]
        facts = Table(cells, colWidths=[label, self.width - label - code])
        facts.setStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, LINE),
                ("BACKGROUND", (0, 0), (0, -1), SHADE),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
        if not qr:
            return [facts, Spacer(0, self.base * 0.6)]
        caption = self._text(qr_caption, size=9, leading=13, align="center")
        both = Table(
            [[facts, [QRCode(qr, 30 * mm), caption]]], colWidths=[self.width - code, code], hAlign="LEFT"
        )
        both.setStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, 0), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("LEFTPADDING", (1, 0), (1, 0), 4 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
            ]
        )
        return [both, Spacer(0, self.base * 0.6)]

    def _render_table(
        self,
        headers: list[str],
        rows: list[list[str]],
        caption: str,
        unit: str,
        *,
        widths: Sequence[float] | None,
        align: Sequence[str] | None,
        size: float,
    ) -> list[Flowable]:
        above: list[Flowable] = [Spacer(0, 4)]
        if caption:
            above = [
                CondPageBreak(self.leading * 6),
                Spacer(0, 6),
                self._text(caption, size=12, align="center", bold=True),
            ]
        if unit:
            above.append(self._cell(unit, align="right", size=size))
        shares = list(widths or [1] * len(headers))
        total = sum(shares)
        sides = list(align or ["left"] * len(headers))
        cells = [[self._cell(text, bold=True, align="center", size=size) for text in headers]]
        cells += [
            [self._cell(text, align=side, size=size) for text, side in zip(row, sides, strict=True)]
            for row in rows
        ]
        table = Table(cells, colWidths=[self.width * share / total for share in shares], repeatRows=1)
        table.setStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, LINE),
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ]
        )
        return [*above, table, Spacer(0, self.base * 0.6)]

    def _render_signature(self, place: str, day: str, note: str, beside: list[str]) -> list[Flowable]:
        hands = [self._text(line, align="left", size=min(self.base, 12)) for line in beside]
        seal = [self._text(line, align="center") for line in (place, note, day) if line]
        block = Table([[hands or "", seal]], colWidths=[self.width * 0.45, self.width * 0.55])
        block.setStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
        return [KeepTogether([Spacer(0, self.leading), block])]

    def _render_gap(self, *, height: float) -> list[Flowable]:
        return [Spacer(0, height)]

    def _render_page_break(self) -> list[Flowable]:
        return [PageBreak()]


# --- Fonts -------------------------------------------------------------------------------------


class _Fonts:
    """Two registered fonts that hold the wanted characters, for the time of one rendering."""

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = frozenset(c for c in characters if c.isprintable() or c == "\u3000")

    def __enter__(self) -> tuple[str, str]:
        mark = uuid4().hex[:8]
        self.names = (f"Portal-{mark}", f"PortalBold-{mark}")
        own = (settings.PDF_FONT_REGULAR, settings.PDF_FONT_BOLD or settings.PDF_FONT_REGULAR)
        sources: Sequence[Any] = own if own[0] else [io.BytesIO(d) for d in font_files(self.characters)]
        self.fonts = [TTFont(name, source) for name, source in zip(self.names, sources, strict=True)]
        for font in self.fonts:
            pdfmetrics.registerFont(font)
        return self.names

    def __exit__(self, *_: Any) -> None:
        for font in self.fonts:
            font.unregister()


@lru_cache(maxsize=16)
def font_files(characters: frozenset[str]) -> tuple[bytes, bytes]:
    """Regular and bold TrueType files that hold `characters` and no others."""
    resource = files("justmytype_intl_cjk") / "fonts" / "ofl" / "notosanssc" / "NotoSansSC[wght].ttf"
    with as_file(resource) as path, Font(path, lazy=True) as font:
        options = subset.Options(
            layout_features=[],
            hinting=False,
            notdef_outline=True,
            drop_tables=["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VVAR", "STAT"],
        )
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(characters))
        cutter.subset(font)
        made = []
        mark = hashlib.sha256("".join(sorted(characters)).encode()).hexdigest()[:8]
        for weight, style in ((400, "Regular"), (700, "Bold")):
            static = instancer.instantiateVariableFont(font, {"wght": weight})
            # reportlab takes two fonts of one name for the same file.
            static["name"].setName(f"NotoSansSC-{style}-{mark}", 6, 3, 1, 0x409)
            out = io.BytesIO()
            static.save(out)
            made.append(out.getvalue())
    return made[0], made[1]
