"""Who may look at a personal number in the clear, with a reason and on record."""

from tuoxian_portal.core.registries import role_grants

REVEAL = ["audit.reveal_personal"]

role_grants.register(
    "audit",
    {
        "window": REVEAL,
        "approver": REVEAL,
        "helper": REVEAL,
        "project_officer": REVEAL,
        "finance_officer": REVEAL,
        "supervisor": [*REVEAL, "audit.view_logentry"],
        "administrator": ["audit.view_logentry"],
    },
)
