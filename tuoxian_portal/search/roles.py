"""Who teaches the search box its synonyms."""

from tuoxian_portal.core.registries import role_grants

ALL = [
    "search.view_searchmiss",
    "search.view_synonymgroup",
    "search.add_synonymgroup",
    "search.change_synonymgroup",
    "search.delete_synonymgroup",
]

role_grants.register(
    "search",
    {
        "administrator": ALL,
        "policy_officer": ALL,
        "project_officer": ["search.view_searchmiss"],
        "supervisor": ["search.view_searchmiss"],
        "official": ["search.view_searchmiss"],
    },
)
