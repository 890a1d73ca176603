"""What one address may ask of the API without signing in."""

import pytest

from tests.factories.cases import ItemFactory

pytestmark = pytest.mark.django_db
ITEMS = "/api/v1/services/items/"


@pytest.fixture(autouse=True)
def three_a_minute(settings, monkeypatch):
    settings.API_ANONYMOUS_PER_MINUTE = 3
    monkeypatch.setattr("tuoxian_portal.core.api.throttling.time", lambda: 1_800_000_015.0)


def statuses(client, times, address=ITEMS, **where):
    return [client.get(f"{address}?page_size={n + 1}", **where).status_code for n in range(times)]


def test_the_fourth_in_a_minute_is_told_when_to_go_on(client):
    assert statuses(client, 3) == [200, 200, 200]
    response = client.get(ITEMS)
    assert response.status_code == 429
    assert response["Retry-After"] == "45"
    assert response.json() == {"code": "throttled", "detail": "请求过于频繁，请 45 秒后再试。", "fields": {}}


def test_the_next_minute_begins_anew(client, monkeypatch):
    assert statuses(client, 4)[-1] == 429
    monkeypatch.setattr("tuoxian_portal.core.api.throttling.time", lambda: 1_800_000_061.0)
    assert client.get(ITEMS).status_code == 200


def test_what_the_cache_answers_does_not_count(client, settings):
    settings.PUBLIC_PAGE_SECONDS = 60
    ItemFactory()
    assert {client.get(ITEMS).status_code for _ in range(8)} == {200}
    assert statuses(client, 3) == [200, 200, 429]


def test_who_has_signed_in_is_not_counted(client, person):
    client.force_login(person("supervisor"))
    assert set(statuses(client, 6)) == {200}


def test_behind_a_proxy_each_caller_has_a_count(client, settings):
    settings.TRUSTED_PROXIES = 1
    told = {"REMOTE_ADDR": "10.0.0.1"}
    assert statuses(client, 4, HTTP_X_FORWARDED_FOR="203.0.113.1", **told)[-1] == 429
    assert statuses(client, 1, HTTP_X_FORWARDED_FOR="203.0.113.2", **told) == [200]
    # What a caller writes there itself stands further left and changes nothing.
    assert statuses(client, 1, HTTP_X_FORWARDED_FOR="198.51.100.9, 203.0.113.1", **told) == [429]
