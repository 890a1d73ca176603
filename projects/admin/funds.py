"""Receipts of money: recorded once, voided with a reason, never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from projects import actions
from projects.admin.base import ActionSavedAdmin
from projects.admin.evidence import EvidenceMixin
from projects.models import FundsReceipt, KeyProject
from projects.workflow import RECEIPT_EVENTS
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, WorkflowAdmin
from tuoxian_portal.core.money import format_wan
from tuoxian_portal.core.uploads import check_upload


class ReceiptForm(forms.ModelForm):
    class Meta:
        model = FundsReceipt
        fields = [
            "project",
            "received_on",
            "amount_wan",
            "source_kind",
            "payer",
            "evidence",
            "evidence_file",
        ]

    def clean_evidence_file(self) -> Any:
        file = self.cleaned_data["evidence_file"]
        if file and "evidence_file" in self.changed_data:
            check_upload(file)
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        same = FundsReceipt.objects.valid().filter(
            **{name: cleaned.get(name) for name in ("project", "received_on", "amount_wan", "evidence")}
        )
        if self.instance.pk is None and same.exists():
            raise ValidationError(
                "同一天、同样金额、同样凭证的到位资金已经登记过。如确为另一笔，请把凭证编号写清楚。"
            )
        return cleaned


@admin.register(FundsReceipt)
class FundsReceiptAdmin(EvidenceMixin, ActionSavedAdmin, WorkflowAdmin):
    workflow = RECEIPT_EVENTS
    verbs = {"void": Verb(ReasonForm, actions.void_receipt, "receipt")}
    action_labels = {"add": "登记到位资金"}
    form = ReceiptForm
    list_display = [
        "received_on",
        "project",
        "amount",
        "source_kind",
        "payer",
        "evidence",
        "voided",
        "sample",
    ]
    list_display_links = ["received_on", "project"]
    list_filter = [
        "source_kind",
        "received_on",
        "project__industry",
        ("voided_at", admin.EmptyFieldListFilter),
        "is_sample",
    ]
    list_filter_submit = True
    search_fields = ["project__number", "project__name", "payer", "evidence"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "project",
                    ("received_on", "amount_wan"),
                    ("source_kind", "payer"),
                    "evidence",
                    "evidence_file",
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fieldsets
        fields = [
            "project",
            ("received_on", "amount_wan"),
            ("source_kind", "payer"),
            "evidence",
            "evidence_link",
            "recorded_by",
        ]
        return ((None, {"fields": fields + (["void_reason"] if obj.voided_at else [])}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["evidence_link", "recorded_by", "void_reason"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "project":
            kwargs["queryset"] = KeyProject.objects.counted()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        file, obj.evidence_file = form.cleaned_data.get("evidence_file"), None
        actions.record_receipt(receipt=obj, file=file, actor=request.user)

    @display(description=_("金额"), ordering="amount_wan")
    def amount(self, receipt: FundsReceipt) -> str:
        return format_wan(receipt.amount_wan)

    @display(description=_("作废"), label={"已作废": "danger"})
    def voided(self, receipt: FundsReceipt) -> str | None:
        return "已作废" if receipt.voided_at else None

    @display(description=_("凭证文件"), empty_value="没有上传")
    def evidence_link(self, receipt: FundsReceipt) -> str | None:
        url = self.evidence_url(receipt)
        return format_html('<a href="{}">{}</a>', url, receipt.evidence_name) if url else None
