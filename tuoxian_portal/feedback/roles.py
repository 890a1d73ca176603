"""Who reads and who handles what visitors say about the site."""

from tuoxian_portal.core.registries import role_grants

VIEW = ["feedback.view_feedback"]

role_grants.register(
    "feedback",
    {"supervisor": [*VIEW, "feedback.handle_feedback"], "administrator": VIEW, "official": VIEW},
)
