"""Chinese text cut into what is indexed and what is asked.

A text is kept three ways: the words a reader sees (`words`), the smaller words inside them and the
pinyin of titles (`extra`, of little weight: 民政 is also inside 人民政府), and overlapping pairs of
characters (`pairs`), which find any phrase even where the dictionary cuts it elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

# Raise it when the way of cutting changes: every entry is then indexed anew.
VERSION = 1
MAX_BODY = 20_000
MAX_TERMS = 8
MAX_TERM = 32
MAX_TILED = 12  # longer words are rare, and there are too many ways to divide them

RUN = re.compile(r"[0-9a-z]+|[\u3400-\u9fff\U00020000-\U0003134f]+")
# Names the dictionary does not know or cuts apart.
OWN_WORDS = (
    *(
        "托克托",
        "托克托县",
        "托县",
        "双河镇",
        "新营子镇",
        "五申镇",
        "伍什家镇",
        "古城镇",
        "久泰",
        "金河",
        "托电",
    ),
    *("一次办", "一件事", "一窗受理", "一网通办", "掌上办", "帮您办", "全帮办", "帮办", "代办", "免申即享"),
    *(
        "同城通办",
        "跨省通办",
        "跨域通办",
        "政银企",
        "好差评",
        "招商引资",
        "营商环境",
        "电价",
        "汽价",
        "蒸汽价格",
    ),
)
# What people add to a question; left out while something else remains.
FILLERS = frozenset(
    [
        "的",
        "了",
        "吗",
        "呢",
        "我",
        "要",
        "想",
        "去",
        "在",
        "和",
        "与",
        "及",
        "或",
        "请",
        "怎么",
        "怎样",
        "如何",
        "哪里",
        "哪儿",
        "什么",
        "多少",
        "请问",
        "我要",
        "我想",
        "需要",
        "办",
        "办理",
        "申请",
        "怎么办",
        "有",
        "哪些",
        "有没有",
        "可以",
        "能",
        "关于",
    ]
)


@cache
def dictionary() -> Any:
    """The dictionary with the county's own words; 34 MB, which only processes that search or index hold."""
    import rjieba

    for word in OWN_WORDS:
        rjieba.add_word(word, 100_000, "n")
    return rjieba


def normalise(text: str) -> str:
    """Half-width, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def is_prefix(term: str) -> bool:
    """Whether `term` is asked as the beginning of a word: letters are (Q10, pinyin), numbers not."""
    return term.isascii() and not term.isdigit()


def is_open(piece: str) -> bool:
    """Whether the last `piece` of a phrase is a beginning: one character begins a pair."""
    return is_prefix(piece) or (len(piece) == 1 and not piece.isascii())


def _clean(tokens: Iterable[str]) -> list[str]:
    """Only runs of letters and digits or of Chinese characters, none longer than `MAX_TERM`."""
    return [run[:MAX_TERM] for token in tokens for run in RUN.findall(token)]


def cut(text: str) -> list[str]:
    """The words of `text` in order."""
    return _clean(dictionary().cut(normalise(text)))


@lru_cache(maxsize=50_000)
def inside(word: str) -> tuple[str, ...]:
    """The shorter words inside `word`, without those that lie across the joint of two others:
    人民政府 is 人民 and 政府 but not 民政, while 民政局 has 民政."""
    shorter = {w for w in _clean(dictionary().cut_for_search(word)) if w != word}
    places = [
        (start, start + len(w)) for w in shorter for start in range(len(word)) if word.startswith(w, start)
    ]

    def tilings(start: int) -> Iterator[tuple[int, ...]]:
        if start == len(word):
            yield ()
        for begin, end in places:
            if begin == start:
                for rest in tilings(end):
                    yield (end, *rest)

    joints = [set(tiling) for tiling in tilings(0)] if len(word) <= MAX_TILED else []
    kept = {
        word[begin:end]
        for begin, end in places
        if not joints
        or word[begin:end] in OWN_WORDS
        or any(not any(begin < joint < end for joint in tiling) for tiling in joints)
    }
    return tuple(sorted(kept))


def cut_fine(text: str) -> list[str]:
    """The words inside the words of `text`."""
    return sorted({shorter for word in set(cut(text)) for shorter in inside(word)})


def pairs(text: str) -> list[str]:
    """Overlapping pairs of characters; a run ends with its last character alone, so that a single
    character is found as the beginning of a pair. `民政局` gives `民政 政局 局`."""
    found: list[str] = []
    for run in RUN.findall(normalise(text)):
        if run.isascii():
            found.append(run[:MAX_TERM])
        else:
            found += [a + b for a, b in pairwise(run)] + [run[-1]]
    return found


def phrase(text: str) -> list[list[str]]:
    """The pairs that must follow each other to find each piece of `text`, as the words between
    spaces stand. A piece of one character is that character, to be asked as a prefix."""
    pieces = []
    for piece in normalise(text).split():
        runs = RUN.findall(piece)
        asked: list[str] = []
        for place, run in enumerate(runs, start=1):
            if run.isascii() or len(run) == 1:
                asked.append(run[:MAX_TERM])
            else:
                asked += [a + b for a, b in pairwise(run)] + ([run[-1]] if place < len(runs) else [])
        if asked:
            pieces.append(asked)
    return pieces[:MAX_TERMS]


def pinyin(title: str) -> list[str]:
    """Pinyin and initials of `title` from every character on, so that `sgxk` and `shigong` find
    建筑工程施工许可 by prefix."""
    from pypinyin import lazy_pinyin  # 58 MB of dictionaries; only indexing needs them

    syllables = [s for run in RUN.findall(title) if not run.isascii() for s in lazy_pinyin(run)][:30]
    found = []
    for start in range(len(syllables)):
        rest = syllables[start:]
        found += ["".join(rest)[:MAX_TERM], "".join(s[0] for s in rest)]
    return list(dict.fromkeys(_clean(found)))


def terms(text: str) -> list[str]:
    """The words to ask for, without fillers while others remain."""
    words = list(dict.fromkeys(cut(text)))
    return ([word for word in words if word not in FILLERS] or words)[:MAX_TERMS]
