"""The admin of the app: the catalogue and its versions, then cases."""

from services.admin import cases, catalogue, versions

__all__ = ["cases", "catalogue", "versions"]
