"""The small forms of the verbs."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from projects.choices import ConfidenceLevel, Stage
from tuoxian_portal.audit.workflow_admin import ReasonForm, VersionForm


class PlaceStageForm(ReasonForm):
    stage = forms.ChoiceField(label="阶段", choices=Stage.choices, widget=UnfoldAdminSelectWidget)
    field_order = ["stage", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "依据"


class OverrideForm(ReasonForm):
    level = forms.ChoiceField(
        label="评定为",
        choices=[choice for choice in ConfidenceLevel.choices if choice[0] != ConfidenceLevel.GREY],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["level", "reason"]


class FollowUpForm(VersionForm):
    next_step = forms.CharField(label="下一步", max_length=200, widget=UnfoldAdminTextInputWidget)
    next_on = forms.DateField(label="下一步日期", required=False, widget=UnfoldAdminDateWidget)


class ConvertForm(VersionForm):
    name = forms.CharField(
        label="项目名称",
        required=False,
        max_length=160,
        widget=UnfoldAdminTextInputWidget,
        help_text="不填时按企业名称命名，之后可以修改。",
    )
