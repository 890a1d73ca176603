from .master import (
    FACTS_SCHEMA,
    Bank,
    CountyFact,
    Department,
    Enterprise,
    Industry,
    IndustryChain,
    NamedRecord,
    Outlet,
    Park,
    Town,
)
from .profile import EnterpriseProfile, EnterpriseQualification, ProjectKind, Qualification, Size

__all__ = [
    "FACTS_SCHEMA",
    "Bank",
    "CountyFact",
    "Department",
    "Enterprise",
    "EnterpriseProfile",
    "EnterpriseQualification",
    "Industry",
    "IndustryChain",
    "NamedRecord",
    "Outlet",
    "Park",
    "ProjectKind",
    "Qualification",
    "Size",
    "Town",
]
