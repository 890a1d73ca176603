"""The admin of the app: the catalogue and its versions, then cases, then 帮办 entrustments and ratings."""

from services.admin import cases, catalogue, entrustments, ratings, versions

__all__ = ["cases", "catalogue", "entrustments", "ratings", "versions"]
