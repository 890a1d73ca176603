"""The public enquiry form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.core.stamped import StampedForm
from tuoxian_portal.directory.models import Industry


def new_stamp() -> str:
    """See `StampedForm.new_stamp`."""
    return EnquiryForm.new_stamp()


class EnquiryForm(StampedForm):
    """An investor's question; `token` makes the same form sent twice one enquiry."""

    salt = "projects.enquiry"
    button = "提交咨询"

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
    about = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["industry"].queryset = Industry.objects.filter(is_active=True)  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["contact_name"].widget.attrs["autocomplete"] = "name"
        self.fields["enterprise_name"].widget.attrs["autocomplete"] = "organization"

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean_needs(self) -> str:
        return self.cleaned_data["needs"].replace("\x00", "")
