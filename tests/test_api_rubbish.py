"""Requests made from the API's own description, and from what breaks it: never a fault of ours.

A few examples an operation. `docs/develop.md` says how to let schemathesis loose on a running portal.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.factories.accounts import UserFactory

DESCRIPTION = Path(__file__).resolve().parents[1] / "docs" / "api" / "schema.yaml"
FEW = settings(
    max_examples=2,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
    database=None,
    derandomize=True,
)


def send(client: Client, case: Any) -> Any:
    """The request of `case`, as another system would send it."""
    body = case.body if isinstance(case.body, dict | list | str | int | float | bool) else {}
    query = urlencode(case.query or {}, doseq=True)
    return client.generic(
        case.method,
        f"{case.formatted_path}?{query}",
        data=json.dumps(body, default=str),
        content_type="application/json",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_request_is_answered_with_a_fault(mode: GenerationMode) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=["supervisor", "window", "project_officer", "policy_officer"]))
    faults: set[str] = set()
    answered: set[int] = set()
    for result in schemathesis.openapi.from_path(DESCRIPTION).get_all_operations():
        operation = result.ok()

        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def try_it(case: Any) -> None:
            response = send(client, case)
            answered.add(response.status_code)
            if response.status_code >= 500:
                faults.add(f"{case.method} {case.formatted_path} {case.query} {case.body}")

        try_it()
    assert not faults
    assert {200, 404} <= answered, "some of it was understood"
