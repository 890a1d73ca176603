"""The workbench of project officers: configuration, no rules."""

from projects.admin.commitments import CommitmentAdmin
from projects.admin.funds import FundsReceiptAdmin
from projects.admin.invest import LeadAdmin, OpportunityAdmin, PortfolioFactAdmin, TargetAdmin
from projects.admin.ledger import KeyProjectAdmin
from projects.admin.notices import SupervisionNoticeAdmin
from projects.admin.reports import ProgressReportAdmin

__all__ = [
    "CommitmentAdmin",
    "FundsReceiptAdmin",
    "KeyProjectAdmin",
    "LeadAdmin",
    "OpportunityAdmin",
    "PortfolioFactAdmin",
    "ProgressReportAdmin",
    "SupervisionNoticeAdmin",
    "TargetAdmin",
]
