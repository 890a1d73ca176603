"""A public form protected without a third party: a field that only robots fill, and a signed time stamp.

The stamp is also a one-time token, so that the same form sent twice is one record. The rate limit is
the view's.
"""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

OPEN_FOR = timedelta(hours=12)
FASTEST = timedelta(seconds=2)


class StampedForm(forms.Form):
    """`salt` is the form's own; `token` is the one-time token of a valid form. The template draws
    `website` in a hidden block and `stamp` as a hidden field; an unbound form gets its stamp from
    `initial={"stamp": Form.new_stamp()}`, one that came back from `renew()`."""

    salt: ClassVar[str]
    button: ClassVar[str] = "提交"

    website = forms.CharField(
        label=_("网址"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token: uuid.UUID | None = None

    @classmethod
    def new_stamp(cls) -> str:
        """A signed one-time token with the time at which the form was shown."""
        return signing.TimestampSigner(salt=cls.salt).sign(uuid.uuid4().hex)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("website"):
            raise ValidationError("表单中有一栏是给自动程序准备的，请清空“网址”后再提交。")
        try:
            self.token = self._read_stamp(data.get("stamp", ""))
        except signing.SignatureExpired:
            raise ValidationError("页面打开时间过长，请核对后再提交一次，您填写的内容已保留。") from None
        except (signing.BadSignature, ValueError):
            raise ValidationError(f"提交没有成功，请再点一次“{self.button}”，您填写的内容已保留。") from None
        return data

    def _read_stamp(self, stamp: str) -> uuid.UUID:
        signer = signing.TimestampSigner(salt=self.salt)
        try:
            signer.unsign(stamp, max_age=FASTEST)
        except signing.SignatureExpired:
            return uuid.UUID(signer.unsign(stamp, max_age=OPEN_FOR))
        raise ValueError("sent faster than a person types")

    def renew(self) -> None:
        """Gives a form that came back with errors a fresh stamp, so that it can be sent again."""
        if self.is_bound and self.token is None:
            self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            self.data["stamp"] = self.new_stamp()  # type: ignore[index]  # a copied QueryDict
