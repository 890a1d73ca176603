"""Who reads the cockpit. Each panel also asks for the permission of what it shows."""

from tuoxian_portal.core.registries import role_grants

VIEW = ["dashboard.view_cockpit"]

READERS = ("official", "supervisor", "project_officer", "policy_officer", "finance_officer")

role_grants.register("dashboard", dict.fromkeys(READERS, VIEW))
