"""The admin of the app: the catalogue, then cases."""

from services.admin import catalogue

__all__ = ["catalogue"]
