"""Model fields that several apps share."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from tuoxian_portal.core import crypto
from tuoxian_portal.core.codes import clean_credit_code, validate_credit_code


class EncryptedTextField(models.TextField):
    """Text that is readable in Python and sealed in the database. It cannot be filtered on:
    keep `crypto.keyed_hash(value)` beside it for that."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return crypto.encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return crypto.decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in {"isnull"}:
            raise ValidationError(f"加密字段 {self.name} 不能直接查询，请用其散列字段。")
        return super().get_lookup(lookup_name)


class CreditCodeField(models.CharField):
    """统一社会信用代码, stored in its normal form. Blank means not known."""

    default_validators = [validate_credit_code]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 18)
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        try:
            return clean_credit_code(value) if value else value
        except ValidationError:
            return value  # the validator says why


class WanField(models.DecimalField):
    """An amount in 万元, to the yuan (four decimals), not negative unless `signed=True`."""

    def __init__(self, *args: Any, signed: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 16)
        kwargs.setdefault("decimal_places", 4)
        self.signed = signed
        if not signed:
            validators = list(kwargs.get("validators", []))
            kwargs["validators"] = validators or [MinValueValidator(0)]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        if self.signed:
            kwargs["signed"] = True
        return name, path, args, kwargs
