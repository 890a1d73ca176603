"""The admin of the app: the catalogue, its versions and imports, then cases, 帮办 entrustments and ratings."""

from services.admin import (
    bundles,
    cases,
    catalogue,
    custody,
    entrustments,
    form_fields,
    imports,
    licences,
    ratings,
    versions,
)

__all__ = [
    "bundles",
    "cases",
    "catalogue",
    "custody",
    "entrustments",
    "form_fields",
    "imports",
    "licences",
    "ratings",
    "versions",
]
