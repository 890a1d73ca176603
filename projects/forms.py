"""The public enquiry form."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.directory.models import Industry

SALT = "projects.enquiry"
OPEN_FOR = timedelta(hours=12)
FASTEST = timedelta(seconds=2)


def new_stamp() -> str:
    """A signed one-time token with the time at which the form was shown."""
    return signing.TimestampSigner(salt=SALT).sign(uuid.uuid4().hex)


class EnquiryForm(forms.Form):
    """An investor's question. Protected without a third party: a field that only robots fill, a
    signed time stamp, a rate limit; `token` makes the same form sent twice one enquiry."""

    enterprise_name = forms.CharField(
        label=_("企业名称"), required=False, max_length=120, help_text=_("还没有成立企业可不填。")
    )
    contact_name = forms.CharField(label=_("联系人"), max_length=40)
    phone = forms.CharField(
        label=_("联系电话"),
        max_length=30,
        help_text=_("手机号或带区号的固定电话，空格和短横线不影响。只用于答复您的咨询。"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    industry = forms.ModelChoiceField(
        label=_("意向产业"), queryset=Industry.objects.none(), required=False, empty_label=_("还没有确定")
    )
    needs = forms.CharField(
        label=_("想了解什么"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("例如拟投项目、用地和厂房、用电用汽、希望的时间。不超过 2000 字。"),
    )
    consent = forms.BooleanField(
        label=_("我同意将以上信息用于答复本次咨询"),
        help_text=_("姓名和电话加密保存，只有办理咨询的工作人员能查看，每次查看都有记录。"),
        error_messages={"required": _("请先同意，否则无法答复您。")},
    )
    website = forms.CharField(
        label=_("网址"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(widget=forms.HiddenInput)
    about = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["industry"].queryset = Industry.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["contact_name"].widget.attrs["autocomplete"] = "name"
        self.fields["enterprise_name"].widget.attrs["autocomplete"] = "organization"
        self.token: uuid.UUID | None = None

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean_needs(self) -> str:
        return self.cleaned_data["needs"].replace("\x00", "")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("website"):
            raise ValidationError("表单中有一栏是给自动程序准备的，请清空“网址”后再提交。")
        try:
            self.token = self._read_stamp(data.get("stamp", ""))
        except signing.SignatureExpired:
            raise ValidationError("页面打开时间过长，请核对后再提交一次，您填写的内容已保留。") from None
        except (signing.BadSignature, ValueError):
            raise ValidationError("提交没有成功，请再点一次“提交咨询”，您填写的内容已保留。") from None
        return data

    @staticmethod
    def _read_stamp(stamp: str) -> uuid.UUID:
        signer = signing.TimestampSigner(salt=SALT)
        try:
            signer.unsign(stamp, max_age=FASTEST)
        except signing.SignatureExpired:
            return uuid.UUID(signer.unsign(stamp, max_age=OPEN_FOR))
        raise ValueError("sent faster than a person types")

    def renew(self) -> None:
        """Gives a form that came back with errors a fresh stamp, so that it can be sent again."""
        if self.is_bound and self.token is None:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["stamp"] = new_stamp()  # type: ignore[index]
