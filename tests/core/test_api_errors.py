"""One shape for every error of the API, through the directory's own doors."""

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework import exceptions

from tests.factories.accounts import SuperUserFactory
from tuoxian_portal.core.api.errors import exception_handler
from tuoxian_portal.core.errors import EditConflict, NotPermitted, PortalError, WorkflowError

pytestmark = pytest.mark.django_db

LIST = "/api/v1/projects/key-projects/"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PortalError("不行。"), 409, "refused"),
        (WorkflowError("状态不对。"), 409, "workflow"),
        (EditConflict("已被修改。"), 409, "edit_conflict"),
        (NotPermitted("没有权限。"), 403, "not_permitted"),
        (ValidationError({"name": ["不能为空。"]}), 400, "invalid"),
        (ValidationError("日期不对。"), 400, "invalid"),
        (exceptions.ValidationError({"name": ["太长。"]}), 400, "invalid"),
        (exceptions.ValidationError(["太长。"]), 400, "invalid"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.PermissionDenied(), 403, "permission_denied"),
        (Http404(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (exceptions.Throttled(), 429, "throttled"),
    ],
)
def test_every_error_has_the_same_shape(error, status, code):
    response = exception_handler(error, {})
    assert response.status_code == status
    assert set(response.data) == {"code", "detail", "fields"}
    assert response.data["code"] == code
    assert any("\u4e00" <= c <= "\u9fff" for c in response.data["detail"])


def test_fields_say_which(rf):
    response = exception_handler(ValidationError({"name": ["不能为空。"]}), {})
    assert response.data["fields"] == {"name": ["不能为空。"]}
    response = exception_handler(WorkflowError("须写明理由。", fields={"reason": ["请填写理由。"]}), {})
    assert response.data["fields"] == {"reason": ["请填写理由。"]}


def test_anything_else_stays_an_error_of_the_server():
    assert exception_handler(RuntimeError("boom"), {}) is None


def check(response, status, code):
    assert response.status_code == status, response.content
    data = response.json()
    assert set(data) == {"code", "detail", "fields"}
    assert data["code"] == code
    return data


def test_an_unknown_filter_is_refused_with_those_that_exist(client):
    data = check(client.get(LIST, {"colour": "red"}), 400, "invalid")
    assert "没有这个筛选条件" in str(data["fields"]["colour"])


def test_a_page_out_of_range(client):
    data = check(client.get(LIST, {"page": "9999"}), 404, "not_found")
    assert data["detail"] == "页码超出范围。"


def test_an_unknown_record(client):
    check(client.get(f"{LIST}TX9999-999/"), 404, "not_found")


def test_a_method_that_is_not_there(client):
    response = client.put(LIST, "{}", content_type="application/json")
    check(response, 403, "not_authenticated")
    assert response.json()["detail"] == "请先登录。"
    client.force_login(SuperUserFactory())
    check(client.put(LIST, "{}", content_type="application/json"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("sent", "content_type", "status", "code"),
    [
        ("{not json", "application/json", 400, "parse_error"),
        ("\x00", "application/json", 400, "parse_error"),
        ("name=x", "text/plain", 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_is_not_json(client, sent, content_type, status, code):
    response = client.post("/api/v1/projects/enquiries/", sent, content_type=content_type)
    assert "JSON" in check(response, status, code)["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"needs": NaN}',
        b'{"needs": "\\ud800"}',
    ],
    ids=["broken", "list", "null", "text", "not utf-8", "deep lists", "deep objects", "NaN", "surrogate"],
)
def test_a_body_that_is_no_json_object(client, body):
    response = client.post("/api/v1/projects/enquiries/", body, content_type="application/json")
    assert "JSON" in check(response, 400, "parse_error")["detail"]


def test_a_body_of_another_kind(client):
    response = client.post("/api/v1/projects/enquiries/", {"needs": "x"})
    assert "application/json" in check(response, 415, "unsupported_media_type")["detail"]
