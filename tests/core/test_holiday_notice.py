"""The State Council's notice, read as pasted. Held against the package where both know the year."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from tuoxian_portal.core.calendar import exceptions_from_package
from tuoxian_portal.core.holiday_notice import parse_notice
from tuoxian_portal.core.models import CalendarDay, CalendarYear

NOTICES = {
    2024: """一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。""",
    2025: """一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。""",
}


@pytest.mark.parametrize("year", NOTICES)
def test_the_notice_says_what_the_package_says(year):
    package = {day: works for day, (works, _) in exceptions_from_package(year).items()}
    read = {day: works for day, (works, _) in parse_notice(NOTICES[year], year).days.items()}
    assert read == package


def test_a_holiday_that_begins_in_the_year_before_is_entered_there():
    """As the notice for 2019 had it; without the year the days would fall at its end."""
    told = "1月1日（周三）放假1天，不调休。"
    across = "2024年12月30日至2025年1月1日放假调休，共3天。2024年12月28日（周六）上班。"
    assert told in NOTICES[2025]
    days = parse_notice(NOTICES[2025].replace(told, across), 2025).days
    assert days[date(2024, 12, 30)] == (False, "元旦")
    assert days[date(2024, 12, 28)] == (True, "元旦调休上班")
    assert days[date(2025, 1, 1)] == (False, "元旦")
    assert not {date(2025, 12, 28), date(2025, 12, 30)} & set(days)


def test_another_year_s_notice_is_refused():
    with pytest.raises(ValidationError, match="写的是 2025 年，不是 2027 年的安排"):
        parse_notice(NOTICES[2025].replace("1月1日（周三）", "2025年1月1日（周三）"), 2027)


def test_names_are_those_of_the_notice():
    notice = parse_notice(NOTICES[2025], 2025)
    assert notice.festivals[-1] == "国庆节、中秋节"
    assert notice.days[date(2025, 10, 1)] == (False, "国庆节、中秋节")
    assert notice.days[date(2025, 9, 28)] == (True, "国庆节、中秋节调休上班")
    assert date(2025, 10, 4) not in notice.days, "a Saturday is off anyway"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1月28日", "2月30日", "2025 年没有 2 月 30 日"),
        ("4月27日（周日）上班", "4月28日（周一）上班", "本来就是工作日"),
        ("5月1日（周四）至5日", "5月5日（周四）至1日", "前后颠倒"),
        ("5月31日（周六）至6月2日（周一）放假，共3天", "放假三天", "看不懂"),
        ("4月4日（周五）至6日（周日）放假，共3天。", "照旧。", "没有读到放假或上班的日期"),
    ],
)
def test_what_cannot_be_understood_is_quoted(old, new, said):
    assert old in NOTICES[2025]
    with pytest.raises(ValidationError, match=said):
        parse_notice(NOTICES[2025].replace(old, new), 2025)


@pytest.mark.parametrize("text", ["", "明年照旧", "元旦：1月1日放假。"])
def test_no_notice_at_all(text):
    with pytest.raises(ValidationError):
        parse_notice(text, 2026)


def test_a_notice_for_another_year_is_noticed():
    with pytest.raises(ValidationError, match="本来就是工作日"):
        parse_notice(NOTICES[2025], 2026)


NOTICE_PAGE = "/admin/core/calendaryear/notice/"


@pytest.mark.django_db
def test_staff_see_what_was_read_before_it_counts(client, person):
    client.force_login(person("administrator"))
    values = {"year": 2025, "source": "测试通知", "text": NOTICES[2025]}
    preview = client.post(NOTICE_PAGE, values)
    assert "2025-01-26" in preview.content.decode()
    assert not CalendarYear.objects.filter(pk=2025, source="测试通知").exists()
    client.post(NOTICE_PAGE, {**values, "confirmed": "1"})
    assert CalendarYear.objects.get(pk=2025).status == CalendarYear.Status.PUBLISHED
    assert CalendarDay.objects.get(date=date(2025, 10, 11)).is_working


@pytest.mark.django_db
def test_a_notice_that_cannot_be_read_stays_on_the_form(client, person):
    client.force_login(person("administrator"))
    answer = client.post(NOTICE_PAGE, {"year": 2026, "source": "测试通知", "text": NOTICES[2025]})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "本来就是工作日" in text
    assert "农历除夕" in text, "what was typed stays"


@pytest.mark.django_db
def test_only_who_keeps_the_calendar_enters_a_year(client, person):
    client.force_login(person("window"))
    assert client.get(NOTICE_PAGE).status_code == 403
