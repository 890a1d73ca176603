"""The public request for help (帮办)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from services.choices_cases import ApplicantKind
from services.choices_entrustments import AssistanceMode
from tuoxian_portal.core.codes import clean_phone
from tuoxian_portal.core.stamped import StampedForm
from tuoxian_portal.directory.models import Outlet

MODES = [
    (AssistanceMode.WINDOW, _("到窗口，有人带着办")),
    (AssistanceMode.ON_SITE, _("请工作人员上门（行动不便等情况）")),
    (AssistanceMode.PARK, _("在园区服务站办")),
    (AssistanceMode.FULL, _("投资项目，从立项到竣工全程帮办")),
]


class AssistForm(StampedForm):
    """Asks as little as an answer needs: no ID number, no attachment. `token` makes the same form sent
    twice one request."""

    salt = "services.assist"
    button = "提出帮办需求"

    principal_kind = forms.ChoiceField(
        label=_("为谁办"),
        choices=ApplicantKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择为个人还是为单位办。")},
    )
    principal_name = forms.CharField(
        label=_("姓名或单位名称"),
        max_length=120,
        error_messages={"required": _("请填写姓名或单位名称。")},
    )
    contact_name = forms.CharField(
        label=_("联系人"), max_length=60, required=False, help_text=_("为单位办时填写。")
    )
    phone = forms.CharField(
        label=_("联系电话"),
        max_length=30,
        help_text=_("手机号或带区号的固定电话，空格和短横线不影响。只用于联系您。"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("请填写联系电话。")},
    )
    needs = forms.CharField(
        label=_("想办什么事"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("说清想办的事和难处就行。不要填写身份证号码、银行卡号。不超过 1000 字。"),
        error_messages={"required": _("请写明想办什么事。")},
    )
    mode = forms.ChoiceField(
        label=_("希望怎样帮办"),
        choices=MODES,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择希望怎样帮办。")},
    )
    visit_address = forms.CharField(
        label=_("上门地址"),
        max_length=200,
        required=False,
        help_text=_("只有请工作人员上门时填写，加密保存。"),
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    outlet = forms.ModelChoiceField(
        label=_("就近的服务网点"),
        queryset=Outlet.objects.none(),
        required=False,
        empty_label=_("不清楚，由大厅安排"),
    )
    consent = forms.BooleanField(
        label=_("我同意将以上信息用于安排本次帮办"),
        help_text=_("电话和地址加密保存，只有办理帮办的工作人员能查看，每次查看都有记录。"),
        error_messages={"required": _("请先同意，否则无法联系您。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outlet: Any = self.fields["outlet"]
        outlet.queryset = Outlet.objects.filter(is_active=True)
        self.fields["principal_name"].widget.attrs["autocomplete"] = "name"

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        # Before the stamp is looked at: a page left open too long has all its errors at once.
        if data.get("mode") == AssistanceMode.ON_SITE and not data.get("visit_address", "").strip():
            self.add_error("visit_address", _("请填写上门地址；不方便写的，请选择其他帮办方式。"))
        return super().clean()
