"""What the workbench asks for at each act on a case. The acts themselves are `actions.cases`."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from services.actions import bundle_children as child
from services.actions import cases as do
from services.choices_cases import CaseOutcome, DeliveryMethod, MaterialState, SpecialProcedure
from services.clock import EXTENSION_DAYS
from services.custody import at_the_window
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm

PRESENT = {MaterialState.HANDED_IN, MaterialState.LICENSED}


def lacking(record: Any) -> list[str]:
    """Names of the required materials that are not there; what an earlier case will give is not asked."""
    return [
        m.name
        for m in record.materials.all()
        if m.is_required
        and m.state in {MaterialState.MISSING, MaterialState.DEFERRED}
        and not m.supplied_by_id
    ]


class MissingForm(VersionForm):
    missing = forms.CharField(
        label="需要补正的全部内容",
        help_text="一行一条，一次写全；逐条印在补正告知书上。",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )
    days = forms.IntegerField(
        label="申请人补正期限（工作日）",
        min_value=1,
        max_value=do.MAX_CORRECTION_DAYS,
        initial=10,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            **kwargs.get("initial", {}),
            "days": 10,
            "missing": "\n".join(f"补交：{name}" for name in lacking(record)),
        }
        super().__init__(*args, **kwargs)

    def clean_missing(self) -> list[str]:
        return self.cleaned_data["missing"].splitlines()


class ProposalForm(VersionForm):
    """What a case of a bundle lacks, for the notice that tells everything at once."""

    missing = forms.CharField(
        label="需要补正的内容",
        help_text="一行一条。窗口汇总各事项后一次告知，现在不通知申请人。",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        proposed = record.correction_proposal or [f"补交：{name}" for name in lacking(record)]
        kwargs["initial"] = {**kwargs.get("initial", {}), "missing": "\n".join(proposed)}
        super().__init__(*args, **kwargs)

    def clean_missing(self) -> list[str]:
        return self.cleaned_data["missing"].splitlines()


class HandInForm(VersionForm):
    """Ticks what came in now; only what is not there yet is offered."""

    materials = forms.TypedMultipleChoiceField(
        label="本次收到的材料", required=False, coerce=int, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        materials: Any = self.fields["materials"]
        materials.choices = [(m.pk, m.name) for m in record.materials.all() if m.state not in PRESENT]


class OpinionForm(ReasonForm):
    outcome = forms.ChoiceField(
        label="审查意见", choices=CaseOutcome.choices, widget=UnfoldAdminRadioSelectWidget
    )
    field_order = ["outcome", "reason"]


class SpecialForm(ReasonForm):
    procedure = forms.ChoiceField(
        label="程序", choices=SpecialProcedure.choices, widget=UnfoldAdminSelectWidget
    )
    days = forms.IntegerField(
        label="预计需要（工作日）",
        min_value=1,
        max_value=do.MAX_SPECIAL_DAYS,
        help_text="将书面告知申请人；恢复后按实际工作日扣除。",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ["procedure", "days", "reason"]


class ExtendForm(ReasonForm):
    days = forms.IntegerField(
        label="延长（工作日）",
        min_value=1,
        max_value=EXTENSION_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ["days", "reason"]


class RecipientForm(VersionForm):
    recipient = forms.CharField(label="领取人", max_length=60, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            **kwargs.get("initial", {}),
            "recipient": record.agent_name or record.applicant_name[:60],
        }
        super().__init__(*args, **kwargs)


class DeliverForm(RecipientForm):
    method = forms.ChoiceField(
        label="送达方式", choices=DeliveryMethod.choices, widget=UnfoldAdminSelectWidget
    )
    originals = forms.TypedMultipleChoiceField(
        label="同时退还的原件",
        coerce=int,
        required=False,
        help_text="归档留存的不勾选。退还的列在送达回执上，由领取人签收。",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        here = [(p.material.pk, str(p.material)) for p in at_the_window(record, originals_only=True)]
        originals: Any = self.fields["originals"]
        originals.choices = here
        originals.initial = [pk for pk, _name in here]
        if not here:
            del self.fields["originals"]


CASE_VERBS = {
    "receive": Verb(VersionForm, do.receive_case, "case"),
    "accept": Verb(VersionForm, do.accept_case, "case"),
    "finish_instantly": Verb(RecipientForm, do.finish_instantly, "case", for_record=True),
    "request_correction": Verb(MissingForm, do.request_correction, "case", for_record=True),
    "allow_second_correction": Verb(ReasonForm, do.allow_second_correction, "case"),
    "propose_correction": Verb(ProposalForm, child.propose_correction, "case", for_record=True),
    "advise_correction": Verb(ProposalForm, child.advise_correction, "case", for_record=True),
    "split_off": Verb(ReasonForm, child.split_off, "case"),
    "split_off_waiting": Verb(ReasonForm, child.stop_waiting, "case"),
    "receive_correction": Verb(HandInForm, do.receive_correction, "case", for_record=True),
    "return_case": Verb(ReasonForm, do.return_case, "case"),
    "propose_decline": Verb(ReasonForm, do.propose_decline, "case"),
    "decline": Verb(ReasonForm, do.decline_case, "case"),
    "void": Verb(ReasonForm, do.void_case, "case"),
    "hand_over": Verb(VersionForm, do.hand_over, "case"),
    "sign_in": Verb(VersionForm, do.sign_in, "case"),
    "supply_deferred": Verb(HandInForm, do.supply_deferred, "case", for_record=True),
    "submit": Verb(OpinionForm, do.submit_opinion, "case"),
    "start_special": Verb(SpecialForm, do.start_special, "case"),
    "end_special": Verb(VersionForm, do.end_special, "case"),
    "extend": Verb(ExtendForm, do.extend_case, "case"),
    "approve": Verb(ReasonForm, do.approve_case, "case"),
    "refuse": Verb(ReasonForm, do.refuse_case, "case"),
    "return_to_review": Verb(ReasonForm, do.return_to_review, "case"),
    "deliver": Verb(DeliverForm, do.deliver_case, "case", for_record=True),
    "withdraw": Verb(ReasonForm, do.withdraw_case, "case"),
    "terminate": Verb(ReasonForm, do.terminate_case, "case"),
}
