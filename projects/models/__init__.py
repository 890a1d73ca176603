"""Key projects and what belongs to them, leads and opportunities, targets."""

from projects.models.commitment import Commitment
from projects.models.confidence_month import ConfidenceMonth
from projects.models.funds import FundsReceipt
from projects.models.invest import InvestmentLead, Opportunity
from projects.models.notice import NoticeEntry, SupervisionNotice
from projects.models.photo import ProgressPhoto
from projects.models.progress import ProgressReport, ProjectMilestone, ProjectProblem
from projects.models.project import KeyProject, ProjectFact
from projects.models.restatement import Restatement
from projects.models.target import PortfolioFact, Target

__all__ = [
    "Commitment",
    "ConfidenceMonth",
    "FundsReceipt",
    "InvestmentLead",
    "KeyProject",
    "NoticeEntry",
    "Opportunity",
    "PortfolioFact",
    "ProgressPhoto",
    "ProgressReport",
    "ProjectFact",
    "ProjectMilestone",
    "ProjectProblem",
    "Restatement",
    "SupervisionNotice",
    "Target",
]
