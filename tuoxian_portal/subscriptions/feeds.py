"""A list as an Atom feed (RFC 4287)."""

import re
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.lists import Followed, ListEntry, canonical, describe

NEWEST = 50
STARTED = "2026"  # the year in which the names of records were ours (RFC 4151); it never changes
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tag(path: str) -> str:
    """A name that never changes, whatever address the record moves to."""
    authority = settings.SITE["domain"] or urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"tag:{authority},{STARTED}:{path}"


def _text(text: str) -> str:
    return NOT_XML.sub("", text)


class _Feed(Atom1Feed):
    """Says when an empty feed was looked at last: today, not this second, so that validators hold."""

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] for item in self.items]
        return max(dates) if dates else timezone.make_aware(datetime.combine(today(), time()))


def atom(public_list: Followed, query: str, self_path: str) -> tuple[bytes, datetime]:
    """The newest records of the list under `query`, and when the feed changed last.

    Costs what the list's conditions cost, and one query with those of `prepare`.
    """
    listing = public_list.ask(query)
    conditions = canonical(listing)
    feed = _Feed(
        title=_text(f"{describe(public_list, listing)} - {settings.SITE['name']}"),
        link=settings.SITE_URL + public_list.url + (f"?{conditions}" if conditions else ""),
        description=_text(f"{settings.SITE['full_name']}：{public_list.label}的新增和变化。"),
        language="zh-Hans",
        author_name=settings.SITE["organiser"] or settings.SITE["full_name"],
        feed_url=settings.SITE_URL + self_path + (f"?{conditions}" if conditions else ""),
        feed_guid=tag(f"{public_list.kind}" + (f"?{conditions}" if conditions else "")),
    )
    for kind, entry in public_list.newest(query, NEWEST):
        feed.add_item(
            title=_text(_marked(entry)),
            link=settings.SITE_URL + entry.url,
            description=_summary(entry),
            unique_id=tag(f"{kind}/{entry.key}"),
            updateddate=_whole(entry.updated),
            categories=[_text(label) for label in entry.labels[:1]],
        )
    return feed.writeString("utf-8").encode(), feed.latest_post_date()


def _summary(entry: ListEntry) -> str:
    """Django declares a summary to be HTML: what is text is escaped."""
    parts = [entry.summary, " · ".join(entry.labels)]
    return "<br>".join(escape(_text(part)) for part in parts if part)


def _marked(entry: ListEntry) -> str:
    return f"【示例】{entry.title}" if entry.is_sample else entry.title


def _whole(moment: datetime) -> datetime:
    """HTTP dates have whole seconds; rounding up, nothing newer looks older."""
    return moment if not moment.microsecond else moment.replace(microsecond=0) + timedelta(seconds=1)
