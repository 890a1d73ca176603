"""Dates and numbers as official papers write them."""

from datetime import date

DIGITS = "〇一二三四五六七八九"


def chinese_date(day: date) -> str:
    """`二〇二六年十一月二十四日`."""
    year = "".join(DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_below_hundred(day.month)}月{_below_hundred(day.day)}日"


def plain_date(day: date) -> str:
    """`2026年11月24日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    text = ("" if tens == 1 else DIGITS[tens]) + "十" if tens else ""
    return text + (DIGITS[ones] if ones else "")
