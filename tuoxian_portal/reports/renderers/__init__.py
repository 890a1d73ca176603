"""Frozen figures into files. Each renderer takes the figures alone (see `core.reporting`)."""

from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string

Renderer = Callable[[dict[str, Any]], bytes]


def _renderer(path: str) -> Renderer:
    """The renderer at `path`, loaded when it is first needed: its libraries weigh tens of MB, and
    most processes never make a file."""
    return lambda figures: import_string(f"{__name__}.{path}")(figures)


RENDERERS: dict[str, Renderer] = {
    "docx": _renderer("docx.render_docx"),
    "xlsx": _renderer("xlsx.render_xlsx"),
    "pdf": _renderer("pdf.render_pdf"),
}
