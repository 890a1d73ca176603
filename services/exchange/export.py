"""The catalogue out: one workbook, one row an item, and a sheet for each kind of row below it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase

from services.choices import PublicationState
from services.exchange.columns import SheetSpec, guide_rows, sheet_specs
from services.models import ServiceItem
from services.versions import contents_of
from tuoxian_portal.core.export import Sheet, book_response

GUIDE = "填写说明"


def working_rows(items: QuerySet) -> list[ServiceItem]:
    """For each of `items` the row that is worked on: the draft of the next version where there is one.
    Two queries."""
    firsts = list(items.filter(revises__isnull=True).order_by("code", "pk"))
    drafts = {
        draft.revises_id: draft for draft in ServiceItem.objects.filter(revises__in=[i.pk for i in firsts])
    }
    return [drafts.get(item.pk, item) for item in firsts]


def catalogue_book(filename: str, items: Iterable[ServiceItem]) -> HttpResponseBase:
    """`items` as a workbook that `reading` takes back without a difference. Nine queries for any number;
    no items gives the empty template."""
    rows = list(items)
    contents = contents_of(rows) if rows else {}
    for item in rows:
        contents[item.pk] |= {"code": item.code, "state": _state(item)}
    sheets = [_sheet(spec, list(contents.values())) for spec in sheet_specs().values()]
    return book_response(filename, sheets, Sheet(GUIDE, ["工作表", "列", "必填", "填写要求"], guide_rows()))


def _state(item: ServiceItem) -> str:
    label = PublicationState(item.state).label
    return f"修订稿（{label}）" if item.revises_id else str(label)


def _sheet(spec: SheetSpec, contents: list[dict[str, Any]]) -> Sheet:
    def rows() -> Iterator[list[Any]]:
        for content in contents:
            if not spec.part:
                yield [content["state"], *(cell.write(content, {}) for cell in spec.cells)]
                continue
            for row in content[spec.part]:
                yield [cell.write(content, row) for cell in spec.cells]

    choices = {cell.heading: cell.labels for cell in spec.cells if cell.labels}
    return Sheet(spec.title, spec.headings, rows(), choices)
