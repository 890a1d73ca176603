"""The form of a new subscription."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.lists import MAX_QUERY, public_lists
from tuoxian_portal.core.stamped import StampedForm
from tuoxian_portal.subscriptions.choices import Frequency


class ForgivingEmailField(forms.EmailField):
    """Full-width letters, as a phone's keyboard makes them, mean what they look like."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(unicodedata.normalize("NFKC", value or ""))


class SubscribeForm(StampedForm):
    salt = "subscriptions.subscribe"
    button = "订阅"

    email = ForgivingEmailField(
        label=_("邮箱"),
        max_length=254,
        help_text=_("只用来给您发这份提醒。加密保存，退订后立即删除。"),
        error_messages={
            "required": _("请填写邮箱。"),
            "invalid": _("邮箱格式不对，请核对，例如 name@example.com。"),
            "max_length": _("邮箱太长，请核对。"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    frequency = forms.ChoiceField(
        label=_("多久发一次"), choices=Frequency.choices, initial=Frequency.WEEKLY, widget=forms.RadioSelect
    )
    list = forms.CharField(max_length=40, widget=forms.HiddenInput)
    query = forms.CharField(max_length=MAX_QUERY, required=False, widget=forms.HiddenInput)

    def clean_list(self) -> Any:
        kind = self.cleaned_data["list"]
        if kind not in public_lists:
            raise forms.ValidationError("没有这个列表，请回到列表页再点“订阅”。")
        return kind
