"""The files: the page of GB/T 9704 in DOCX, the same figures in XLSX, readable PDF."""

import io
import re
import zipfile

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Length, Pt
from pypdf import PdfReader

from projects.reports import collect
from tests.reports.conftest import PERIOD
from tuoxian_portal.core.reporting import (
    NUMERIC,
    Column,
    cell_text,
    fact,
    fact_text,
    number_of,
    on_paper,
    table,
)
from tuoxian_portal.reports.renderers import RENDERERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def figures(ledger):
    ledger(3)
    return collect(PERIOD, lambda done, total, message: None)


@pytest.fixture
def document(figures):
    return Document(io.BytesIO(RENDERERS["docx"](figures)))


def parts(figures, name):
    with zipfile.ZipFile(io.BytesIO(RENDERERS["docx"](figures))) as archive:
        return archive.read(name).decode()


class TestDocx:
    def test_the_page_is_that_of_the_standard(self, document):
        page = document.sections[0]
        assert (page.page_width.mm, page.page_height.mm) == pytest.approx((210, 297), abs=0.1)
        assert (page.top_margin.mm, page.left_margin.mm) == pytest.approx((37, 28), abs=0.1)
        width = page.page_width - page.left_margin - page.right_margin
        height = page.page_height - page.top_margin - page.bottom_margin
        assert (Length(width).mm, Length(height).mm) == pytest.approx((156, 225), abs=0.1)
        grid = page._sectPr.find(qn("w:docGrid"))
        assert grid.get(qn("w:type")) == "lines"
        assert int(grid.get(qn("w:linePitch"))) * 22 == pytest.approx(225 / 25.4 * 1440, abs=22)

    def test_body_lines_are_exactly_28_points_and_28_characters_fit(self, document):
        body = next(p for p in document.paragraphs if p.text.startswith("纳入月报"))
        spacing = body._p.pPr.find(qn("w:spacing"))
        assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == ("560", "exact")
        assert 22 * 28 <= 225 / 25.4 * 72
        run = body.runs[0]
        assert run.font.size == Pt(16)
        tightened = int(run._r.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20
        assert 28 * (16 + tightened) <= 156 / 25.4 * 72 < 29 * (16 + tightened)

    def test_the_first_line_is_indented_by_two_characters_both_ways(self, document):
        body = next(p for p in document.paragraphs if p.text.startswith("纳入月报"))
        indent = body._p.pPr.find(qn("w:ind"))
        assert (indent.get(qn("w:firstLineChars")), indent.get(qn("w:firstLine"))) == ("200", "640")

    @pytest.mark.parametrize(
        ("text", "font", "size"),
        [
            ("托克托县重点项目月报", "方正小标宋简体", 22),
            ("一、总体情况", "黑体", 16),
            ("纳入月报", "仿宋", 16),
            ("（2026年10月）", "楷体", 16),
        ],
    )
    def test_fonts_are_named(self, document, text, font, size):
        run = next(p for p in document.paragraphs if p.text.startswith(text)).runs[0]
        assert run._r.rPr.rFonts.get(qn("w:eastAsia")) == font
        assert run.font.size == Pt(size)

    def test_every_font_has_something_to_fall_back_to(self, figures):
        fonts = parts(figures, "word/fontTable.xml")
        for name in ("方正小标宋简体", "仿宋", "黑体", "楷体", "宋体"):
            assert re.search(rf'w:name="{name}"><w:altName w:val="[^"]+"', fonts), name

    def test_the_language_is_chinese(self, figures):
        styles = parts(figures, "word/styles.xml")
        defaults = styles[styles.index("<w:docDefaults>") : styles.index("</w:docDefaults>")]
        assert 'w:eastAsia="zh-CN"' in defaults
        assert 'w:eastAsia="仿宋"' in defaults
        languages = set(re.findall(r'<w:lang [^>]*w:eastAsia="([^"]+)"', parts(figures, "word/document.xml")))
        assert languages == {"zh-CN"}

    def test_page_numbers_stand_outside_between_dashes(self, document):
        page = document.sections[0]
        for footer, side in ((page.footer, "right"), (page.even_page_footer, "left")):
            paragraph = footer.paragraphs[0]
            assert "".join(paragraph.text.split()) == "—1—"
            assert paragraph._p.pPr.find(qn("w:jc")).get(qn("w:val")) == side
            assert " PAGE " in paragraph._p.xml
            assert paragraph.runs[0].font.size == Pt(14)
        assert document.settings.odd_and_even_pages_header_footer

    def test_table_headers_repeat_and_rows_stay_whole(self, document):
        assert len(document.tables) >= 4
        for found in document.tables:
            first = found.rows[0]._tr.trPr
            assert first.find(qn("w:tblHeader")) is not None
            assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in found.rows)

    def test_the_ledger_stands_on_a_landscape_page(self, document):
        last = document.sections[-1]
        assert last.page_width > last.page_height
        assert document.tables[-1].rows[0].cells[1].text == "项目名称"

    def test_properties_come_in_the_order_of_the_schema(self, figures):
        """Word refuses a document whose paragraph properties are out of order."""
        order = ["pStyle", "keepNext", "pBdr", "snapToGrid", "spacing", "ind", "jc"]
        for properties in re.findall(r"<w:pPr>(.*?)</w:pPr>", parts(figures, "word/document.xml")):
            names = [n for n in re.findall(r"<w:(\w+)[ />]", properties) if n in order]
            assert names == sorted(names, key=order.index)

    def test_samples_are_marked_on_the_first_page_and_above_every_page(self, figures):
        marked = Document(io.BytesIO(RENDERERS["docx"]({**figures, "has_samples": True})))
        assert any("示例数据，不是真实情况" in p.text for p in marked.paragraphs[:4])
        assert "示例数据" in marked.sections[0].header.paragraphs[0].text
        plain = Document(io.BytesIO(RENDERERS["docx"](figures)))
        assert "示例" not in "".join(p.text for p in plain.paragraphs[:4])

    def test_characters_that_xml_refuses_do_not_break_it(self, figures):
        figures["sections"][0]["paragraphs"] = ["A<B & “引号”\x0b\x00"]
        text = "\n".join(p.text for p in Document(io.BytesIO(RENDERERS["docx"](figures))).paragraphs)
        assert "A<B & “引号”" in text


class TestXlsx:
    @pytest.fixture
    def book(self, figures):
        return openpyxl.load_workbook(io.BytesIO(RENDERERS["xlsx"](figures)))

    def test_its_sheets(self, book):
        assert book.sheetnames[:2] == ["汇总", "项目"]
        assert book.sheetnames[-1] == "口径"

    def test_every_figure_is_the_frozen_one(self, figures, book):
        checked = 0
        for found in (t for s in figures["sections"] for t in s["tables"]):
            sheet = book[found["sheet"]]
            rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
            width = len(found["columns"])
            first, second = found["columns"][0]["label"], found["columns"][1]["label"]
            start = next(i for i, r in enumerate(rows) if r[0] == first and str(r[1]).startswith(second))
            for line, cells in zip(found["rows"], rows[start + 1 :], strict=False):
                for column, value in zip(found["columns"], cells[:width], strict=True):
                    frozen = line[column["key"]]
                    if column["kind"] in NUMERIC and frozen is not None:
                        assert value == pytest.approx(float(number_of(frozen, column["kind"])))
                        checked += 1
                    else:
                        assert (value or "") == (frozen or "")
        assert checked > 20

    def test_main_figures_are_numbers(self, figures, book):
        values = {row[0].value: row[1].value for row in book["汇总"].iter_rows(min_row=6, max_row=11)}
        for item in figures["headline"]:
            assert values[item["label"]] == pytest.approx(float(number_of(item["value"], item["kind"])))

    def test_the_ledger_can_be_worked_with(self, book):
        sheet = book["项目"]
        assert sheet.freeze_panes == "C6"
        assert sheet.auto_filter.ref
        assert sheet.print_title_rows == "$5:$5"

    def test_long_words_are_shown_whole(self, book):
        """What wraps has a row that is high enough, and no figure stands in a column made for words."""
        for name, words in (("汇总", "时间进度"), ("口径", "生成报告时")):
            sheet = book[name]
            cell = next(c for row in sheet.iter_rows() for c in row if str(c.value).startswith(words))
            assert sheet.row_dimensions[cell.row].height >= 28
        for letter, column in book["汇总"].column_dimensions.items():
            assert letter == "A" or column.width < 32

    def test_a_percentage_has_one_unit(self, book):
        row = next(row for row in book["汇总"].iter_rows() if row[0].value == "完成年度计划")
        assert ("%" in row[1].number_format, row[2].value or "") == (True, "")

    def test_a_name_that_looks_like_a_formula_stays_text(self, figures):
        detail = next(t for s in figures["sections"] for t in s["tables"] if t["sheet"] == "项目")
        detail["rows"][0]["name"] = "=1+1"
        book = openpyxl.load_workbook(io.BytesIO(RENDERERS["xlsx"](figures)))
        cell = next(c for row in book["项目"].iter_rows() for c in row if c.value == "=1+1")
        assert cell.data_type == "s"


class TestPdf:
    def test_it_says_what_the_figures_say(self, figures):
        reader = PdfReader(io.BytesIO(RENDERERS["pdf"]({**figures, "has_samples": True})))
        text = "".join(page.extract_text() for page in reader.pages).replace(" ", "").replace("\n", "")
        for wanted in (
            "托克托县重点项目月报",
            "一、总体情况",
            "测试项目0",
            "口径说明",
            "示例数据，不是真实情况",
        ):
            assert wanted in text
        assert reader.metadata.title == "托克托县重点项目月报（2026年10月）"


class TestShape:
    @pytest.mark.parametrize(
        ("value", "kind", "text"),
        [
            (None, "wan", "—"),
            ("", "text", "—"),
            ("12345.6700", "wan", "12,345.67"),
            ("132000", "yi", "13.20"),
            ("50", "yi", "0.01"),
            ("7", "percent", "7.0%"),
            (1200, "count", "1,200"),
            ("2026-10-01", "date", "2026-10-01"),
        ],
    )
    def test_cells(self, value, kind, text):
        assert cell_text(value, kind) == text

    def test_facts_carry_their_unit(self):
        assert fact_text(fact("总投资", 815000, "yi")) == "81.50 亿元"
        assert fact_text(fact("完成率", None, "percent")) == "—"

    def test_paper_leaves_out_what_does_not_fit_and_says_so(self):
        found = table(
            "明细",
            [Column("a", "名称"), Column("b", "编号", wide=True), Column("c", "金额", "wan")],
            [{"a": str(n), "b": n, "c": n} for n in range(5)],
            sheet="项目",
            print_rows=2,
        )
        printed = on_paper(found, portrait=True)
        assert printed.headers == ["名称", "金额"]
        assert printed.unit == "单位：万元"
        assert "其余 3 行见同期表格文件的“项目”页" in printed.note
        assert on_paper(found, portrait=False).headers == ["名称", "编号", "金额"]
