"""The admin's sidebar: what each kind of staff works with."""

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    return []
