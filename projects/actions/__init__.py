"""Everything that changes a project, a report or a lead. The admin, the API, pages and tasks call these."""

from projects.actions.chains import save_chain_node
from projects.actions.commitments import judge_commitment, save_commitment, withdraw_verdict
from projects.actions.confidence_history import record_confidence
from projects.actions.conflicts import note_conflicts, resolve_conflict
from projects.actions.funds import record_receipt, void_receipt
from projects.actions.leads import (
    assign_lead,
    close_lead,
    contact_lead,
    convert_lead,
    follow_up_lead,
    record_enquiry,
    record_visit,
    reopen_lead,
    save_lead,
)
from projects.actions.notices import (
    answer_notice,
    cancel_notice,
    close_notice,
    issue_notice,
    return_notice,
)
from projects.actions.photos import add_photo, publish_photo
from projects.actions.projects import (
    advance_stage,
    available_project_actions,
    check_project,
    clear_override,
    note_children_changed,
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
from projects.actions.promotion import (
    contact_target,
    drop_target,
    land_target,
    resume_target,
    save_promotion_target,
    talk_target,
)
from projects.actions.records import save_opportunity, save_target
from projects.actions.reminders import remind_leads
from projects.actions.reports import (
    accept_report,
    freeze_report,
    raise_problem,
    restate_report,
    save_report,
    send_back_report,
    submit_report,
)

__all__ = [
    "accept_report",
    "add_photo",
    "advance_stage",
    "answer_notice",
    "assign_lead",
    "available_project_actions",
    "cancel_notice",
    "check_project",
    "clear_override",
    "close_lead",
    "close_notice",
    "contact_lead",
    "contact_target",
    "convert_lead",
    "drop_target",
    "follow_up_lead",
    "freeze_report",
    "issue_notice",
    "judge_commitment",
    "land_target",
    "note_children_changed",
    "note_conflicts",
    "override_confidence",
    "place_stage",
    "publish",
    "publish_photo",
    "raise_problem",
    "record_confidence",
    "record_enquiry",
    "record_receipt",
    "record_visit",
    "remind_leads",
    "reopen_lead",
    "resolve_conflict",
    "restate_report",
    "resume_project",
    "resume_target",
    "return_notice",
    "save_chain_node",
    "save_commitment",
    "save_lead",
    "save_opportunity",
    "save_project",
    "save_promotion_target",
    "save_report",
    "save_target",
    "send_back_report",
    "set_back_stage",
    "stall_project",
    "submit_report",
    "talk_target",
    "terminate_project",
    "void_receipt",
    "withdraw",
    "withdraw_verdict",
]
