"""The components, the form renderer, the error pages, and what they weigh."""

import gzip
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client, RequestFactory

from tuoxian_portal.core import gallery, views
from tuoxian_portal.core.templatetags import portal

TEMPLATES = settings.BASE_DIR / "templates"
COMPONENTS = TEMPLATES / "components"
SPRITE = (settings.BASE_DIR / "static/img/icons.svg").read_text(encoding="utf-8")
ICONS = set(re.findall(r'<symbol id="([a-z-]+)"', SPRITE))


def all_templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


class TestGallery:
    def test_shows_every_component_while_developing(self, client: Client, db: None, settings: object) -> None:
        settings.DEBUG = True  # type: ignore[attr-defined]  # the fixture's settings
        answer = client.get("/components/")
        assert answer.status_code == 200
        drawn = {Path(t.name).stem for t in answer.templates if t.name and t.name.startswith("components/")}
        # The landscape belongs to the pages that sell the county; the mark stands in every header.
        assert {path.stem for path in COMPONENTS.glob("*.html")} - drawn == {"landscape"}

    def test_does_not_exist_elsewhere(self, client: Client, db: None) -> None:
        assert client.get("/components/").status_code == 404

    def test_names_every_icon(self) -> None:
        assert set(gallery.ICONS) == ICONS

    def test_no_template_asks_for_an_icon_that_is_not_drawn(self) -> None:
        used = {
            name
            for path in all_templates()
            for name in re.findall(r'components/icon\.html" with name="([^"]+)"', path.read_text("utf-8"))
        }
        assert used
        assert used <= ICONS

    def test_components_get_only_what_they_are_given(self) -> None:
        for path in all_templates():
            for call in re.findall(r'{% include "components/[^%]+%}', path.read_text("utf-8")):
                assert call.endswith("only %}"), f"{path.name}: {call}"


class TestFilters:
    @pytest.mark.parametrize(
        ("value", "whole", "expected"),
        [(6.2, 12, "52"), (Decimal("13"), 12, "108"), (None, 12, "0"), (5, 0, "0"), (5, None, "0")],
    )
    def test_share(self, value: object, whole: object, expected: str) -> None:
        assert portal.share(value, whole) == expected

    @pytest.mark.parametrize(
        ("value", "expected"), [("52", 52.0), ("108", 100.0), (-3, 0.0), (None, 0.0), ("", 0.0)]
    )
    def test_capped(self, value: object, expected: float) -> None:
        assert portal.capped(value) == expected

    def test_largest(self) -> None:
        assert portal.largest([{"n": 2}, {"n": None}, {"n": 9}, {}], "n") == 9
        assert portal.largest([], "n") == 0

    @pytest.mark.parametrize(
        ("cell", "expected"),
        [
            (3, True),
            (Decimal("2.5"), True),
            ("118.2\u00a0亿元", True),
            ("−2.7", True),
            ("52%", True),
            ("—", True),
            ("在建", False),
            ("2023 年报道", False),
            ("", False),
        ],
    )
    def test_is_figure(self, cell: object, expected: bool) -> None:
        assert portal.is_figure(cell) is expected

    def test_as_list(self) -> None:
        assert portal.as_list("一条") == ["一条"]
        assert portal.as_list(["一", "", None, "二"]) == ["一", "二"]
        assert portal.as_list("") == []


class TestForm:
    html = gallery.ExampleForm({"name": "", "way": "", "phone": "138"}).render()

    def test_summary_takes_focus_and_leads_to_the_field(self) -> None:
        assert 'role="alert" tabindex="-1" data-focus' in self.html
        assert 'href="#id_name"' in self.html
        assert 'href="#id_way_0"' in self.html, "a group is reached by its first option"

    def test_the_same_words_stand_at_the_field(self) -> None:
        words = gallery.ExampleForm({}).errors["name"][0]
        assert self.html.count(words) >= 2
        assert 'aria-describedby="id_name_helptext id_name_error"' in self.html
        assert 'id="id_name_error"' in self.html
        assert 'id="id_name_helptext"' in self.html
        assert 'aria-invalid="true"' in self.html

    def test_what_was_typed_stays(self) -> None:
        assert 'value="138"' in self.html

    def test_a_group_is_a_fieldset_with_legend(self) -> None:
        assert re.search(r"<fieldset[^>]*>\s*<legend>领取方式", self.html)

    def test_ids_are_unique(self) -> None:
        ids = re.findall(r'\bid="([^"]+)"', self.html)
        assert len(ids) == len(set(ids))


class TestErrorPages:
    def test_not_found(self, client: Client, db: None) -> None:
        answer = client.get("/nowhere/")
        assert answer.status_code == 404
        assert "没有找到这个页面" in answer.content.decode()

    def test_not_allowed_gives_the_reason(self, rf: RequestFactory, db: None) -> None:
        answer = views.permission_denied(_anonymous(rf), Exception("只有审批人可以看。"))
        assert answer.status_code == 403
        assert "只有审批人可以看。" in answer.content.decode()

    def test_bad_request(self, rf: RequestFactory, db: None) -> None:
        assert views.bad_request(_anonymous(rf), Exception()).status_code == 400

    def test_expired_form(self, db: None) -> None:
        answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "a", "password": "b"})
        assert answer.status_code == 403
        assert "页面已过期" in answer.content.decode()

    def test_500_asks_nothing(self, rf: RequestFactory) -> None:
        """No database mark: a query would fail. No session, user or menu either."""
        answer = views.server_error(rf.get("/"))
        assert answer.status_code == 500
        html = answer.content.decode()
        assert "系统出错了" in html
        assert settings.SITE["full_name"] in html
        assert "{{" not in html

    def test_database_down_is_503(self, client: Client, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
        def broken() -> None:
            raise OperationalError("gone")

        monkeypatch.setattr("tuoxian_portal.dashboard.public.home", broken)
        client.raise_request_exception = False
        answer = client.get("/")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        assert "系统正在恢复" in answer.content.decode()


def _anonymous(rf: RequestFactory) -> object:
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/")
    request.user = AnonymousUser()
    return request


class TestWeight:
    """Budgets of the public pages, gzipped."""

    @pytest.mark.parametrize(
        ("path", "limit"),
        [("css/portal.css", 15), ("js/portal.js", 10), ("img/icons.svg", 5), ("img/mark.svg", 1)],
    )
    def test_static(self, path: str, limit: int) -> None:
        body = (settings.BASE_DIR / "static" / path).read_bytes()
        assert len(gzip.compress(body, 9)) <= limit * 1024

    def test_the_picture(self) -> None:
        assert (COMPONENTS / "landscape.html").stat().st_size <= 25 * 1024

    def test_page(self, client: Client, reference: None) -> None:
        for path, limit in (("/", 60), ("/invest/", 60), ("/help/", 60)):
            assert len(gzip.compress(client.get(path).content)) <= limit * 1024, path
