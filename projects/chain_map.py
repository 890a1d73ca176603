"""The map of an industry chain as plain geometry: boxes from upstream to downstream, arrows between them.

The template writes it as SVG. It is as wide as a phone, so that nobody scrolls sideways.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, BOX, GAP, MARGIN = 320, 54, 26, 4
# Characters that fit into a box at the size of the type.
NAME_LENGTH, SUB_LENGTH = 18, 23


@dataclass(frozen=True)
class Box:
    """One link: `y` is its top edge; `arrow` the path from the link before it, "" for the first."""

    y: int
    standing: str
    name: str
    sub: str
    arrow: str

    @property
    def name_y(self) -> int:
        return self.y + 23

    @property
    def sub_y(self) -> int:
        return self.y + 43


@dataclass(frozen=True)
class ChainMap:
    boxes: Sequence[Box]
    description: str

    @property
    def height(self) -> int:
        return len(self.boxes) * (BOX + GAP) - GAP + 2 * MARGIN if self.boxes else 0

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {self.height}"

    x, width, box = MARGIN, WIDTH - 2 * MARGIN, BOX
    text_x = WIDTH // 2


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def chain_map(nodes: Sequence[Any]) -> ChainMap:
    """The map of a chain's `nodes`, in their order. No queries beyond `node.enterprise`."""
    boxes = []
    for n, node in enumerate(nodes):
        top = MARGIN + n * (BOX + GAP)
        tip, middle = top - 2, WIDTH // 2
        head = f"M{middle - 5} {tip - 7}L{middle} {tip}L{middle + 5} {tip - 7}"
        arrow = f"M{middle} {top - GAP + 2}V{tip}{head}" if n else ""
        sub = "：".join(part for part in (str(node.get_standing_display()), node.owner_name) if part)
        boxes.append(Box(top, node.standing, cut(node.name, NAME_LENGTH), cut(sub, SUB_LENGTH), arrow))
    words = "，".join(f"{node.name}（{node.get_standing_display()}）" for node in nodes)
    return ChainMap(boxes, f"从上游到下游：{words}。")
