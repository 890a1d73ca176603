"""Display settings: one cookie, applied by the server, changed by a form that needs no script."""

import pytest
from django.test import Client

from tuoxian_portal.core.display import COOKIE, DisplaySettings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("normal", "normal", "auto")),
        ("elder.high.dark", ("elder", "high", "dark")),
        ("elder", ("elder", "normal", "auto")),
        ("huge.high.pink", ("normal", "high", "auto")),
        ("a.b.c.d", ("normal", "normal", "auto")),
        ('"><script>', ("normal", "normal", "auto")),
    ],
)
def test_unknown_parts_of_the_cookie_fall_back(text: str, expected: tuple[str, str, str]) -> None:
    settings = DisplaySettings.parse(text)
    assert (settings.size, settings.contrast, settings.scheme) == expected
    assert DisplaySettings.parse(str(settings)) == settings


@pytest.mark.django_db
class TestForm:
    def test_saves_and_goes_back(self, client: Client) -> None:
        answer = client.post(
            "/display/", {"size": "elder", "contrast": "high", "scheme": "dark", "next": "/help/?a=1"}
        )
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/help/?a=1"
        assert client.cookies[COOKIE].value == "elder.high.dark"

    def test_what_is_not_sent_stays(self, client: Client) -> None:
        client.cookies[COOKIE] = "normal.high.dark"
        client.post("/display/", {"size": "elder", "next": "/"})
        assert client.cookies[COOKIE].value == "elder.high.dark"

    @pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "javascript:alert(1)", ""])
    def test_never_leads_off_the_site(self, client: Client, back: str) -> None:
        assert client.post("/display/", {"size": "elder", "next": back}).headers["Location"] == "/"

    @pytest.mark.parametrize("back", ["abc", "login", "display:x"])
    def test_rubbish_is_an_address_and_not_the_name_of_a_view(self, client: Client, back: str) -> None:
        response = client.post("/display/", {"next": back})
        assert (response.status_code, response.url) in {(302, back), (302, "/")}  # type: ignore[attr-defined]

    def test_a_cached_page_without_token_may_switch(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/display/", {"size": "elder", "next": "/help/"}).status_code == 302

    def test_shows_what_is_chosen(self, client: Client) -> None:
        client.cookies[COOKIE] = "elder.normal.auto"
        html = client.get("/display/?next=/help/").content.decode()
        assert 'value="elder" id="id_size_1" checked' in html.replace(
            ' aria-describedby="id_size_helptext"', ""
        )
        assert 'name="next" value="/help/"' in html

    def test_every_page_is_marked(self, client: Client) -> None:
        client.cookies[COOKIE] = "elder.high.dark"
        html = client.get("/help/").content.decode()
        assert 'data-size="elder" data-contrast="high" data-scheme="dark"' in html
        assert "退出长辈模式" in html
