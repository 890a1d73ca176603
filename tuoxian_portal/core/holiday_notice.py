"""Reads the State Council's yearly holiday notice (国务院办公厅关于××××年部分节假日安排的通知).

Staff paste its text; what comes out is the table of days against the weekday rule. The notice has kept
one wording since 2008: 「元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。」
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.exceptions import ValidationError

BRACKETS = re.compile(r"[（(][^（）()]*[)）]")
SPACE = re.compile(r"\s+")
# 元旦：… up to the next festival or the end; the number in front and the festival's name are kept apart.
FESTIVAL = re.compile(r"(?:[一二三四五六七八九十]+、)?([^：:。；、，\d]+(?:、[^：:。；，\d]+)?)[：:]")
DAY = r"(?:(?P<{0}y>\d{{4}})年)?(?:(?P<{0}m>\d{{1,2}})月)?(?P<{0}d>\d{{1,2}})日"
SPAN = re.compile(DAY.format("a") + r"(?:(?:至|—|-|到)" + DAY.format("b") + r")?")
FEWEST, MOST = 8, 45  # days off a year that are not plain weekends; anything else was cut or is no notice


@dataclass
class Notice:
    """`days` maps each exceptional day to (works, name), as the table keeps them; `festivals` are the
    names in the order of the text."""

    days: dict[date, tuple[bool, str]] = field(default_factory=dict)
    festivals: list[str] = field(default_factory=list)


def parse_notice(text: str, year: int) -> Notice:
    """The notice for `year`. Days off that are weekends anyway are left out, working weekends are in.

    New Year's holiday may begin in the last days of the year before, which the notice then names
    (2018年12月30日至2019年1月1日). Raises `ValidationError` that quotes the sentence which cannot be understood; nothing is guessed.
    """
    compacted = SPACE.sub("", BRACKETS.sub("", text))
    parts = list(FESTIVAL.finditer(compacted))
    if not parts:
        raise ValidationError("没有找到“元旦：1月1日……”这样的内容。请粘贴国务院办公厅通知的正文。")
    notice = Notice()
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        name = part[1].lstrip("一二三四五六七八九十、")
        body = compacted[part.end() : following.start() if following else len(compacted)]
        _festival(notice, name, body, year)
    if not FEWEST <= len([1 for works, _ in notice.days.values() if not works]) <= MOST:
        raise ValidationError("读到的放假天数不合常理，请核对是否粘贴了通知全文。")
    return notice


def _festival(notice: Notice, name: str, body: str, year: int) -> None:
    found = False
    month = 0
    for sentence in re.split(r"[。；]", body):
        off, works = "放假" in sentence, sentence.endswith("上班")
        if not (off or works) or "鼓励" in sentence:
            continue
        # What stands before 放假 or 上班 are its days; 共8天 and the like come after.
        dates = sentence.split("放假")[0] if off else sentence
        spans = list(SPAN.finditer(dates))
        if not spans:
            raise ValidationError(f"{name}：看不懂“{sentence[:40]}”，请改为“×月×日至×日放假”或“×月×日上班”。")
        for span in spans:
            month = int(span["am"] or month)
            first = _date(span["ay"], year, month, int(span["ad"]), name)
            last = first
            if span["bd"]:
                month = int(span["bm"] or month)
                last = _date(span["by"], year, month, int(span["bd"]), name)
            if not first <= last <= first + timedelta(days=15):
                raise ValidationError(f"{name}：“{span[0]}”前后颠倒或超过 15 天，请核对。")
            _enter(notice, first, last, works, name)
            found = True
    if not found:
        raise ValidationError(f"{name}：没有读到放假或上班的日期，请核对这一段。")
    notice.festivals.append(name)


def _enter(notice: Notice, first: date, last: date, works: bool, name: str) -> None:
    day = first
    while day <= last:
        weekday = day.weekday() < 5
        if works and weekday:
            raise ValidationError(f"{name}：{day:%Y-%m-%d} 本来就是工作日，不应写成上班。请核对年份。")
        if works != weekday:
            notice.days[day] = (works, f"{name}调休上班" if works else name)
        day += timedelta(days=1)


def _date(stated: str | None, year: int, month: int, day: int, name: str) -> date:
    """The day, in the year that stands before it or else the notice's."""
    if stated and int(stated) not in {year - 1, year}:
        raise ValidationError(f"{name}：写的是 {stated} 年，不是 {year} 年的安排。请核对年份。")
    year = int(stated or year)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValidationError(f"{name}：{year} 年没有 {month} 月 {day} 日，请核对。") from error
