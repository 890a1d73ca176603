"""What the workbench asks for at each act on an entrustment. The acts are in `actions.entrustments` and
`actions.entrustment_acts`."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from projects.models import KeyProject
from services.actions import entrustment_acts as acts
from services.actions import entrustment_ends as ends
from services.actions import entrustments as do
from services.actions.entrustment_acts import PaperLine
from services.choices import ProjectStage
from services.choices_cases import ApplicantKind
from services.choices_entrustments import (
    AssistanceMode,
    EntrustmentChannel,
    FollowUpGrade,
    PaperForm,
    PaperOrigin,
    Power,
)
from services.models import Case, Entrustment, ServiceItem
from tuoxian_portal.accounts.models import User
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm
from tuoxian_portal.core.calendar import today
from tuoxian_portal.directory.models import Enterprise, Outlet, Park


def text(label: str, longest: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, widget=UnfoldAdminTextInputWidget, **more)


def day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=UnfoldAdminDateWidget, **more)


def pick(label: str, queryset: Any, *, searched: bool = False, **more: Any) -> forms.ModelChoiceField:
    """One of `queryset`; a long list is `searched`."""
    widget = UnfoldAdminSelect2Widget if searched else UnfoldAdminSelectWidget
    return forms.ModelChoiceField(label=label, queryset=queryset, widget=widget, **more)


def one_of(label: str, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminRadioSelectWidget)


def helpers() -> Any:
    """Who may be named as a helper: accounts in use that hold the role."""
    return User.objects.filter(is_active=True, groups__role__code="helper").order_by("display_name", "pk")


class RecordForm(VersionForm):
    """Knows the entrustment, so that it can offer what fits it."""

    def __init__(self, *args: Any, record: Entrustment, **kwargs: Any) -> None:
        self.record = record
        kwargs["initial"] = {**kwargs.get("initial", {}), **self.likely()}
        super().__init__(*args, **kwargs)

    def likely(self) -> dict[str, Any]:
        return {}


class RegisterForm(forms.Form):
    """咨询登记 at the counter, on the phone, on a walk through a park."""

    submission = forms.UUIDField(widget=forms.HiddenInput)
    principal_kind = one_of("委托人类型", ApplicantKind.choices)
    principal_name = text("委托人", 120)
    contact_name = text("联系人", 60, required=False, help_text="单位委托时填写。")
    phone = text("联系电话", 30)
    principal_number = text("证件号码", 30, required=False, help_text="可以到拟定委托书时再填。")
    needs = forms.CharField(
        label="想办的事", max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
    mode = one_of("帮办方式", AssistanceMode.choices)
    channel = forms.ChoiceField(
        label="来源", choices=EntrustmentChannel.choices, widget=UnfoldAdminSelectWidget
    )
    outlet = pick("帮办网点", Outlet.objects.filter(is_active=True))
    park = pick(
        "园区服务站", Park.objects.filter(is_active=True), required=False, help_text="园区帮办时选择。"
    )
    project = pick(
        "重点项目", KeyProject.objects.none(), searched=True, required=False, help_text="全程帮办必选。"
    )
    enterprise = pick(
        "企业（名录）", Enterprise.objects.filter(is_active=True), searched=True, required=False
    )
    visit_address = text("上门地址", 200, required=False, help_text="加密保存。上门帮办时填写。")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "submission": uuid4(),
            "outlet": user.outlet_id,
            "mode": AssistanceMode.WINDOW,
            "principal_kind": ApplicantKind.PERSON,
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = KeyProject.objects.visible_to(user)


class AmendForm(RecordForm):
    principal_kind = one_of("委托人类型", ApplicantKind.choices)
    principal_name = text("委托人", 120)
    contact_name = text("联系人", 60, required=False)
    phone = text("联系电话", 30, required=False, help_text="不更正的不填。")
    principal_number = text("证件号码", 30, required=False, help_text="不更正的不填。")
    mode = one_of("帮办方式", AssistanceMode.choices)
    outlet = pick("帮办网点", Outlet.objects.filter(is_active=True))
    park = pick("园区服务站", Park.objects.filter(is_active=True), required=False)
    project = pick(
        "重点项目", KeyProject.objects.none(), searched=True, required=False, help_text="全程帮办必选。"
    )
    enterprise = pick(
        "企业（名录）", Enterprise.objects.filter(is_active=True), searched=True, required=False
    )
    visit_address = text("上门地址", 200, required=False, help_text="加密保存；不更正的不填。")
    reason = forms.CharField(
        label="说明", required=False, max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        # Published projects, and the one that is chosen already.
        project.queryset = KeyProject.objects.filter(Q(is_published=True) | Q(pk=self.record.project_id))

    def likely(self) -> dict[str, Any]:
        names = ("principal_kind", "principal_name", "contact_name", "mode")
        keys = ("outlet", "park", "project", "enterprise")
        return {name: getattr(self.record, name) for name in names} | {
            name: getattr(self.record, f"{name}_id") for name in keys
        }


def amended(data: dict[str, Any]) -> dict[str, Any]:
    """The cleaned data of `AmendForm` or `RegisterForm` as arguments of the action."""
    data = dict(data)
    principal = do.Principal(
        kind=data.pop("principal_kind"),
        name=data.pop("principal_name"),
        phone=data.pop("phone"),
        number=data.pop("principal_number"),
        contact_name=data.pop("contact_name"),
    )
    return {"principal": principal, **data}


class AssignForm(RecordForm):
    helper = pick("帮办员", User.objects.none())
    co_helper = pick("协办人", User.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("helper", "co_helper"):
            field: Any = self.fields[name]
            field.queryset = helpers()

    def likely(self) -> dict[str, Any]:
        return {"helper": self.record.helper_id, "co_helper": self.record.co_helper_id}


class MattersForm(RecordForm):
    """Items and stages of the authority."""

    items = forms.ModelMultipleChoiceField(
        label="委托事项",
        queryset=ServiceItem.objects.none(),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="可以选多项；输入名称查找。",
    )
    stages = forms.MultipleChoiceField(
        label="项目阶段（全帮办）",
        choices=ProjectStage.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="勾选后，该阶段的全部事项都在委托范围内。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items: Any = self.fields["items"]
        items.queryset = ServiceItem.objects.published().only("pk", "code", "name").order_by("code")


class DrawUpForm(MattersForm):
    principal_number = text("委托人证件号码", 30, required=False)
    powers = forms.MultipleChoiceField(
        label="委托权限", choices=Power.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    special_confirmed = forms.BooleanField(
        label="委托人已明确特别授权",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="只有委托人明确同意代为签字、代为陈述和申辩时才勾选。",
    )
    starts_on = day("委托期限自")
    ends_on = day("委托期限至")
    field_order = [
        "principal_number",
        "items",
        "stages",
        "powers",
        "special_confirmed",
        "starts_on",
        "ends_on",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = self.fields["principal_number"]
        if self.record.principal_number:
            number.help_text = f"已登记 {self.record.masked_number}；不需要更正的不填。"
        else:
            number.required = True

    def likely(self) -> dict[str, Any]:
        matters = list(self.record.matters.all())
        return {
            "items": [m.item_id for m in matters if m.item_id],
            "stages": [m.stage for m in matters if m.stage] or do.propose_matters(self.record.project),
            "powers": self.record.powers or [Power.GUIDE, Power.FILL, Power.SUBMIT, Power.COLLECT],
            "special_confirmed": self.record.special_confirmed,
            "starts_on": self.record.starts_on or today(),
            "ends_on": self.record.ends_on or today() + timedelta(days=90),
        }


class SignForm(RecordForm):
    signer = text("签署人", 60)
    signed_on = day("签署日期")

    def likely(self) -> dict[str, Any]:
        return {"signer": likely_signer(self.record), "signed_on": today()}


def likely_signer(record: Entrustment) -> str:
    return record.contact_name or ("" if record.is_organisation else record.principal_name[:60])


class RenewForm(MattersForm):
    ends_on = day("新的截止日期", required=False, help_text="不延长的留空。")
    helper = pick("更换帮办员", User.objects.none(), required=False)
    signer = text("续办委托书签署人", 60)
    field_order = ["ends_on", "items", "stages", "helper", "signer"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["helper"]
        field.queryset = helpers()
        self.fields["items"].label = "增加委托事项"
        self.fields["stages"].label = "增加项目阶段"

    def likely(self) -> dict[str, Any]:
        return {"signer": self.record.signer}


class ResumeForm(RecordForm):
    signer = text("续办委托书签署人", 60)
    ends_on = day("新的截止日期", required=False, help_text="不变的留空。")

    def likely(self) -> dict[str, Any]:
        return {"signer": self.record.signer}


class StepForm(RecordForm):
    on = day("日期")
    power = forms.ChoiceField(label="使用的权限", choices=(), widget=UnfoldAdminSelectWidget)
    case = pick("办件", Case.objects.none(), required=False, empty_label="不涉及某一办件")
    item = pick(
        "事项",
        ServiceItem.objects.none(),
        required=False,
        empty_label="不涉及某一事项",
        help_text="选了办件的不用再选。",
    )
    what = text("做了什么", 300)
    place = text("地点", 120, required=False)
    result = text("结果", 300, required=False)
    next_step = text("下一步", 200, required=False)
    next_on = day("下一步日期", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mandate = self.record.mandate
        power, case, item = (self.fields[name] for name in ("power", "case", "item"))
        power.choices = [(v, label) for v, label in Power.choices if v in mandate.powers]  # type: ignore[attr-defined]  # a ChoiceField
        case.queryset = Case.objects.filter(entrustment_links__entrustment=self.record)  # type: ignore[attr-defined]  # a ModelChoiceField
        item.queryset = covered_items(self.record)  # type: ignore[attr-defined]  # a ModelChoiceField

    def likely(self) -> dict[str, Any]:
        return {"on": today()}


def covered_items(record: Entrustment) -> Any:
    """The items that the authority covers."""
    mandate = record.mandate
    items = ServiceItem.objects.filter(pk__in=mandate.items)
    if mandate.stages:
        items |= ServiceItem.objects.published().filter(stage__in=mandate.stages)
    return items.order_by("code")


class LinkForm(RecordForm):
    case_number = text("办件编号", 40, help_text="接收回执上的编号，空格和连字符不影响。")
    power = forms.ChoiceField(label="使用的权限", choices=(), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = set(self.record.powers)
        field: Any = self.fields["power"]
        field.choices = [(v, label) for v, label in Power.choices if v in held]

    def likely(self) -> dict[str, Any]:
        return {"power": Power.SUBMIT}


LINE = re.compile(
    r"^(?P<name>.+?)(?:[\s，,、|]+(?P<form>原件|复印件))?(?:[\s，,、|]*(?P<count>\d{1,4})\s*份?)?$", re.ASCII
)


def parse_papers(value: str) -> list[PaperLine]:
    """`营业执照 原件 1` a line; without a word it is an original, without a number one.

    Raises `ValidationError` that names the line.
    """
    lines = []
    for number, raw in enumerate(value.splitlines(), 1):
        line = raw.replace("\x00", "").strip()
        if not line:
            continue
        found = LINE.match(line)
        if not found or found["name"] in {"原件", "复印件"}:
            raise ValidationError(f"第 {number} 行看不懂，请写成“营业执照 原件 1”。")
        form = PaperForm.COPY if found["form"] == "复印件" else PaperForm.ORIGINAL
        lines.append(PaperLine(found["name"].strip(), form, int(found["count"] or 1)))
    return lines


class ReceivePapersForm(RecordForm):
    papers = forms.CharField(
        label="接收的材料",
        max_length=6000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="一行一件：名称、原件或复印件、份数，例如“营业执照 原件 1”。不写份数为 1 份，不写形式为原件。",
    )
    origin = forms.ChoiceField(label="来处", choices=PaperOrigin.choices, widget=UnfoldAdminRadioSelectWidget)
    handed_by = text("交件人签名", 60)

    def likely(self) -> dict[str, Any]:
        return {"origin": PaperOrigin.PRINCIPAL, "handed_by": likely_signer(self.record)}

    def clean_papers(self) -> list[PaperLine]:
        return parse_papers(self.cleaned_data["papers"])


class ReturnPapersForm(RecordForm):
    papers = forms.TypedMultipleChoiceField(
        label="退还的材料", coerce=int, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    returned_to = text("取件人签名", 60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["papers"]
        field.choices = [(p.pk, str(p)) for p in self.record.papers.all() if p.is_held]

    def likely(self) -> dict[str, Any]:
        return {"returned_to": likely_signer(self.record)}


class VisitForm(RecordForm):
    at = forms.SplitDateTimeField(label="上门时间", widget=UnfoldAdminSplitDateTimeWidget)
    address = text("地址", 200, help_text="加密保存。")
    visitors = text("上门人员", 120)
    what = text("服务内容", 300)
    outcome = text("结果", 300)
    signer = text("服务对象签名", 60)

    def likely(self) -> dict[str, Any]:
        names = "、".join(str(p) for p in (self.record.helper, self.record.co_helper) if p)
        return {
            "address": self.record.visit_address,
            "visitors": names,
            "signer": likely_signer(self.record),
        }


class SignOffForm(RecordForm):
    result = forms.CharField(
        label="帮办结果", max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    signer = text("签单人", 60)

    def likely(self) -> dict[str, Any]:
        return {"signer": self.record.signer}


class FollowUpForm(VersionForm):
    grade = one_of("委托人的评价", FollowUpGrade.choices)
    note = forms.CharField(
        label="回访情况",
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="不满意的须写明原因。",
    )


def _verb(form: type[forms.Form], action: Any) -> Verb:
    return Verb(form, action, "entrustment", for_record=issubclass(form, RecordForm))


ENTRUSTMENT_VERBS = {
    "assign": _verb(AssignForm, do.assign_helper),
    "amend": Verb(AmendForm, do.amend_entrustment, "entrustment", for_record=True, arguments=amended),
    "promise": _verb(VersionForm, do.promise_help),
    "draw_up": _verb(DrawUpForm, do.draw_up_authority),
    "sign": _verb(SignForm, do.sign_authority),
    "record_step": _verb(StepForm, acts.record_step),
    "link_case": _verb(LinkForm, acts.link_case),
    "receive_papers": _verb(ReceivePapersForm, acts.receive_papers),
    "return_papers": _verb(ReturnPapersForm, acts.return_papers),
    "record_visit": _verb(VisitForm, acts.record_visit),
    "issue_plan": _verb(VersionForm, acts.issue_plan),
    "renew": _verb(RenewForm, do.renew_authority),
    "suspend": _verb(ReasonForm, do.suspend_help),
    "resume": _verb(ResumeForm, do.resume_help),
    "sign_off": _verb(SignOffForm, ends.sign_off),
    "follow_up": _verb(FollowUpForm, ends.follow_up),
    "withdraw": _verb(ReasonForm, ends.withdraw_entrustment),
    "terminate": _verb(ReasonForm, ends.terminate_entrustment),
}
