"""JSON by orjson: strict (no NaN, no lone surrogates) and never deeper than the stack."""

from typing import Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class PortalJSONParser(BaseParser):
    """The body as a JSON object. Raises `ParseError` (400) for anything else."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        try:
            found = orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError from error
        if not isinstance(found, dict):
            raise ParseError
        return found
