"""Recording money that arrived, and voiding a wrong record."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from projects.actions.permission import require
from projects.choices import Status
from projects.models import FundsReceipt, KeyProject
from projects.workflow import RECEIPT_EVENTS
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import step
from tuoxian_portal.core.errors import WorkflowError


@transaction.atomic
def record_receipt(*, receipt: FundsReceipt, actor: Any, file: File | None = None) -> FundsReceipt:
    """Adds a receipt, with `file` as its evidence when there is one.

    Raises `NotPermitted`, `WorkflowError` for a terminated project, `ValidationError` (amount, day in the
    future, no evidence named, a file that is refused, the same money recorded twice).
    """
    require(actor, "projects.add_fundsreceipt", "登记到位资金")
    project = KeyProject.objects.select_for_update(of=("self",)).get(pk=receipt.project_id)
    if project.status == Status.TERMINATED:
        raise WorkflowError("项目已终止，不再登记到位资金。")
    if file:
        try:
            receipt.keep(file)
        except ValidationError as error:
            raise ValidationError({"evidence_file": error.messages}) from None
    receipt.recorded_by, receipt.is_sample = actor, project.is_sample
    receipt.full_clean()
    same = project.receipts.valid().filter(received_on=receipt.received_on, amount_wan=receipt.amount_wan)
    if same.filter(evidence=receipt.evidence).exists():
        raise ValidationError({"evidence": "同一天、同样金额、同样凭证的到位资金已经登记过，没有重复登记。"})
    receipt.save()
    log(
        actor=actor,
        action="add",
        target=receipt,
        changes={
            "amount_wan": [None, str(receipt.amount_wan)],
            "received_on": [None, str(receipt.received_on)],
        },
    )
    return receipt


def void_receipt(
    *, receipt: FundsReceipt, actor: Any, reason: str, version: int | None = None
) -> FundsReceipt:
    """A receipt that was recorded wrongly no longer counts; the row and the reason stay."""
    return step(
        RECEIPT_EVENTS,
        "void",
        receipt,
        actor,
        reason=reason,
        version=version,
        voided_at=timezone.now(),
        voided_by=actor,
        void_reason=reason.strip()[:300],
    )
