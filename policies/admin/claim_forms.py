"""The forms of the verbs of a claim."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from policies.actions.claim import must_be_fileable
from policies.choices_claims import NoticeMethod, RefusalCode
from policies.models import PolicyClaim
from tuoxian_portal.audit.workflow_admin import ReasonForm
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError

NO_DATE = {"invalid": "请填写日期，例如 2026-11-24。"}


class AmountForm(ReasonForm):
    """The amount to approve; empty takes what was claimed, else what was estimated."""

    field_order = ("approved_yuan", "reason")

    approved_yuan = forms.DecimalField(
        label="核定金额（元）",
        required=False,
        max_digits=16,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="不填则按申报金额；没有申报金额的，按估算金额。",
    )


class RefuseForm(ReasonForm):
    """Both are printed on the notice."""

    field_order = ("refusal_code", "reason")

    refusal_code = forms.ChoiceField(
        label="原因", choices=RefusalCode.choices, widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label="理由（印在告知书上）",
        required=False,
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class PayForm(ReasonForm):
    field_order = ("payment_reference", "paid_on", "reason")
    payment_reference = forms.CharField(label="支付凭证号", max_length=80, widget=UnfoldAdminTextInputWidget)
    paid_on = forms.DateField(
        label="兑付日期",
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text="不填则为今天。",
        error_messages=NO_DATE,
    )


class NotifyForm(ReasonForm):
    """How the enterprise was told, and when."""

    field_order = ("method", "notified_on", "undelivered", "reason")

    method = forms.ChoiceField(
        label="送达方式", choices=[("", "请选择"), *NoticeMethod.choices], widget=UnfoldAdminSelectWidget
    )
    notified_on = forms.DateField(
        label="告知日期",
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        error_messages=NO_DATE,
        help_text="不填则为今天。公示（异议）期从次日起算。",
    )
    undelivered = forms.BooleanField(
        label="上一次没有送达，异议期重新起算", required=False, widget=UnfoldBooleanSwitchWidget
    )
    reason = forms.CharField(
        label="说明", required=False, max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, record: PolicyClaim | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if record is not None and record.notified_on is None:
            del self.fields["undelivered"]  # there was no last time


class FileForm(forms.ModelForm):
    """Refuses on the form, with everything kept, what the action would refuse."""

    class Meta:
        model = PolicyClaim
        fields = ("clause", "enterprise", "year", "claimed_yuan", "note")
        help_texts = {"claimed_yuan": "不填的，审核时按估算金额。"}

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        now = today().year
        if not now - 3 <= year <= now:
            raise forms.ValidationError(f"年度应在 {now - 3} 到 {now} 之间。")
        return year

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                must_be_fileable(cleaned["clause"], cleaned["enterprise"], cleaned["year"])
            except PortalError as error:
                self.add_error(None, error.message)
        return cleaned


def batch_form(verb: str, data: Any = None) -> forms.Form:
    """What is asked once for many claims."""
    form: forms.Form = NotifyForm(data) if verb == "notify_claim" else ReasonForm(data)
    form.fields.pop("version")
    return form
