"""What the principal of a 帮办 entrustment sees at `/track/` with the number and password."""

import hmac
import re
from typing import Any

from services import throttling
from services.choices_entrustments import AssistanceMode, EntrustmentState
from services.entrustment_progress import public_timeline, remaining_days, status_sentence
from services.mandate import powers_in_words
from services.models.applicants import TRACKING_ALPHABET
from services.models.entrustments import Entrustment, EntrustmentCase
from services.models.ratings import rating_offer
from tuoxian_portal.audit.actions import history_of

PREFIX = "BB-"
NUMBER = re.compile(r"^BB(\d{8})(\d{4,12})$", re.ASCII)


def spelled(compacted: str) -> str:
    """The number of an entrustment as it is stored; "" for anything else."""
    found = NUMBER.match(compacted)
    return f"{PREFIX}{found[1]}-{found[2]}" if found else ""


def find_entrustment(number: str, code: str) -> Entrustment | None:
    """The entrustment if the pair is right. One query; the same time for a wrong number and code."""
    found = Entrustment.objects.select_related("outlet", "project").filter(number=number).first()
    expected = found.tracking_code if found else TRACKING_ALPHABET[:8]
    right = hmac.compare_digest(expected.encode(), code.encode())
    return found if found is not None and right and not throttling.too_many_wrong(number) else None


def help_progress(record: Entrustment) -> dict[str, Any]:
    """For the template `services/track_help.html`: masked names, dates, no staff. Some seven queries."""
    links = EntrustmentCase.objects.filter(entrustment=record).select_related("case__item")
    facts = [
        ("委托编号", record.number),
        ("委托人", record.masked_name),
        ("帮办方式", AssistanceMode(record.mode).label),
        ("帮办网点", record.outlet.name),
    ]
    if record.project:
        facts.append(("项目", record.project.name))
    if record.signed_on:
        facts += [("委托期限", record.period), ("委托权限", powers_in_words(record.powers))]
    held = [paper for paper in record.papers.all() if paper.is_held]
    state = EntrustmentState(record.state)
    return {
        "record": record,
        "state_label": state.label,
        "state_tone": state.tone,
        "sentence": status_sentence(record),
        "remaining": remaining_days(record),
        "facts": facts,
        "matters": [str(matter) for matter in record.matters.select_related("item")],
        "cases": [(link.case.case_number, link.case.item_name, link.case) for link in links],
        "held": [str(paper) for paper in held],
        "timeline": public_timeline(record, history_of(record)),
        "desk": record.outlet,
        **rating_offer(getattr(record, "rating_invitation", None)),
        "has_sample": record.is_sample,
        "crumbs": [("办件进度查询", "/track/"), ("帮办进度", "")],
    }
