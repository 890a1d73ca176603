"""The small forms of the verbs."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from projects.choices import ConfidenceLevel, Stage
from projects.choices_pipeline import ConflictDecision, VisitKind
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


class VisitForm(VersionForm):
    kind = forms.ChoiceField(label="类型", choices=VisitKind.choices, widget=UnfoldAdminSelectWidget)
    held_on = forms.DateField(label="日期", widget=UnfoldAdminDateWidget)
    place = forms.CharField(label="地点", max_length=120, widget=UnfoldAdminTextInputWidget)
    people = forms.CharField(
        label="参加人员",
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="双方参加的人，写姓名或职务。",
    )
    outcome = forms.CharField(
        label="结果", max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
    next_step = forms.CharField(
        label="下一步", required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )
    next_on = forms.DateField(label="下一步日期", required=False, widget=UnfoldAdminDateWidget)


class ResolveForm(ReasonForm):
    decision = forms.ChoiceField(
        label="裁定", choices=ConflictDecision.choices, widget=UnfoldAdminSelectWidget
    )
    field_order = ["decision", "reason"]
