"""The admin of the app: the catalogue and its versions, then cases, then 帮办 entrustments."""

from services.admin import cases, catalogue, entrustments, versions

__all__ = ["cases", "catalogue", "entrustments", "versions"]
