"""What the workbench asks for at each act on the whole of a bundle case."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from services.actions import bundle_cases as do
from services.actions.cases import MAX_CORRECTION_DAYS
from services.admin.case_forms import lacking
from services.choices_cases import CaseState, DeliveryMethod, MaterialState
from services.workflow_bundles import OUTSTANDING, WITHDRAWABLE
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm


def _ticks(label: str, choices: list[tuple[int, str]], *, required: bool, ticked: bool, **more: Any) -> Any:
    return forms.TypedMultipleChoiceField(
        label=label,
        required=required,
        coerce=int,
        choices=choices,
        initial=[pk for pk, _ in choices] if ticked else [],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        **more,
    )


def _cases(record: Any, states: Any) -> list[tuple[int, str]]:
    return [
        (case.pk, f"{case.item_name}（{case.case_number}）") for case in record.cases if case.state in states
    ]


class CollectedCorrectionForm(ReasonForm):
    """One box for each case that can still be told, filled with what its people proposed."""

    days = forms.IntegerField(
        label="申请人补正期限（工作日）",
        min_value=1,
        max_value=MAX_CORRECTION_DAYS,
        initial=10,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told = [case for case in record.cases if case.state == CaseState.RECEIVED]
        for case in self.told:
            texts = case.correction_proposal or [f"补交：{name}" for name in lacking(case)]
            who = f"{case.department.name}已提出补正内容。" if case.correction_proposal else ""
            self.fields[f"missing_{case.pk}"] = forms.CharField(
                label=case.item_name,
                required=False,
                initial="\n".join(texts),
                help_text=f"{who}一行一条；留空表示这个事项不需要补正，继续办理。",
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            )
        self.fields["reason"].label = "没有一并告知的理由"
        self.fields["reason"].help_text = "本次一次办已经告知过补正时填写。"
        self.order_fields([*(f"missing_{case.pk}" for case in self.told), "days", "reason"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(str(cleaned.get(f"missing_{case.pk}", "")).strip() for case in self.told):
            raise forms.ValidationError("请至少为一个事项逐条写明需要补正的全部内容。")
        cleaned["missing"] = {
            case.pk: str(cleaned.get(f"missing_{case.pk}", "")).splitlines() for case in self.told
        }
        return cleaned


class MaterialsForm(VersionForm):
    """Ticks what came in now; only what is not there yet is offered."""

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = {MaterialState.HANDED_IN, MaterialState.LICENSED}
        open_rows = [m for m in record.materials.all() if m.open_lines and m.state not in there]
        choices = [
            (m.pk, f"{m.name}（{n} 个事项共用）" if (n := len(m.open_lines)) > 1 else m.name)
            for m in open_rows
        ]
        self.fields["materials"] = _ticks(
            "本次收到的材料", choices, required=self.needs_material, ticked=False
        )

    needs_material = False


class AnswerForm(MaterialsForm):
    """接收补正: what came, and which cases it answers."""

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        self.fields["cases"] = _ticks(
            "已补正的事项",
            _cases(record, {CaseState.CORRECTING}),
            required=True,
            ticked=True,
            help_text="勾选的事项重新开始 5 个工作日的审查；没有勾选的继续等待补正。",
        )


class HandInMaterialsForm(MaterialsForm):
    needs_material = True

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        field: Any = self.fields["materials"]
        owed = {m.pk for m in record.materials.all() if m.state in OUTSTANDING}
        field.choices = [choice for choice in field.choices if choice[0] in owed]


class PickUpForm(ReasonForm):
    recipient = forms.CharField(label="领取人", max_length=60, widget=UnfoldAdminTextInputWidget)
    method = forms.ChoiceField(
        label="送达方式", choices=DeliveryMethod.choices, widget=UnfoldAdminSelectWidget
    )
    field_order = ["recipient", "method", "reason"]

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        recipient = record.agent_name or record.applicant_name[:60]
        kwargs["initial"] = {**kwargs.get("initial", {}), "recipient": recipient}
        super().__init__(*args, **kwargs)
        rest = [case for case in record.cases if case.is_open and case.state != CaseState.COLLECTING]
        self.fields["reason"].label = "先行领取的理由"
        self.fields["reason"].help_text = (
            "还有事项没有办完：" + "、".join(case.item_name for case in rest) + "。确需先领的，请写明理由。"
            if rest
            else "全部事项已有结果，不用填写。"
        )


class WithdrawForm(ReasonForm):
    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cases"] = _ticks(
            "撤回的事项",
            _cases(record, WITHDRAWABLE),
            required=True,
            ticked=True,
            help_text="只撤回一部分时，去掉其余的勾。",
        )
        self.order_fields(["cases", "reason"])


def _told(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("version", "missing", "days", "reason")}


BUNDLE_CASE_VERBS = {
    "accept": Verb(VersionForm, do.accept_bundle, "bundle_case"),
    "request_correction": Verb(
        CollectedCorrectionForm,
        do.request_collected_correction,
        "bundle_case",
        for_record=True,
        arguments=_told,
    ),
    "receive_correction": Verb(AnswerForm, do.receive_collected_correction, "bundle_case", for_record=True),
    "hand_in": Verb(HandInMaterialsForm, do.hand_in_materials, "bundle_case", for_record=True),
    "hand_over": Verb(VersionForm, do.hand_over_bundle, "bundle_case"),
    "deliver": Verb(PickUpForm, do.deliver_bundle, "bundle_case", for_record=True),
    "withdraw": Verb(WithdrawForm, do.withdraw_bundle, "bundle_case", for_record=True),
    "void": Verb(ReasonForm, do.void_bundle, "bundle_case"),
}
