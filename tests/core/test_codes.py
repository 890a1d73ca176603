"""Check digits and shapes. Every valid code passes; every single mistyped character is noticed."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from tuoxian_portal.core import codes

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: without I O S V Z
WEIGHTS = [3**i % 31 for i in range(17)]


def credit_check(body: str) -> str:
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def identity_check(body: str) -> str:
    total = sum(int(c) * 2 ** (17 - i) for i, c in enumerate(body))
    return "10X98765432"[total % 11]


def organisation_check(body: str) -> str:
    """GB 11714: the organisation code inside a credit code has its own check character."""
    values = [int(c) if c.isdigit() else ord(c) - 55 for c in body]
    rest = (11 - sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11) % 11
    return "X" if rest == 10 else str(rest)


@st.composite
def credit_codes(draw):
    body = draw(st.sampled_from(["91", "92", "11", "12", "51", "93"]))
    body += draw(st.sampled_from(["150122", "150100", "440524", "110105"]))
    organisation = draw(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8))
    body += organisation + organisation_check(organisation)
    return body + credit_check(body)


@st.composite
def identity_numbers(draw):
    born = draw(st.dates(date(1900, 1, 1), date.today() - timedelta(days=1)))
    body = draw(st.sampled_from(["150122", "440524", "110221"])) + f"{born:%Y%m%d}"
    body += f"{draw(st.integers(0, 999)):03}"
    return body + identity_check(body)


@given(credit_codes())
def test_a_credit_code_passes_in_every_way_of_writing_it(code):
    assert codes.clean_credit_code(code) == code
    spaced = f" {code[:6]} {code[6:12]}-{code[12:]} ".lower()
    assert codes.clean_credit_code(spaced) == code
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in code)
    assert codes.clean_credit_code(full_width) == code


@given(credit_codes(), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_of_a_credit_code_is_noticed(code, place, other):
    wrong = code[:place] + other + code[place + 1 :]
    if wrong != code:
        with pytest.raises(ValidationError):
            codes.clean_credit_code(wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "18 位，现为 0 位"),
        ("9115012274", "现为 10 位"),
        ("9115012IMA0MXXXX0X", "不使用字母"),
        ("9115012200000000O0", "不使用字母"),
        ("911501220000000001", "校验位不符"),
        ("9" * 400, "现为 400 位"),
    ],
)
def test_what_is_wrong_with_a_credit_code_is_said(text, message):
    with pytest.raises(ValidationError, match=message):
        codes.clean_credit_code(text)


@given(identity_numbers())
def test_an_identity_number_passes_in_every_way_of_writing_it(number):
    assert codes.clean_identity_number(number) == number
    assert codes.clean_identity_number(f" {number[:6]} {number[6:14]}－{number[14:]}".lower()) == number


@given(identity_numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_of_an_identity_number_is_noticed(number, place, other):
    wrong = number[:place] + other + number[place + 1 :]
    if wrong != number:
        with pytest.raises(ValidationError):
            codes.clean_identity_number(wrong)


def test_digits_of_another_script_are_not_two_ways_to_write_one_number():
    number = "440524188001010014"
    arabic = number.translate({ord(d): 0x0660 + int(d) for d in "0123456789"})
    with pytest.raises(ValidationError):
        codes.clean_identity_number(arabic)
    with pytest.raises(ValidationError):
        codes.clean_phone("1380000123\u0664")


def test_somebody_born_today_in_the_county_is_no_mistake():
    with freeze_time("2026-11-23 17:00:00"):  # one in the morning of the 24th in the county
        number = with_check("15012220261124001")
        assert codes.clean_identity_number(number) == number


def test_people_keep_the_code_of_a_division_that_is_gone():
    assert codes.clean_identity_number("440524188001010014") == "440524188001010014"


def with_check(body: str) -> str:
    return body + identity_check(body)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("12345", "应为 18 位"),
        ("15012219900101001A", "应为 18 位"),
        (with_check("15012219900230001"), "出生日期不存在"),
        (with_check("15012218790101001"), "出生日期不合理"),
        (with_check("15012229990101001"), "出生日期不合理"),
    ],
)
def test_what_is_wrong_with_an_identity_number_is_said(number, message):
    with pytest.raises(ValidationError, match=message):
        codes.clean_identity_number(number)


@pytest.mark.parametrize(
    "text",
    [
        "2306-150122-04-01-123456",
        "23061501220401123456",
        " 2306 150122 04 01 123456 ",
        "２３０６－１５０１２２－０４－０１－１２３４５６",
    ],
)
def test_a_project_code_is_brought_into_its_shape(text):
    assert codes.clean_project_code(text) == "2306-150122-04-01-123456"


@pytest.mark.parametrize(
    "text", ["", "2313-150122-04-01-123456", "2306-150122-04-01-12345", "abc", "1" * 200]
)
def test_a_wrong_project_code_is_refused(text):
    with pytest.raises(ValidationError, match="备案证"):
        codes.clean_project_code(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("138 0471 1234", "13804711234"),
        ("+86-138-0471-1234", "13804711234"),
        ("（0471）8512345", "04718512345"),
        ("0471-8512345", "04718512345"),
        ("８５１２３４５", "8512345"),
    ],
)
def test_a_phone_number_is_reduced_to_digits(text, number):
    assert codes.clean_phone(text) == number


@pytest.mark.parametrize("text", ["", "12345", "1380471123", "23804711234", "call me", "1" * 300])
def test_what_is_no_phone_number_is_refused(text):
    with pytest.raises(ValidationError, match="电话号码"):
        codes.clean_phone(text)
