"""404 in the site's own look, on pages and in the API, with DEBUG on and off."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError

from finance.api.viewsets import LoanProductViewSet
from tests.factories.cases import Hall


@pytest.fixture(params=[False, True], ids=["production", "debug"])
def debug(request, settings):
    """What settings.py makes of DEBUG."""
    settings.DEBUG = request.param
    if request.param:
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "tuoxian_portal.core.middleware.OwnNotFoundMiddleware",
        ]


@pytest.mark.usefixtures("debug")
@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/no-such-page/", "/projects/NONE/", "/services/NONE/"])
def test_a_page_that_is_not_there(client, path):
    response = client.get(path)
    assert response.status_code == 404
    text = response.content.decode()
    assert "没有找到这个页面" in text
    assert "回到首页" in text
    assert 'action="/search/"' in text
    assert "URLconf" not in text


@pytest.mark.usefixtures("debug")
def test_an_api_address_that_is_not_there(client):
    response = client.get("/api/v1/no-such-thing/")
    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "detail": "没有这个接口地址。", "fields": {}}


@pytest.fixture
def case_under_another_key(settings):
    case = Hall().record()
    settings.FIELD_KEYS = (b"another key than the one that sealed the number",)
    return case


@pytest.mark.django_db
def test_a_wrong_key_is_named_and_not_a_fault(client, person, case_under_another_key):
    client.force_login(person("supervisor"))
    client.raise_request_exception = False
    page = client.get("/admin/services/case/")
    assert page.status_code == 503
    assert "核对加密密钥" in page.content.decode()
    answer = client.get(f"/api/v1/services/cases/{case_under_another_key.case_number}/")
    assert answer.status_code == 503
    assert answer.json()["code"] == "unreadable"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (RuntimeError("内部细节"), 500, "error"),
        (OperationalError("connection refused"), 503, "unavailable"),
        (SuspiciousOperation("内部细节"), 400, "bad_request"),
    ],
)
def test_a_fault_of_the_api_has_the_shape_of_every_error(client, monkeypatch, fault, status, code):
    def fail(self):
        raise fault

    monkeypatch.setattr(LoanProductViewSet, "get_queryset", fail)
    client.raise_request_exception = False
    response = client.get("/api/v1/finance/products/")
    assert response.status_code == status
    answer = response.json()
    assert (answer["code"], answer["fields"]) == (code, {})
    assert "内部细节" not in answer["detail"]
    assert (response.get("Retry-After") is not None) == (status == 503)
