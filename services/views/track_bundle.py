"""What an applicant sees of a bundle case at `/track/`: one sentence, each item, one timeline, one phone.

The number of the whole and the number of each of its cases lead here, with the one password.
"""

import hmac
import re
from typing import Any

from services import throttling
from services.choices_cases import CaseState
from services.models import BundleCase, Case, CorrectionNotice
from services.models.applicants import TRACKING_ALPHABET
from services.progress import status_sentence
from services.progress_bundles import bundle_sentence, bundle_timeline
from tuoxian_portal.core.chinese import plain_date

NUMBER = re.compile(r"^150122(\d{8})B(\d{4,12})$", re.ASCII)


def spelled(compacted: str) -> str:
    """The number of a bundle case as it is stored; "" for anything else."""
    found = NUMBER.match(compacted)
    return f"150122-{found[1]}-B{found[2]}" if found else ""


def find_bundle(number: str, code: str) -> BundleCase | None:
    """The bundle case if the pair is right; the same time for a wrong number and a wrong code."""
    found = BundleCase.objects.filter(number=number).first()
    expected = found.tracking_code if found else TRACKING_ALPHABET[:8]
    right = hmac.compare_digest(expected.encode(), code.encode())
    return found if found is not None and right and not throttling.too_many_wrong(number) else None


def bundle_progress(pk: int) -> dict[str, Any]:
    """For the template `services/track_bundle.html`: masked names, dates, no staff. Some ten queries."""
    record = BundleCase.objects.with_children().get(pk=pk)
    facts = [
        ("一次办编号", record.number),
        ("申请人", record.masked_name),
        ("收件网点", record.outlet.name),
    ]
    if record.received_on:
        facts.append(("收件日期", plain_date(record.received_on)))
    if record.promised_by and record.is_open:
        facts.append(("承诺办结日", plain_date(record.promised_by)))
    invitation = getattr(record, "rating_invitation", None) if not record.is_open else None
    return {
        "record": record,
        "state_label": record.state.label,
        "state_tone": record.state.tone,
        "sentence": bundle_sentence(record),
        "items": [_item(case) for case in record.cases],
        "split": [_item(case) for case in record.split_cases],
        "missing": _missing(record),
        "facts": facts,
        "timeline": bundle_timeline(record),
        "desk": next((p for p in (record.outlet, record.department) if p is not None and p.phone), None),
        "rate_url": invitation.address() if invitation and invitation.is_open else "",
        "is_rated": bool(invitation and invitation.is_used),
        "has_sample": record.is_sample,
        "crumbs": [("首页", "/"), ("办件进度查询", "")],
    }


def _item(case: Case) -> dict[str, Any]:
    return {
        "title": case.item_name,
        "hint": f"{case.case_number}，{case.department.name}。{status_sentence(case, public=True)}",
        "status": case.get_state_display(),
        "tone": case.state_tone,
    }


def _missing(record: BundleCase) -> list[tuple[str, list[str]]]:
    """What each case still needs, from its last notice; one query while something is corrected."""
    correcting = [case for case in record.cases if case.state == CaseState.CORRECTING]
    if not correcting:
        return []
    last = {n.case_id: n.items for n in CorrectionNotice.objects.filter(case__in=correcting).order_by("pk")}
    return [(case.item_name, last[case.pk]) for case in correcting if case.pk in last]
