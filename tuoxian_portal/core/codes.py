"""Codes of people, organisations and projects: check digits and shapes.

Every function normalises first (spaces, hyphens and full-width characters are forgiven) and raises
`django.core.exceptions.ValidationError` with a sentence that says what is wrong.
"""

import re
import unicodedata
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

# ASCII throughout: digits of another script would be a second way to write one number, with another hash.
PROJECT_CODE = re.compile(r"^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$", re.ASCII)
UNCHECKED = re.compile(r"[0-9A-Z()/]{5,30}", re.ASCII)
MOBILE = re.compile(r"^1[3-9]\d{9}$", re.ASCII)
# A local number never starts with 0 or 1, so that a mobile number with a digit missing is not taken for one.
# An extension needs an area code: eleven digits without one are a mistyped mobile number.
LANDLINE = re.compile(r"^(0\d{2,3}[2-9]\d{6,7}(\d{1,6})?|[2-9]\d{6,7})$", re.ASCII)


def compact(value: str) -> str:
    """`value` in half-width capitals without spaces and hyphens."""
    text = unicodedata.normalize("NFKC", value or "")
    return re.sub(r"[\s\-‐-―]", "", text).upper()


def clean_credit_code(value: str) -> str:
    """The 统一社会信用代码 in its normal form (GB 32100-2015: 18 characters, check by mod 31)."""
    code = compact(value)
    if len(code) != 18:
        raise ValidationError(f"统一社会信用代码应为 18 位，现为 {len(code)} 位。请对照营业执照核对。")
    if re.search(r"[IOSVZ]", code[2:]):
        raise ValidationError("统一社会信用代码不使用字母 I、O、S、V、Z，请核对是否与数字 1、0、5、2 混淆。")
    if not uscc.is_valid(code):
        raise ValidationError("统一社会信用代码校验位不符，请对照营业执照逐位核对。")
    return code


def clean_identity_number(value: str) -> str:
    """The 公民身份号码 in its normal form (GB 11643-1999: date of birth, check by ISO 7064 mod 11-2).

    The first six digits are not looked up: people keep the code of a division that no longer exists.
    """
    number = compact(value)
    if len(number) != 18 or not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        raise ValidationError("居民身份证号码应为 18 位，前 17 位为数字，最后一位为数字或 X。")
    if not mod_11_2.is_valid(number):
        raise ValidationError("居民身份证号码校验位不符，请对照证件逐位核对。")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValidationError("居民身份证号码中的出生日期不存在，请核对第 7 至 14 位。") from None
    if not date(1880, 1, 1) <= born <= timezone.localdate():
        raise ValidationError("居民身份证号码中的出生日期不合理，请核对第 7 至 14 位。")
    return number


def is_unchecked_number(value: str) -> bool:
    """Whether `value` has the shape of some paper's number at all."""
    return UNCHECKED.fullmatch(compact(value)) is not None


def clean_unchecked_number(value: str) -> str:
    """A passport, a permit or an old code in its normal form; there is no check digit to trust.

    For numbers that somebody may take by a decision of their own (`Applicant.override_reason`).
    """
    number = compact(value)
    if not is_unchecked_number(number):
        raise ValidationError("证件号码应为 5 到 30 位字母或数字，请对照证件核对。")
    return number


def clean_project_code(value: str) -> str:
    """The 投资项目代码 as `YYMM-150122-NN-NN-NNNNNN` (24 characters with its hyphens)."""
    text = unicodedata.normalize("NFKC", value or "").strip()
    digits = re.sub(r"\D", "", text, flags=re.ASCII)
    if len(digits) == 20:
        text = "-".join((digits[:4], digits[4:10], digits[10:12], digits[12:14], digits[14:]))
    if not PROJECT_CODE.match(text) or not 1 <= int(text[2:4]) <= 12:
        raise ValidationError("投资项目代码形如 2306-150122-04-01-123456，请对照备案证核对。")
    return text


def clean_phone(value: str) -> str:
    """A mainland mobile or landline number, digits only."""
    number = re.sub(r"[()（）]", "", compact(value)).removeprefix("+86")
    if not (MOBILE.match(number) or LANDLINE.match(number)):
        raise ValidationError("电话号码应为 11 位手机号，或带区号的固定电话，例如 0471-8512345。")
    return number


def validate_credit_code(value: str) -> None:
    """Model validator: see `clean_credit_code`."""
    clean_credit_code(value)


def validate_project_code(value: str) -> None:
    """Model validator: see `clean_project_code`."""
    clean_project_code(value)


def validate_phone(value: str) -> None:
    """Model validator: see `clean_phone`."""
    clean_phone(value)
