"""A page in each display setting, on a phone and on a desktop, loaded once."""

from dataclasses import asdict
from typing import Any

from tests.browser import axe
from tests.browser.conftest import DISPLAYS, WIDTHS
from tuoxian_portal.core.display import DisplaySettings


def in_every_display(page: Any) -> list[str]:
    """What axe finds on the page that is open, in each display setting on a phone and on a desktop. What
    does not depend on the setting is looked for in the normal one only. The setting is three attributes
    that the server writes at the root of a page, and nothing else."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for name, cookie in DISPLAYS.items():
            page.evaluate(
                "(all) => Object.assign(document.documentElement.dataset, all)",
                asdict(DisplaySettings.parse(cookie)),
            )
            problems = axe.findings(page, looks_only=name != "normal")
            found += [f"{page.url} {name} {width}\n    {problem}" for problem in problems]
    return found
