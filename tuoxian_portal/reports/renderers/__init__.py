"""Frozen figures into files. Each renderer takes the figures alone (see `core.reporting`)."""

from collections.abc import Callable
from typing import Any

from tuoxian_portal.reports.renderers.docx import render_docx
from tuoxian_portal.reports.renderers.pdf import render_pdf
from tuoxian_portal.reports.renderers.xlsx import render_xlsx

RENDERERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "docx": render_docx,
    "xlsx": render_xlsx,
    "pdf": render_pdf,
}
