"""The admin of the app: the catalogue, its versions and imports, then cases, 帮办 entrustments and ratings."""

from services.admin import cases, catalogue, entrustments, imports, licences, ratings, versions

__all__ = ["cases", "catalogue", "entrustments", "imports", "licences", "ratings", "versions"]
