"""Papers and reports as PDF: text that can be read back, lines broken as Chinese is written."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from tuoxian_portal.core import pdf as module
from tuoxian_portal.core.chinese import chinese_date
from tuoxian_portal.core.pdf import CLOSING, OPENING, Pdf, break_lines, font_files

CHINESE = st.text(alphabet="托克托县政务服务，。（）《》“”：；、20A5-年 \xa0", max_size=120)


def measure(text: str) -> float:
    return sum(1.0 if ord(c) > 0x2000 else 0.5 for c in text)


def text_of(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


@given(CHINESE)
def test_breaking_loses_nothing_but_spaces_and_stays_within_the_width(text):
    lines = break_lines(text, 12, measure)
    assert "".join(lines).replace(" ", "").replace("\xa0", "") == text.replace(" ", "").replace("\xa0", "")
    assert all(measure(line) <= 12 for line in lines)


@pytest.mark.parametrize("mark", CLOSING)
def test_no_line_starts_with_a_closing_mark(mark):
    lines = break_lines("托克托县政务服务大厅" + mark + "办理", 10, measure)
    assert len(lines) == 2
    assert not lines[1].startswith(mark)


@pytest.mark.parametrize("mark", [c for c in OPENING if ord(c) > 0x2000])
def test_no_line_ends_with_an_opening_mark(mark):
    lines = break_lines("托克托县政务服务大" + mark + "办理事项", 10, measure)
    assert not lines[0].endswith(mark)


def test_a_number_stays_with_its_unit():
    assert break_lines("自受理之日起20\xa0个工作日内", 7, measure) == ["自受理之日起", "20\xa0个工作日内"]


def test_a_word_longer_than_the_line_is_cut():
    assert all(measure(line) <= 5 for line in break_lines("a" * 40, 5, measure))


def make() -> Pdf:
    paper = Pdf("受理通知书", footer="150122-20261124-0001-01")
    paper.heading("受理通知书", level=0)
    paper.text("示例申请人：", bold=True)
    paper.text("您提交的申请已受理。" * 30, indent=2)
    paper.facts(
        [("办件编号", "150122-20261124-0001")], qr="https://example.test/track/", qr_caption="扫码查进度"
    )
    paper.table(["序号", "材料"], [[str(n), f"材料{n}"] for n in range(80)], widths=[1, 5])
    paper.signature("示例部门", "二〇二六年十一月二十四日")
    return paper


def test_what_was_written_can_be_read_back_and_rare_characters_of_names_are_there():
    paper = make()
    paper.text("喆堃祎犇")
    data = paper.render()
    text = text_of(data)
    for expected in ("受理通知书", "示例申请人：", "150122-20261124-0001", "材料79", "喆堃祎犇", "示例部门"):
        assert expected in text
    assert len(PdfReader(io.BytesIO(data)).pages) >= 3
    assert len(data) < 200_000


def test_the_same_content_gives_the_same_bytes():
    font_files.cache_clear()
    assert make().render() == make().render()


def test_fonts_are_embedded_and_forgotten_afterwards():
    make().render()  # reportlab adds its own standard fonts when it draws for the first time
    before = set(module.pdfmetrics._fonts)
    data = make().render()
    assert set(module.pdfmetrics._fonts) == before
    assert b"NotoSansSC-Regular" in data
    assert b"NotoSansSC-Bold" in data


def test_a_second_document_has_its_own_characters():
    for text in ("收件回执", "不予许可决定", "托克托县"):
        paper = Pdf(text)
        paper.text(text)
        assert text in text_of(paper.render())


def test_documents_made_at_the_same_time_do_not_mix():
    texts = ["收件回执", "不予许可决定", "托克托县政务", "特别程序告知"]

    def render(text: str) -> str:
        paper = Pdf(text)
        paper.text(text)
        return text_of(paper.render())

    with ThreadPoolExecutor(4) as pool:
        assert all(text in got for text, got in zip(texts, pool.map(render, texts), strict=True))


def test_a_font_of_the_county_is_used_when_it_is_named(settings, tmp_path):
    own = tmp_path / "own.ttf"
    own.write_bytes(font_files(frozenset(make().characters | set("0123456789")))[0])
    settings.PDF_FONT_REGULAR = str(own)
    assert "受理通知书" in text_of(make().render())


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 24), "二〇二六年十一月二十四日"),
        (date(2030, 1, 1), "二〇三〇年一月一日"),
        (date(2026, 10, 10), "二〇二六年十月十日"),
        (date(2026, 12, 20), "二〇二六年十二月二十日"),
        (date(2026, 2, 31 - 3), "二〇二六年二月二十八日"),
    ],
)
def test_chinese_dates(day, text):
    assert chinese_date(day) == text
