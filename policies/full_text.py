"""The original of a policy as it was pasted, with its own headings found, so that it can be read and linked.

Chinese official documents number their parts alike (GB/T 9704): 第一章, 一、, （一）, 1. and 第一条. Nothing of the
text is changed.
"""

import re
from dataclasses import dataclass

MAX_HEADING = 40
NUMERAL = "[一二三四五六七八九十百零〇]+"
LEVELS = (
    (1, re.compile(rf"第{NUMERAL}[编章部]|{NUMERAL}、|附件\s*\d*[:：]?|附\s*则$")),
    (2, re.compile(rf"[（(]{NUMERAL}[）)]|第{NUMERAL}节")),
    (3, re.compile(rf"第{NUMERAL}条|\d{{1,2}}[.．、](?!\d)")),
)
SENTENCE_ENDS = "。；;，,"


@dataclass(frozen=True)
class Block:
    """A paragraph, or a heading of `level` 1 to 3 with its `anchor`."""

    text: str
    level: int = 0
    anchor: str = ""


def _level(line: str) -> int:
    if len(line) > MAX_HEADING or line[-1] in SENTENCE_ENDS:
        return 0
    return next((level for level, pattern in LEVELS if pattern.match(line)), 0)


def blocks(text: str) -> list[Block]:
    """`text` line by line; empty lines are left out."""
    found: list[Block] = []
    headings = 0
    for line in text.splitlines():
        line = line.strip(" \t\u3000\ufeff")
        if not line:
            continue
        level = _level(line)
        headings += bool(level)
        found.append(Block(line, level, f"part-{headings}" if level else ""))
    return found


def contents(found: list[Block]) -> list[Block]:
    """The headings of the two upper levels that occur, when there are enough for a table of contents."""
    levels = sorted({block.level for block in found if block.level})[:2]
    headings = [block for block in found if block.level in levels]
    return headings if len(headings) >= 3 else []
