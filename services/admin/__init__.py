"""The admin of the app: the catalogue, its versions and imports, then cases, 帮办 entrustments and ratings."""

from services.admin import (
    bundle_cases,
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
    "bundle_cases",
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
