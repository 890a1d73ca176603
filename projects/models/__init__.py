"""Key projects and what belongs to them, leads and opportunities, targets."""

from projects.models.chain import ChainNode
from projects.models.commitment import Commitment
from projects.models.confidence_month import ConfidenceMonth
from projects.models.funds import FundsReceipt
from projects.models.invest import InvestmentLead, Opportunity
from projects.models.lead_records import LeadConflict, LeadReminder, LeadVisit
from projects.models.notice import NoticeEntry, SupervisionNotice
from projects.models.photo import ProgressPhoto
from projects.models.progress import ProgressReport, ProjectMilestone, ProjectProblem
from projects.models.project import KeyProject, ProjectFact
from projects.models.promotion import PromotionTarget
from projects.models.restatement import Restatement
from projects.models.target import PortfolioFact, Target

__all__ = [
    "ChainNode",
    "Commitment",
    "ConfidenceMonth",
    "FundsReceipt",
    "InvestmentLead",
    "KeyProject",
    "LeadConflict",
    "LeadReminder",
    "LeadVisit",
    "NoticeEntry",
    "Opportunity",
    "PortfolioFact",
    "ProgressPhoto",
    "ProgressReport",
    "ProjectFact",
    "ProjectMilestone",
    "ProjectProblem",
    "PromotionTarget",
    "Restatement",
    "SupervisionNotice",
    "Target",
]
