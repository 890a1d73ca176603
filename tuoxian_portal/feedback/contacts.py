"""How a visitor may be reached: a telephone number or an address of mail."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.feedback.choices import ContactKind


def clean_contact(value: str) -> tuple[str, ContactKind]:
    """(the contact in its normal form, its kind); both empty for nothing. Raises `ValidationError`."""
    text = value.strip()
    if not text:
        return "", ContactKind.NONE
    if "@" not in text and "＠" not in text:
        return clean_phone(text), ContactKind.PHONE
    address = text.replace("＠", "@").replace(" ", "")
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError("电子邮箱不完整，请核对，例如 name@example.com；也可以留电话。") from None
    return address, ContactKind.EMAIL
