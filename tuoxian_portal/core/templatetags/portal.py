"""Template filters of the portal; built in, so that no template has to load them."""

import re
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField

from tuoxian_portal.core import crypto, money
from tuoxian_portal.core.models import Job

FIGURE = re.compile(r"[−\-+]?[\d,]+(\.\d+)?[\s\u00a0]*(%|[万亿]?元|[件个项家天日年吨])?|—")

register = template.Library()
register.filter("wan", money.format_wan)
register.filter("yuan", money.format_yuan)
register.filter("mask_name", crypto.mask_name)
register.filter("mask_phone", crypto.mask_phone)


@register.filter
def titled(title: str) -> str:
    """`《title》`; a title within it stands in single marks, as GB/T 15834 has it."""
    return f"《{title.replace('《', '〈').replace('》', '〉')}》"


@register.filter
def number(value: Any) -> str:
    """Grouped, at most two decimals, no trailing zeros; "" for None."""
    return "" if value is None else money.plain(value)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The current query string with `changes`; None removes a parameter. Resets the page."""
    parameters = context["request"].GET.copy()
    parameters.pop("page", None)
    for name, value in changes.items():
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = value
    return f"?{parameters.urlencode()}"


# --- what the components need -----------------------------------------------------------------
@register.filter
def as_list(value: Any) -> list[Any]:
    """A text becomes a list of one; empty texts are left out."""
    items = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    return [item for item in items if item not in (None, "")]


@register.filter
def share(value: Any, whole: Any) -> str:
    """`value` as percent of `whole`, whole percent; "0" when there is nothing to compare with."""
    result = money.percent(value or 0, whole) if whole else None
    return "0" if result is None else money.plain(result, 0).replace(",", "")


@register.filter
def capped(value: Any) -> float:
    """A percentage kept between 0 and 100, for the width of a bar."""
    return max(0.0, min(100.0, float(value or 0)))


@register.filter
def largest(items: Any, key: str) -> Any:
    """The largest `key` of a list of dictionaries; 0 for an empty list."""
    return max((item.get(key) or 0 for item in items or []), default=0)


@register.filter
def is_figure(value: Any) -> bool:
    """Whether a table cell is a number or reads like one (“118.2 亿元”, “52%”, “—”)."""
    return isinstance(value, int | float | Decimal) or bool(FIGURE.fullmatch(str(value).strip()))


@register.filter
def figure_column(rows: Any, index: int) -> bool:
    """Whether the cells of a table's column are figures, judged by its first filled row."""
    cells = (row[index] for row in rows or [] if index < len(row) and row[index] is not None)
    return index > 0 and is_figure(next(cells, ""))


@register.filter
def anchor_id(field: BoundField) -> str:
    """Where a link to `field` goes: its control, or the first option of a group."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.filter
def is_grouped(field: BoundField) -> bool:
    """Whether a fieldset widget has parts of its own (a date in three boxes) rather than options."""
    return not hasattr(field.field.widget, "option_template_name") or any(
        isinstance(label, list | tuple) for _, label in getattr(field.field, "choices", [])
    )


@register.filter
def tone_of_job(state: str) -> str:
    """The badge tone of a job's state."""
    return Job.State.tones().get(state, "neutral")
