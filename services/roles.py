"""What each role may do in the service hall."""

from tuoxian_portal.core.registries import role_grants

VIEW_CASES = [
    "services.view_case",
    "services.view_casematerial",
    "services.view_clockinterval",
    "services.view_correctionnotice",
    "services.view_casedocument",
    "services.view_serviceitem",
]

role_grants.register(
    "services-cases",
    {
        "window": [*VIEW_CASES, "services.add_case", "services.receive_case"],
        "reviewer": [*VIEW_CASES, "services.review_case"],
        "approver": [*VIEW_CASES, "services.decide_case"],
        "issuer": [*VIEW_CASES, "services.deliver_case"],
        "helper": [*VIEW_CASES],
        "supervisor": [*VIEW_CASES, "services.supervise_case"],
        "official": [*VIEW_CASES],
    },
)
