"""The workbench of project officers: configuration, no rules."""

from projects.admin.commitments import CommitmentAdmin
from projects.admin.funds import FundsReceiptAdmin
from projects.admin.invest import OpportunityAdmin, PortfolioFactAdmin, TargetAdmin
from projects.admin.leads import LeadAdmin, LeadConflictAdmin
from projects.admin.ledger import KeyProjectAdmin
from projects.admin.notices import SupervisionNoticeAdmin
from projects.admin.promotion import ChainNodeAdmin, PromotionTargetAdmin
from projects.admin.reports import ProgressReportAdmin

__all__ = [
    "ChainNodeAdmin",
    "CommitmentAdmin",
    "FundsReceiptAdmin",
    "KeyProjectAdmin",
    "LeadAdmin",
    "LeadConflictAdmin",
    "OpportunityAdmin",
    "PortfolioFactAdmin",
    "ProgressReportAdmin",
    "PromotionTargetAdmin",
    "SupervisionNoticeAdmin",
    "TargetAdmin",
]
