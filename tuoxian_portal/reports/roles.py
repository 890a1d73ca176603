"""Who reads reports, who has them made, who may have one made again."""

from tuoxian_portal.core.registries import role_grants

VIEW = ["reports.view_reportrun"]
PRODUCE = [*VIEW, "reports.produce_reportrun"]

role_grants.register(
    "reports",
    {
        "official": VIEW,
        "project_officer": PRODUCE,
        "supervisor": [*PRODUCE, "reports.rerun_reportrun"],
    },
)
