"""The admin of the app: the catalogue, then cases."""

from services.admin import cases, catalogue

__all__ = ["cases", "catalogue"]
