"""Every model of the app, by noun. Catalogue first, then cases, then 帮办 entrustments and ratings."""

from services.models.attachments import CaseAttachment
from services.models.bundle_cases import BundleCase, BundleDocument, BundleMaterial
from services.models.bundles import BundleAnswer, BundleMember, BundleQuestion, ServiceBundle
from services.models.cases import (
    Case,
    CaseDocument,
    CaseMaterial,
    ClockInterval,
    CorrectionNotice,
)
from services.models.catalogue import Material, ServiceItem, ServiceTheme
from services.models.custody import CustodyEvent, Handover, HandoverLine
from services.models.entrustments import (
    Entrustment,
    EntrustmentCase,
    EntrustmentDocument,
    EntrustmentMatter,
    EntrustmentPaper,
    EntrustmentPause,
    EntrustmentStep,
    EntrustmentVisit,
)
from services.models.form_fields import FormField, ItemField
from services.models.imports import CatalogueImport
from services.models.item_parts import (
    ItemMaterial,
    ItemQuestion,
    ItemStep,
    ItemVersion,
    LegalBasis,
)
from services.models.licences import Licence, LicenceKind
from services.models.project_cases import ProjectCase
from services.models.ratings import (
    PublishedAnswer,
    RatingInvitation,
    RatingRemediation,
    RatingTag,
    RemediationPaper,
    ServiceRating,
)
from services.models.statistics import HallMechanism, HallStatistic

__all__ = [
    "BundleAnswer",
    "BundleCase",
    "BundleDocument",
    "BundleMaterial",
    "BundleMember",
    "BundleQuestion",
    "Case",
    "CaseAttachment",
    "CaseDocument",
    "CaseMaterial",
    "CatalogueImport",
    "ClockInterval",
    "CorrectionNotice",
    "CustodyEvent",
    "Entrustment",
    "EntrustmentCase",
    "EntrustmentDocument",
    "EntrustmentMatter",
    "EntrustmentPaper",
    "EntrustmentPause",
    "EntrustmentStep",
    "EntrustmentVisit",
    "FormField",
    "HallMechanism",
    "HallStatistic",
    "Handover",
    "HandoverLine",
    "ItemField",
    "ItemMaterial",
    "ItemQuestion",
    "ItemStep",
    "ItemVersion",
    "LegalBasis",
    "Licence",
    "LicenceKind",
    "Material",
    "ProjectCase",
    "PublishedAnswer",
    "RatingInvitation",
    "RatingRemediation",
    "RatingTag",
    "RemediationPaper",
    "ServiceBundle",
    "ServiceItem",
    "ServiceRating",
    "ServiceTheme",
]
