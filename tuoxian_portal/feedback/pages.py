"""Which page a visitor speaks of. An address that opens somebody's own record is never kept."""

from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from tuoxian_portal.feedback.models import PAGE_LENGTH

SECRETS = {"token", "public_id"}  # parts of addresses that are keys


def clean_page(value: str) -> str:
    """The path of a page of ours, or what was typed about it; "" for an address that holds a key.

    Host, query and fragment are dropped: they may hold what was searched for or signed.
    """
    text = "".join(character for character in value if character.isprintable()).strip()
    parts = _split(text)
    if parts is None or not (parts.path.startswith("/") and (text.startswith("/") or parts.netloc)):
        return text[:PAGE_LENGTH]
    path = f"/{parts.path.lstrip('/')}"
    try:
        held = resolve(path).kwargs
    except Resolver404:
        return path[:PAGE_LENGTH]
    return "" if SECRETS & set(held) else path[:PAGE_LENGTH]


def _split(text: str):  # type: ignore[no-untyped-def]  # a SplitResult or None
    try:
        return urlsplit(text)
    except ValueError:
        return None
