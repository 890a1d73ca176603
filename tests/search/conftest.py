import pytest

from tests.factories.directory import EnterpriseFactory
from tuoxian_portal.core.registries import SearchDocument, SearchSource, search_sources
from tuoxian_portal.directory.models import Enterprise, Town


@pytest.fixture
def sources(monkeypatch):
    """Two sources of the directory instead of those of the domains: enterprises, and towns."""
    enterprises = SearchSource(
        kind="enterprise",
        label="企业",
        model=Enterprise,
        queryset=lambda: Enterprise.objects.filter(is_active=True),
        document=lambda e: SearchDocument(
            title=e.name, url=f"/enterprises/{e.pk}/", summary=e.short_name, body=e.note, keywords=""
        ),
    )
    towns = SearchSource(
        kind="town",
        label="乡镇",
        model=Town,
        queryset=lambda: Town.objects.filter(is_active=True),
        document=lambda t: SearchDocument(
            title=t.name, url=f"/towns/{t.code}/", body=t.note, keywords=t.kind, date="2026-11-24"
        ),
    )
    monkeypatch.setattr(search_sources, "_discovered", True)
    monkeypatch.setattr(search_sources, "_items", {"enterprise": enterprises, "town": towns})
    return search_sources


@pytest.fixture
def company(sources):
    """Makes an enterprise by its name, its text and what else."""

    def make(name, note="", **fields):
        return EnterpriseFactory(name=name, note=note, **fields)

    return make
