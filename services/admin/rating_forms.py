"""What the workbench asks for at each act on a rating or its rectification."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from services.actions import ratings as rate
from services.actions import remediations as remedy
from services.choices_ratings import STAFF_CHANNELS, CallBackVerdict, RatingChannel, RatingGrade
from services.models.ratings import MAX_COMMENT, RatingTag
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm
from tuoxian_portal.directory.models import Department

LONG = {"rows": 5}


def text_form(label: str, help_text: str = "") -> type[forms.Form]:
    """A form whose only field is the reason, under another name and with room for it."""
    field = forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=remedy.MAX_TEXT,
        widget=UnfoldAdminTextareaWidget(attrs=LONG),
    )
    return type("TextForm", (VersionForm,), {"reason": field})


class RecordForm(forms.Form):
    """A rating as somebody gave it on paper or by telephone."""

    channel = forms.ChoiceField(
        label="渠道",
        choices=[(c.value, c.label) for c in RatingChannel if c in STAFF_CHANNELS],
        widget=UnfoldAdminRadioSelectWidget,
    )
    grade = forms.TypedChoiceField(
        label="评价", coerce=int, choices=RatingGrade.choices, widget=UnfoldAdminRadioSelectWidget
    )
    tags = forms.MultipleChoiceField(
        label="标签", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    comment = forms.CharField(
        label="意见",
        required=False,
        max_length=MAX_COMMENT,
        help_text=f"照原话，不超过 {MAX_COMMENT} 字。",
        widget=UnfoldAdminTextareaWidget(attrs=LONG),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tags: Any = self.fields["tags"]
        tags.choices = RatingTag.objects.filter(is_active=True).values_list("code", "name")


class PublishForm(VersionForm):
    comment = forms.CharField(
        label="公开的意见",
        required=False,
        max_length=MAX_COMMENT,
        help_text="已填入原文，请改写：不得含有姓名、电话、证件号码、编号。可以留空，只公开评价和标签。",
        widget=UnfoldAdminTextareaWidget(attrs=LONG),
    )
    answer = forms.CharField(
        label="对群众的答复",
        max_length=rate.MAX_ANSWER,
        widget=UnfoldAdminTextareaWidget(attrs=LONG),
    )

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        remediation = getattr(record, "remediation", None)
        kwargs["initial"] = {
            **kwargs.get("initial", {}),
            "comment": record.comment,
            "answer": remediation.answer if remediation else "",
        }
        super().__init__(*args, **kwargs)


class VerifyForm(ReasonForm):
    department = forms.ModelChoiceField(
        label="责任部门",
        queryset=Department.objects.filter(is_active=True),
        required=False,
        help_text="不选则仍由原部门整改。",
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["reason", "department"]

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {**kwargs.get("initial", {}), "department": record.department_id}
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "核实情况"


class CallBackForm(VersionForm):
    verdict = forms.ChoiceField(
        label="回访评价", choices=CallBackVerdict.choices, widget=UnfoldAdminRadioSelectWidget
    )
    reason = forms.CharField(
        label="回访情况",
        required=False,
        max_length=remedy.MAX_TEXT,
        help_text="何时、怎样联系，对方怎么说。",
        widget=UnfoldAdminTextareaWidget(attrs=LONG),
    )


RATING_VERBS = {
    "doubt": Verb(ReasonForm, rate.doubt_rating, "rating"),
    "confirm": Verb(ReasonForm, rate.confirm_rating, "rating"),
    "dismiss": Verb(ReasonForm, rate.dismiss_rating, "rating"),
    "publish": Verb(PublishForm, rate.publish_rating, "rating", for_record=True),
    "unpublish": Verb(ReasonForm, rate.unpublish_rating, "rating"),
}
REMEDIATION_VERBS = {
    "verify": Verb(VerifyForm, remedy.verify_remediation, "remediation", for_record=True),
    "reject": Verb(
        text_form("不属实的理由", "写明怎样核实、依据是什么。"), remedy.reject_remediation, "remediation"
    ),
    "answer": Verb(
        text_form("整改答复", "写明怎样整改、结果如何，回访时会告诉群众。"),
        remedy.answer_remediation,
        "remediation",
    ),
    "call_back": Verb(CallBackForm, remedy.call_back, "remediation"),
    "close": Verb(text_form("办结意见"), remedy.close_remediation, "remediation"),
}
