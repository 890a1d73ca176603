"""Every model of the app, by noun. Catalogue first, then cases."""

from services.models.cases import (
    Case,
    CaseDocument,
    CaseMaterial,
    ClockInterval,
    CorrectionNotice,
)
from services.models.catalogue import (
    BundleAnswer,
    BundleMember,
    BundleQuestion,
    ItemMaterial,
    ItemQuestion,
    ItemStep,
    ItemVersion,
    LegalBasis,
    Material,
    ServiceBundle,
    ServiceItem,
    ServiceTheme,
)
from services.models.statistics import HallMechanism, HallStatistic

__all__ = [
    "BundleAnswer",
    "BundleMember",
    "BundleQuestion",
    "Case",
    "CaseDocument",
    "CaseMaterial",
    "ClockInterval",
    "CorrectionNotice",
    "HallMechanism",
    "HallStatistic",
    "ItemMaterial",
    "ItemQuestion",
    "ItemStep",
    "ItemVersion",
    "LegalBasis",
    "Material",
    "ServiceBundle",
    "ServiceItem",
    "ServiceTheme",
]
