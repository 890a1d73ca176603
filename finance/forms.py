"""The forms of the finance app's verbs, with today's date and the most likely amount filled in."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from finance.choices import DropReason
from finance.models import Drawdown, LoanIntent
from tuoxian_portal.audit.workflow_admin import VersionForm
from tuoxian_portal.core.calendar import today


def amount_field(label: str, **options: Any) -> forms.DecimalField:
    """An amount in 万元, above 0."""
    return forms.DecimalField(
        label=f"{label}（万元）",
        max_digits=16,
        decimal_places=4,
        min_value=0,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        **options,
    )


def date_field(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=UnfoldAdminDateWidget, **options)


class RecordForm(VersionForm):
    """Knows the intent, so that it can fill in what is likely."""

    def __init__(self, *args: Any, record: LoanIntent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        if "on" in self.fields:
            self.fields["on"].initial = today()
        if "amount_wan" in self.fields:
            # Sixteen digits with four decimals is what is stored; people type less.
            self.fields["amount_wan"].initial = f"{self.likely_amount().normalize():f}"

    def likely_amount(self) -> Any:
        return self.record.amount_wan


class CreditForm(RecordForm):
    amount_wan = amount_field("授信金额")
    on = date_field("授信日期")


class ContractForm(RecordForm):
    amount_wan = amount_field("签约金额", help_text="不超过授信金额。")
    on = date_field("签约日期")

    def likely_amount(self) -> Any:
        return self.record.credit_wan or self.record.amount_wan


class DrawdownForm(RecordForm):
    amount_wan = amount_field("本次放款", help_text="可以分次放款，合计不超过签约金额。")
    on = date_field("放款日期")
    evidence = forms.CharField(
        label="凭证",
        required=False,
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
        help_text="例如借据号。",
    )

    def likely_amount(self) -> Any:
        return self.record.undrawn_wan


class DropForm(RecordForm):
    drop_reason = forms.ChoiceField(
        label="未成原因", choices=[("", "请选择"), *DropReason.choices], widget=UnfoldAdminSelectWidget
    )
    on = date_field("日期")
    reason = forms.CharField(
        label="说明", required=False, max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


class VoidForm(RecordForm):
    """Which payment was entered wrongly, and why."""

    drawdown = forms.ModelChoiceField(
        label="放款记录", queryset=Drawdown.objects.none(), widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label="理由", max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["drawdown"]
        field.queryset = self.record.drawdowns.valid()


class CorrectForm(RecordForm):
    """Amounts and dates of the steps already reached; empty fields of later steps are not shown."""

    STEPS = {
        "amount_wan": "意向金额",
        "intent_on": "意向日期",
        "credit_wan": "授信金额",
        "credit_on": "授信日期",
        "contract_wan": "签约金额",
        "contracted_on": "签约日期",
    }

    reason = forms.CharField(
        label="更正理由", max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, record: LoanIntent, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        fields: dict[str, forms.Field] = {}
        for name, label in self.STEPS.items():
            value = getattr(record, name)
            if value is None:
                continue
            if name.endswith("_wan"):
                fields[name] = amount_field(label, initial=f"{value.normalize():f}")
            else:
                fields[name] = date_field(label, initial=value)
        self.fields = {"version": self.fields["version"], **fields, "reason": self.fields["reason"]}
