"""The tree of a formula; see `formula`."""

from dataclasses import dataclass
from decimal import Decimal

from policies.rules.facts import Fact


@dataclass(frozen=True)
class Number:
    value: Decimal
    shown: str
    is_money: bool
    at: tuple[int, int]


@dataclass(frozen=True)
class Asked:
    fact: Fact
    at: tuple[int, int]


@dataclass(frozen=True)
class Negative:
    part: "Node"


@dataclass(frozen=True)
class Group:
    part: "Node"


@dataclass(frozen=True)
class Binary:
    op: str
    left: "Node"
    right: "Node"
    at: tuple[int, int]


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple["Node", ...]
    at: tuple[int, int]


@dataclass(frozen=True)
class Band:
    kind: str
    bound: Number | None
    value: "Node"

    @property
    def shown(self) -> str:
        if self.bound is None:
            return "其余"
        return f"{'至' if self.kind == 'upto' else '不满'} {self.bound.shown}"


@dataclass(frozen=True)
class Bands:
    """分段 (`graded`) or 分档 (`banded`) of `base`."""

    name: str
    base: "Node"
    bands: tuple[Band, ...]
    at: tuple[int, int]


@dataclass(frozen=True)
class Limited:
    """封顶 (`cap`) or 保底 (`floor`)."""

    kind: str
    part: "Node"
    limit: "Node"


Node = Number | Asked | Negative | Group | Binary | Call | Bands | Limited


def place(node: Node) -> tuple[int, int]:
    """Where in the text `node` stands."""
    match node:
        case Negative(part) | Group(part):
            return place(part)
        case Limited():
            return place(node.part)
        case _:
            return node.at


def facts_asked(node: Node) -> list[str]:
    """The keys of the facts in `node`, in the order of the text, each once."""
    found: dict[str, None] = {}

    def visit(part: Node) -> None:
        match part:
            case Asked():
                found[part.fact.key] = None
            case Negative() | Group():
                visit(part.part)
            case Binary():
                visit(part.left)
                visit(part.right)
            case Call():
                for argument in part.arguments:
                    visit(argument)
            case Bands():
                visit(part.base)
                for band in part.bands:
                    visit(band.value)
            case Limited():
                visit(part.part)
                visit(part.limit)

    visit(node)
    return list(found)
