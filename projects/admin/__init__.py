"""The workbench of project officers: configuration, no rules."""

from projects.admin.invest import LeadAdmin, OpportunityAdmin, PortfolioFactAdmin, TargetAdmin
from projects.admin.ledger import KeyProjectAdmin
from projects.admin.reports import ProgressReportAdmin

__all__ = [
    "KeyProjectAdmin",
    "LeadAdmin",
    "OpportunityAdmin",
    "PortfolioFactAdmin",
    "ProgressReportAdmin",
    "TargetAdmin",
]
