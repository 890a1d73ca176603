"""The words for the values of choice facts: vocabularies of the directory and of projects."""

from django.core.cache import cache

from policies.rules.facts import Labels
from projects.choices import Stage
from tuoxian_portal.directory.models import (
    Industry,
    IndustryChain,
    Park,
    ProjectKind,
    Qualification,
    Size,
    Town,
)

CACHE_KEY = "policies.fact-labels"
SECONDS = 60


def fresh_labels() -> Labels:
    """From the tables as they are; four queries."""
    return {
        "industry": dict(Industry.objects.filter(is_active=True).values_list("slug", "name")),
        "chain": {
            name: name for name in IndustryChain.objects.filter(is_active=True).values_list("name", flat=True)
        },
        "park": {name: name for name in Park.objects.filter(is_active=True).values_list("name", flat=True)},
        "town": dict(Town.objects.filter(is_active=True).values_list("code", "name")),
        "project_kind": {value: str(label) for value, label in ProjectKind.choices},
        "project_stage": {value: str(label) for value, label in Stage.choices},
        "size": {value: str(label) for value, label in Size.choices},
        "qualifications": {value: str(label) for value, label in Qualification.choices},
    }


def labels() -> Labels:
    """The same, from the cache for up to a minute: for public pages."""
    found = cache.get(CACHE_KEY)
    if found is None:
        found = fresh_labels()
        cache.set(CACHE_KEY, found, SECONDS)
    return found
