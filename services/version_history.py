"""What an item can be compared by: its published versions and the draft that is being worked on."""

from dataclasses import dataclass
from typing import Any

from services.choices import PublicationState
from services.comparison import Comparison, compare
from services.models import ServiceItem
from services.versions import content_of

DRAFT = "draft"


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a version's number, or the draft that is being worked on."""

    value: str
    label: str


@dataclass(frozen=True)
class History:
    """An item with everything that it can be compared by, newest first."""

    item: ServiceItem
    draft: ServiceItem | None
    sides: list[Side]

    @property
    def defaults(self) -> tuple[str, str]:
        """The last two: what is published and what would replace it, or the two last versions."""
        values = [side.value for side in self.sides]
        return (values[1], values[0]) if len(values) > 1 else ("", values[0] if values else "")

    def label(self, value: str) -> str:
        return next((side.label for side in self.sides if side.value == value), "")

    def compare(self, old: str, new: str) -> Comparison:
        """One query for versions, nine for a draft."""
        numbers = [int(value) for value in (old, new) if value != DRAFT]
        found: dict[str, Any] = {
            str(number): content
            for number, content in self.item.versions.filter(number__in=numbers).values_list(
                "number", "content"
            )
        }
        if self.draft and DRAFT in {old, new}:
            found[DRAFT] = content_of(self.draft)
        return compare(found[old], found[new])


def history_of_item(record: ServiceItem) -> History:
    """The history that `record`, an item or the draft of its next version, belongs to. Three queries."""
    item = record.revises or record
    draft = record if record.revises_id else getattr(item, "next_draft", None)
    if draft is None and item.state in {PublicationState.DRAFTED, PublicationState.REVIEWED}:
        draft = item
    sides = []
    if draft:
        label = "修订稿" if draft.revises_id else "编制稿"
        sides.append(Side(DRAFT, f"{label}（{draft.get_state_display()}，未发布）"))
    for number, at in item.versions.order_by("-number").values_list("number", "published_at"):
        sides.append(Side(str(number), f"第 {number} 版（{at:%Y-%m-%d} 发布）"))
    return History(item, draft, sides)


def difference_to_published(record: ServiceItem) -> Comparison | None:
    """What `record`, a draft, changes against the version last published; None when there is none."""
    item = record.revises or record
    if item.state == PublicationState.PUBLISHED and not record.revises_id:
        return None
    content = item.versions.order_by("-number").values_list("content", flat=True).first()
    return None if content is None else compare(content, content_of(record))
