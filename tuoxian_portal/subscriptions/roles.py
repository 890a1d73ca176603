"""Who may see and stop subscriptions. Addresses stay masked for everybody."""

from tuoxian_portal.core.registries import role_grants

ALL = [
    "subscriptions.view_subscription",
    "subscriptions.view_message",
    "subscriptions.stop_subscription",
]

role_grants.register("subscriptions", {"administrator": ALL})
