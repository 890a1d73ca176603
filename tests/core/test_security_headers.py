"""What a browser is told about every page, and whose address a request is believed to come from."""

import re

import pytest
from django.http import HttpResponse

from tuoxian_portal.core.middleware import ClientAddressMiddleware

pytestmark = pytest.mark.django_db


def policy(response) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split(";")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}


@pytest.mark.parametrize("path", ["/", "/login/", "/track/", "/invest/contact/", "/no-such-page/"])
def test_public_pages_allow_no_script_but_our_files(client, path):
    response = client.get(path)
    said = policy(response)
    assert said["script-src"] == "'self'"
    assert said["style-src"] == "'self'"
    assert said["object-src"] == "'none'"
    assert said["frame-ancestors"] == "'none'"
    assert said["form-action"] == "'self'"
    assert "geolocation=()" in response.headers["Permissions-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    # What the policy forbids is not there, or it would silently not work.
    html = response.content.decode()
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert re.findall(r"\son\w+=|<style|javascript:", html) == []


def test_the_workbench_may_evaluate_but_runs_nothing_inline(client, person):
    client.force_login(person("window"))
    said = policy(client.get("/admin/"))
    assert said["script-src"] == "'self' 'unsafe-eval'"


def test_the_page_of_the_api_has_its_script_in_a_file(client):
    page = client.get("/api/")
    assert policy(page)["script-src"] == "'self'"
    assert re.findall(r"<script(?![^>]*\ssrc=)", page.content.decode()) == []
    assert client.get("/api/?script=").headers["Content-Type"] == "application/javascript"


def test_a_kept_page_and_its_304_carry_the_same_headers(client, settings):
    settings.PUBLIC_PAGE_SECONDS = 60
    first = client.get("/invest/steps/")
    again = client.get("/invest/steps/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "believed"),
    [
        (0, "198.51.100.9", "192.0.2.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "203.0.113.66, 198.51.100.9", "198.51.100.9"),  # the caller wrote the first one
        (2, "203.0.113.66, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        (2, "198.51.100.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "not an address", "192.0.2.1"),
        (1, "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(rf, settings, proxies, forwarded, believed):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = rf.get("/", headers=headers, REMOTE_ADDR="192.0.2.1")
    ClientAddressMiddleware(lambda _: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == believed


def test_another_forwarded_address_is_no_way_round_a_limit(api_client, settings):
    """The limit on enquiries counts the address that is believed."""
    from django.core.cache import cache

    cache.clear()
    answers = {
        api_client.post(
            "/api/v1/projects/enquiries/", {}, headers={"X-Forwarded-For": f"203.0.113.{n}"}
        ).status_code
        for n in range(15)
    }
    assert 429 in answers
