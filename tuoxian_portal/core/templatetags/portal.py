"""Template filters of the portal; built in, so that no template has to load them."""

from typing import Any
from urllib.parse import urlencode

from django import template

from tuoxian_portal.core import crypto, money

register = template.Library()
register.filter("wan", money.format_wan)
register.filter("yuan", money.format_yuan)
register.filter("mask_name", crypto.mask_name)
register.filter("mask_phone", crypto.mask_phone)


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
    text = parameters.urlencode() if hasattr(parameters, "urlencode") else urlencode(parameters)
    return f"?{text}" if text else "?"
