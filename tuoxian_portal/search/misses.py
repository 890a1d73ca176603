"""What people asked for and did not find, so that officers can write it or teach the search its synonym.

Nothing about who asked is kept, and nothing that could be about a person: numbers, addresses, names, and long
texts are not written down at all.
"""

import re
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Sum

from tuoxian_portal.core.calendar import today
from tuoxian_portal.search import words
from tuoxian_portal.search.models import MissKind, SearchMiss

MAX_LENGTH = 20
DIGITS = re.compile(r"(?:\d[\s\-—_.]*){5,}")  # telephone, identity, account, postal and case numbers
CODE = re.compile(r"(?=[0-9a-z]*\d)(?=[0-9a-z]*[a-z])[0-9a-z]{8,}")  # credit codes, plates, passwords
LINK = re.compile(r"@|://|www\.|\.(?:com|cn|net|org)\b")
ADDRESS = re.compile(r"\d+\s*(?:号楼|单元|室|弄|栋)")


def presentable(text: str) -> str:
    """`text` as it may be written down; "" when it may not."""
    plain = " ".join(words.normalise(text).split())
    joined = re.sub(r"[\s\-—_.]", "", plain)
    if not 2 <= len(plain) <= MAX_LENGTH or not words.RUN.search(plain):
        return ""
    if any(p.search(plain) for p in (DIGITS, LINK, ADDRESS)) or CODE.search(joined) or _names_somebody(plain):
        return ""
    return plain


def _names_somebody(text: str) -> bool:
    """Whether the dictionary takes a part of the text for a person's name."""
    import rjieba  # a dictionary of 20 MB; only a search that finds nothing needs its word classes

    return any(kind.startswith("nr") for _, kind in rjieba.tag(text))


def note_miss(text: str, kind: str = MissKind.NOTHING) -> bool:
    """Counts `text` for today as a miss of `kind`; returns whether it was written down. Never fails: the page matters more.

    At most `SEARCH_MISS_PER_DAY` different texts a day, so that nobody fills the table. Two queries, three
    for a new text.
    """
    plain = presentable(text)
    if not plain:
        return False
    day = today()
    try:
        with transaction.atomic():
            if SearchMiss.objects.filter(day=day, text=plain, kind=kind).update(count=F("count") + 1):
                return True
            if SearchMiss.objects.filter(day=day).count() >= settings.SEARCH_MISS_PER_DAY:
                return False
            SearchMiss.objects.create(day=day, text=plain, kind=kind)
    except DatabaseError:
        return False
    return True


def sweep() -> int:
    """Deletes what is older than `SEARCH_MISS_DAYS`, and what was asked only once and is older than two
    weeks: one person's words are nobody's gap."""
    limit = today() - timedelta(days=settings.SEARCH_MISS_DAYS)
    rare = (
        SearchMiss.objects.values("text")
        .annotate(total=Sum("count"))
        .filter(total=1)
        .values_list("text", flat=True)
    )
    old, _ = SearchMiss.objects.filter(day__lt=limit).delete()
    lonely, _ = SearchMiss.objects.filter(
        day__lt=today() - timedelta(days=14), text__in=list(rare.order_by())
    ).delete()
    return old + lonely
