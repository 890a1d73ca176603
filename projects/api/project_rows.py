"""The list of projects as plain rows: the shape of `KeyProjectSerializer`, read from the columns."""

from typing import Any

from django.urls import reverse

from projects.api.serializers import KeyProjectSerializer
from projects.choices import Stage
from tuoxian_portal.core.api.viewsets import local_time

DERIVED = {"stage_label", "url"}
ELSEWHERE = {
    "enterprise": "enterprise_name",
    "directory_name": "enterprise__name",
    "industry": "industry__slug",
    "park": "park__name",
    "town": "town__name",
    "department": "department__name",
}
COLUMNS = {n: n for n in KeyProjectSerializer.Meta.fields if n not in DERIVED} | ELSEWHERE
STAGE_LABELS = {value: str(label) for value, label in Stage.choices} | {"": "来源未载明"}


def finish(row: dict[str, Any]) -> dict[str, Any]:
    """Adds what `KeyProject` derives; see its properties of the same names."""
    row["stage_label"] = STAGE_LABELS[row["stage"]]
    row["enterprise"] = row["enterprise"] or row["directory_name"] or ""
    del row["directory_name"]
    row["url"] = reverse("projects:detail", args=[row["number"]])
    row["published_at"] = local_time(row["published_at"])
    row["updated_at"] = local_time(row["updated_at"])
    return row
