"""Everything that changes a project, a report or a lead. The admin, the API, pages and tasks call these."""

from projects.actions.leads import (
    assign_lead,
    close_lead,
    contact_lead,
    convert_lead,
    follow_up_lead,
    record_enquiry,
    reopen_lead,
)
from projects.actions.projects import (
    advance_stage,
    available_project_actions,
    clear_override,
    override_confidence,
    place_stage,
    publish,
    resume_project,
    save_project,
    set_back_stage,
    stall_project,
    terminate_project,
    withdraw,
)
from projects.actions.reports import (
    accept_report,
    freeze_report,
    save_report,
    send_back_report,
    submit_report,
)

__all__ = [
    "accept_report",
    "advance_stage",
    "assign_lead",
    "available_project_actions",
    "clear_override",
    "close_lead",
    "contact_lead",
    "convert_lead",
    "follow_up_lead",
    "freeze_report",
    "override_confidence",
    "place_stage",
    "publish",
    "record_enquiry",
    "reopen_lead",
    "resume_project",
    "save_project",
    "save_report",
    "send_back_report",
    "set_back_stage",
    "stall_project",
    "submit_report",
    "terminate_project",
    "withdraw",
]
