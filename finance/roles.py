"""What each role may do with loans."""

from tuoxian_portal.core.registries import role_grants

VIEW = [
    "finance.view_loanproduct",
    "finance.view_matchmakingevent",
    "finance.view_financingdemand",
    "finance.view_loanintent",
    "finance.view_drawdown",
]

role_grants.register(
    "finance",
    {
        "finance_officer": [
            *VIEW,
            "finance.add_loanproduct",
            "finance.change_loanproduct",
            "finance.publish_loanproduct",
            "finance.add_matchmakingevent",
            "finance.change_matchmakingevent",
            "finance.add_financingdemand",
            "finance.change_financingdemand",
            "finance.close_financingdemand",
            "finance.add_loanintent",
            "finance.change_loanintent",
            "finance.advance_loanintent",
            "finance.drop_loanintent",
            "finance.correct_loanintent",
        ],
        "bank_contact": [
            *VIEW,
            "finance.add_loanintent",
            "finance.change_loanintent",
            "finance.advance_loanintent",
            "finance.drop_loanintent",
        ],
        "official": VIEW,
    },
)
