"""What each role may do with projects, reports and leads."""

from tuoxian_portal.core.registries import role_grants

READ = [
    "projects.view_keyproject",
    "projects.view_opportunity",
    "projects.view_progressreport",
    "projects.view_projectmilestone",
    "projects.view_projectproblem",
    "projects.view_fundsreceipt",
    "projects.view_restatement",
    "projects.view_confidencemonth",
    "projects.view_commitment",
    "projects.view_supervisionnotice",
    "projects.view_progressphoto",
    "projects.view_projectfact",
    "projects.view_target",
    "projects.view_portfoliofact",
]
LEDGER = [
    f"projects.{verb}_{model}"
    for model in ("keyproject", "opportunity", "progressreport", "projectmilestone", "projectproblem")
    for verb in ("add", "change")
] + [
    "projects.import_keyproject",
    "projects.add_fundsreceipt",
    "projects.void_fundsreceipt",
    "projects.add_progressphoto",
    "projects.publish_progressphoto",
    "projects.add_commitment",
    "projects.change_commitment",
    "projects.answer_notice",
    "projects.change_target",
    "projects.add_target",
]

# Whoever may be named as the owner of a notice.
OWNER = ["projects.view_supervisionnotice", "projects.answer_notice"]

role_grants.register(
    "projects",
    {
        "project_officer": [
            *READ,
            *LEDGER,
            "projects.move_stage",
            "projects.set_back_stage",
            "projects.change_status",
            "projects.publish_keyproject",
            "projects.publish_opportunity",
            "projects.submit_report",
            "projects.accept_report",
            "projects.view_investmentlead",
            "projects.add_investmentlead",
            "projects.change_investmentlead",
            "projects.handle_lead",
            "projects.convert_lead",
            "audit.reveal_personal",
        ],
        "supervisor": [
            *READ,
            "projects.view_investmentlead",
            "projects.accept_report",
            "projects.freeze_report",
            "projects.restate_report",
            "projects.judge_commitment",
            "projects.add_supervisionnotice",
            "projects.close_notice",
            "projects.override_confidence",
        ],
        "official": READ,
        "policy_officer": ["projects.view_keyproject", "projects.view_opportunity", "projects.view_target"],
        "finance_officer": ["projects.view_keyproject", "projects.view_opportunity"],
        # A department's own people see its own projects, published or not.
        "reviewer": ["projects.view_keyproject", *OWNER],
        "approver": ["projects.view_keyproject", *OWNER],
    },
)

# --- The work before a project: leads, conflicts, whom to approach, chains ------------------------
PIPELINE_READ = [
    "projects.view_chainnode",
    "projects.view_promotiontarget",
    "projects.view_leadconflict",
]
role_grants.register(
    "projects-pipeline",
    {
        "project_officer": [
            *PIPELINE_READ,
            *(
                f"projects.{verb}_{model}"
                for model in ("chainnode", "promotiontarget")
                for verb in ("add", "change")
            ),
            "projects.publish_chainnode",
            "projects.pursue_promotiontarget",
        ],
        "supervisor": [*PIPELINE_READ, "projects.resolve_conflict"],
        "official": ["projects.view_chainnode", "projects.view_promotiontarget"],
    },
)
