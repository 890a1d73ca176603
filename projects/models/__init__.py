"""Key projects and what belongs to them, leads and opportunities, targets."""

from projects.models.invest import InvestmentLead, Opportunity
from projects.models.progress import FundsReceipt, ProgressReport, ProjectMilestone, ProjectProblem
from projects.models.project import KeyProject, ProjectFact
from projects.models.target import PortfolioFact, Target

__all__ = [
    "FundsReceipt",
    "InvestmentLead",
    "KeyProject",
    "Opportunity",
    "PortfolioFact",
    "ProgressReport",
    "ProjectFact",
    "ProjectMilestone",
    "ProjectProblem",
    "Target",
]
