"""The public enquiry form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.core.stamped import StampedForm
from tuoxian_portal.core.typed import TypedNumberField
from tuoxian_portal.directory.models import Industry


def new_stamp() -> str:
    """See `StampedForm.new_stamp`."""
    return EnquiryForm.new_stamp()


# Beyond these somebody has mistaken the unit: 1,000 亿元, 100,000 亩, 100,000 人.
MOST_INVESTED_WAN, MOST_LAND_MU, MOST_JOBS = 10_000_000, 100_000, 100_000
PLANS = ("intended_investment_wan", "intended_land_mu", "intended_jobs", "intended_energy")


class EnquiryForm(StampedForm):
    """An investor's question; `token` makes the same form sent twice one enquiry."""

    salt = "projects.enquiry"
    button = "提交咨询"

    enterprise_name = forms.CharField(
        label=_("企业名称"), required=False, max_length=120, help_text=_("还没有成立企业可不填。")
    )
    contact_name = forms.CharField(
        label=_("联系人"), max_length=40, error_messages={"required": _("请填写怎么称呼您。")}
    )
    phone = forms.CharField(
        label=_("联系电话"),
        max_length=30,
        help_text=_("手机号或带区号的固定电话，空格和短横线不影响。只用于答复您的咨询。"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("请填写联系电话，我们按它答复您。")},
    )
    industry = forms.ModelChoiceField(
        label=_("意向产业"), queryset=Industry.objects.none(), required=False, empty_label=_("还没有确定")
    )
    needs = forms.CharField(
        label=_("想了解什么"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("例如拟投项目、用地和厂房、用电用汽、希望的时间。不超过 2000 字。"),
        error_messages={"required": _("请写明想了解什么，一句话也可以。")},
    )
    intended_investment_wan = TypedNumberField(
        label=_("计划投资（万元）"),
        unit="万元",
        most=MOST_INVESTED_WAN,
        places=4,
        help_text=_("例如 3000，也可写“1.2亿”。"),
    )
    intended_land_mu = TypedNumberField(
        label=_("用地（亩）"), unit="亩", most=MOST_LAND_MU, help_text=_("例如 60。")
    )
    intended_jobs = TypedNumberField(
        label=_("用工（人）"), unit="人", most=MOST_JOBS, places=0, help_text=_("建成后大约多少人。")
    )
    intended_energy = forms.CharField(
        label=_("用能"),
        required=False,
        max_length=120,
        help_text=_("用电、用汽、用水、用气，例如“年用电 800 万度，蒸汽 3 万吨”。"),
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

    @property
    def plan_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in PLANS]

    @property
    def plans_shown(self) -> bool:
        """Whether the optional part is open: once something stands in it."""
        return self.is_bound and any(field.value() for field in self.plan_fields)

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean_needs(self) -> str:
        return self.cleaned_data["needs"].replace("\x00", "")
