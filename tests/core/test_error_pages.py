"""404 in the site's own look, on pages and in the API, with DEBUG on and off."""

import pytest


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
    assert "URLconf" not in text


@pytest.mark.usefixtures("debug")
def test_an_api_address_that_is_not_there(client):
    response = client.get("/api/v1/no-such-thing/")
    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "detail": "没有这个接口地址。", "fields": {}}
