"""The register of enterprises as facts for rules; the counterpart of `rules.database`."""

from datetime import date
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Prefetch, QuerySet

from policies.rules.database import COLUMNS
from policies.rules.facts import Holdings
from projects.models import KeyProject
from tuoxian_portal.directory.models import Enterprise

STAGED = "staged_projects"


def with_facts(enterprises: QuerySet[Enterprise]) -> QuerySet[Enterprise]:
    """`enterprises` with everything that `facts_of` reads; two queries more, whatever their number."""
    return enterprises.select_related(
        "industry", "park", "profile", "profile__town", "profile__chain"
    ).prefetch_related(
        "qualifications",
        Prefetch(
            "keyproject_set", KeyProject.objects.exclude(stage="").only("stage", "enterprise"), to_attr=STAGED
        ),
    )


def facts_of(enterprise: Enterprise, day: date) -> dict[str, Any]:
    """What the register knows of `enterprise` on `day`; unknown facts are left out."""
    facts: dict[str, Any] = {}
    for key, column in COLUMNS.items():
        value = _follow(enterprise, column)
        if value not in (None, ""):
            facts[key] = value
    held = frozenset(q.kind for q in enterprise.qualifications.all() if q.is_valid_on(day))
    complete = bool(_follow(enterprise, "profile__qualifications_complete"))
    if held or complete:
        facts["qualifications"] = Holdings(held, complete)
    stages = frozenset(project.stage for project in getattr(enterprise, STAGED))
    if stages:
        facts["project_stage"] = Holdings(stages)
    return facts


def _follow(record: Any, path: str) -> Any:
    """`record.a.b` for the column `a__b`; None where a relation is empty."""
    for name in path.split("__"):
        try:
            record = getattr(record, name)
        except ObjectDoesNotExist:
            return None
        if record is None:
            return None
    return record
