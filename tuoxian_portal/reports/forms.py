"""Asking for a report."""

from typing import Any

from django import forms

from tuoxian_portal.reports.periods import label_of


class RequestForm(forms.Form):
    """Which month; the months offered are those that have ended and have no report yet."""

    period = forms.ChoiceField(label="月份")

    def __init__(self, *args: Any, periods: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["period"]
        field.choices = [(period, label_of(period)) for period in periods]


class RerunForm(forms.Form):
    """Making a report again: why."""

    reason = forms.CharField(
        label="重新生成的理由",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：9月某项目投资额更正。原报告保留，可在本页下载。",
    )
