"""The public form, and the one with which the writer asks after it."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.codes import compact
from tuoxian_portal.core.stamped import StampedForm
from tuoxian_portal.feedback.choices import FeedbackKind
from tuoxian_portal.feedback.contacts import clean_contact
from tuoxian_portal.feedback.models import TEXT_LENGTH
from tuoxian_portal.feedback.pages import clean_page

NUMBER = re.compile(r"^YJ(\d{8}|SL)(\d{4,6})$")


class FeedbackForm(StampedForm):
    """`token` makes the same form sent twice one record."""

    salt = "feedback"
    button = "提交"

    kind = forms.ChoiceField(
        label=_("是哪一种情况"),
        choices=FeedbackKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择是哪一种情况。")},
    )
    page = forms.CharField(
        label=_("哪个页面"),
        required=False,
        max_length=600,
        help_text=_("页面的地址或名称。从“本页有问题？”进来的已经填好；说不清可以不填。"),
    )
    text = forms.CharField(
        label=_("想说什么"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("哪里不对、应该是什么、想找什么。不要填写身份证号码等个人信息。不超过 1000 字。"),
        error_messages={
            "required": _("请写明哪里有问题，或者您的建议。"),
            "max_length": _("不超过 1000 字，现在有 %(show_value)s 字，请缩短。"),
        },
    )
    contact = forms.CharField(
        label=_("联系方式"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].help_text = (
            "可以不填。电话或电子邮箱，只在需要向您了解情况时使用；加密保存，查看有记录，"
            f"办结 {settings.FEEDBACK_CONTACT_DAYS} 天后删除。"
        )

    def clean_page(self) -> str:
        return clean_page(self.cleaned_data["page"])

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\x00", "")

    def clean_contact(self) -> str:
        return clean_contact(self.cleaned_data["contact"])[0]


class AnswerForm(forms.Form):
    """Number and password from the confirmation; spaces, hyphens and small letters are forgiven."""

    number = forms.CharField(
        label=_("编号"),
        max_length=60,
        help_text=_("例如 YJ20261124-0001。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("请填写编号。")},
    )
    code = forms.CharField(
        label=_("查询密码"),
        max_length=40,
        help_text=_("提交后给您的 8 位字母和数字，大小写均可。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
        error_messages={"required": _("请填写查询密码。")},
    )

    def clean_number(self) -> str:
        typed = compact(self.cleaned_data["number"])
        found = NUMBER.match(typed)
        return f"YJ{found[1]}-{found[2]}" if found else typed

    def clean_code(self) -> str:
        return compact(self.cleaned_data["code"])
