"""The list of cases as plain rows: the shape of `CaseSerializer`, read straight from the columns."""

from datetime import date
from typing import Any

from services.choices_cases import OFFICE_STATES, ApplicantKind, CaseState
from tuoxian_portal.core import crypto

SAME = [
    *["case_number", "state", "outcome", "applicant_kind", "is_instant", "received_on", "accepted_on"],
    *["decided_on", "closed_on", "due_on", "due_kind", "decide_by", "is_sample", "version"],
]
COLUMNS = {name: name for name in SAME} | {
    "item": "item__code",
    "item_name": "item__name",
    "accepted_item_name": "item_snapshot__name",
    "department": "department__name",
    "outlet": "outlet__name",
    "applicant": "applicant_name",
}
STATE_LABELS = {value: str(label) for value, label in CaseState.choices}


def finish(row: dict[str, Any], *, on: date) -> dict[str, Any]:
    """Adds what `Case` derives on the day `on`; see its properties of the same names."""
    row["state_label"] = STATE_LABELS[row["state"]]
    row["item_name"] = row.pop("accepted_item_name") or row["item_name"]
    if row["applicant_kind"] != ApplicantKind.ORGANISATION:
        row["applicant"] = crypto.mask_name(row["applicant"])
    due = row["due_on"]
    row["is_overdue"] = due is not None and row["state"] in OFFICE_STATES and due < on
    return row
