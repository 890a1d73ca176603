"""What each role may do with the county's master data."""

from tuoxian_portal.core.registries import role_grants

MODELS = (
    "town",
    "department",
    "outlet",
    "park",
    "industry",
    "industrychain",
    "enterprise",
    "enterpriseprofile",
    "enterprisequalification",
    "bank",
    "countyfact",
)
VIEW = [f"directory.view_{model}" for model in MODELS]
KEEP_ENTERPRISES = [
    f"directory.{verb}_{model}"
    for model in ("enterprise", "enterpriseprofile", "enterprisequalification")
    for verb in ("add", "change")
] + ["directory.delete_enterprisequalification"]

role_grants.register(
    "directory",
    {
        "window": ["directory.view_department", "directory.view_outlet", "directory.view_enterprise"],
        "reviewer": ["directory.view_department", "directory.view_outlet", "directory.view_enterprise"],
        "approver": ["directory.view_department", "directory.view_outlet", "directory.view_enterprise"],
        "issuer": ["directory.view_department", "directory.view_outlet"],
        "helper": ["directory.view_department", "directory.view_outlet", "directory.view_enterprise"],
        "supervisor": VIEW,
        "project_officer": [*VIEW, *KEEP_ENTERPRISES],
        "policy_officer": VIEW,
        "finance_officer": [*VIEW, *KEEP_ENTERPRISES, "directory.add_bank", "directory.change_bank"],
        "bank_contact": ["directory.view_enterprise"],
        "official": VIEW,
        "administrator": [
            *VIEW,
            *(f"directory.{verb}_{model}" for verb in ("add", "change") for model in MODELS),
            "directory.delete_enterprisequalification",
        ],
    },
)
