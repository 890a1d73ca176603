"""Bundle cases (一次办办件): one application for several items, each of which is a case of its own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from services.bundle_states import bundle_state
from services.choices import Necessity
from services.choices_bundles import CLOSED_BUNDLE_STATES, BundleState
from services.choices_cases import CLOSED_STATES, CaseState, MaterialState
from services.models.applicants import ApplicantFields
from services.models.bundles import ServiceBundle
from services.models.cases import Case, CaseMaterial
from services.models.catalogue import Material
from services.models.papers import IssuedPaper
from services.querysets_bundles import PROMISE_STATES, BundleCaseQuerySet
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned
from tuoxian_portal.directory.models import Department, Outlet

# Of several lines of one material, the one with the most left to do speaks for it.
MATERIAL_ORDER = (MaterialState.MISSING, MaterialState.DEFERRED)


class BundleCase(ApplicantFields, Versioned, Sampled, Timestamped):
    """One application for a bundle. It decides nothing: its cases do, and its state follows from them.

    `composition` is what the engine made of the answers on the day of the application. `accepted_on`,
    `promised_by` and `closed_on` follow from the cases and are rewritten whenever one of them changes
    and by `recompute_deadlines`; they are stored so that lists can sort by them.
    """

    number = models.CharField(_("一次办编号"), max_length=26, unique=True, editable=False)
    submission = models.UUIDField(default=uuid4, unique=True, editable=False)
    bundle = models.ForeignKey(
        ServiceBundle, models.PROTECT, related_name="bundle_cases", verbose_name=_("一次办事项")
    )
    answers = models.JSONField(_("情形回答"), default=dict, blank=True)
    composition = models.JSONField(_("组合结果"), default=dict, blank=True, editable=False)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bundle_cases",
        verbose_name=_("牵头部门"),
    )
    outlet = models.ForeignKey(
        Outlet, models.PROTECT, related_name="bundle_cases", verbose_name=_("收件网点")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("登记人"),
    )
    promised_days = models.PositiveSmallIntegerField(
        _("承诺时限（工作日）"), null=True, blank=True, editable=False
    )
    received_on = models.DateField(_("收件日期"), null=True, blank=True, editable=False)
    accepted_on = models.DateField(_("首批受理日期"), null=True, blank=True, editable=False)
    promised_by = models.DateField(_("承诺办结日"), null=True, blank=True, editable=False)
    closed_on = models.DateField(_("结束日期"), null=True, blank=True, editable=False)

    objects = BundleCaseQuerySet.as_manager()
    # Of the last act on it: case number → why that case was left as it is. Never stored.
    refusals: Mapping[str, str] = MappingProxyType({})

    class Meta:
        verbose_name = verbose_name_plural = _("一次办办件")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["applicant_hash", "bundle"]),
            models.Index(fields=["promised_by"]),
            models.Index(fields=["received_on"]),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """Its page in the staff's workbench; the public follows it at `/track/`."""
        return reverse("admin:services_bundlecase_change", args=[self.pk])

    @property
    def tracking_number(self) -> str:
        """What the applicant types at `/track/`, with the password."""
        return self.number

    @property
    def name(self) -> str:
        """As it was called on the day of the application."""
        return (self.composition or {}).get("bundle", {}).get("name") or self.bundle.name

    @property
    def cases(self) -> list[Case]:
        """Its cases in the order of the bundle, without those split off; no query when `with_children`."""
        return sorted((c for c in self.children.all() if c.split_off_at is None), key=lambda c: c.pk)

    @property
    def split_cases(self) -> list[Case]:
        return [case for case in self.children.all() if case.split_off_at is not None]

    @property
    def state(self) -> BundleState:
        """Derived; from the annotation of `with_state` when there is one, else from the cases."""
        if derived := getattr(self, "derived_state", None):
            return BundleState(derived)
        return bundle_state((case.state, case.outcome) for case in self.cases)

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED_BUNDLE_STATES

    def get_state_display(self) -> str:
        return str(self.state.label)

    @property
    def is_overdue(self) -> bool:
        """Whether the one promise has run out and the office still has work."""
        return self.promised_by is not None and self.promised_by < today() and self.state in PROMISE_STATES

    @cached_property
    def handler_ids(self) -> frozenset[int]:
        """The pks of everybody who worked on the whole or on one of its cases; none of them decides about
        its rating. Two queries and one a case."""
        printed = self.documents.order_by().values_list("created_by", flat=True).distinct()
        found = frozenset(pk for pk in (self.created_by_id, *printed) if pk is not None)
        return found.union(*(case.handler_ids for case in self.cases))

    @property
    def personal_names(self) -> list[str]:
        """Whose names must not stand in a published text."""
        names = {self.applicant_name, self.agent_name, *(case.recipient for case in self.cases)}
        return sorted(name for name in names if name)

    @property
    def stuck_cases(self) -> list[Case]:
        """Cases that wait for one which ended without being granted."""
        return [
            case
            for case in self.cases
            if case.state == CaseState.WAITING
            and any(
                (other.state in CLOSED_STATES or other.outcome) and not other.is_granted
                for other in case.waits_for.all()
            )
        ]


class BundleMaterial(models.Model):
    """One material of the one set: handed in once, for every case that asks for it.

    The counts are those of the papers that lie on the desk; how it stands follows from its lines.
    """

    bundle_case = models.ForeignKey(
        BundleCase, models.CASCADE, related_name="materials", verbose_name=_("一次办办件")
    )
    material = models.ForeignKey(
        Material, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("材料目录")
    )
    name = models.CharField(_("材料"), max_length=160)
    necessity = models.CharField(_("必要性"), max_length=12, choices=Necessity.choices)
    condition = models.CharField(_("适用情形"), max_length=300, blank=True)
    originals_wanted = models.PositiveSmallIntegerField(_("应交原件"), null=True, blank=True)
    copies_wanted = models.PositiveSmallIntegerField(_("应交复印件"), null=True, blank=True)
    originals = models.PositiveSmallIntegerField(_("收原件"), default=0)
    copies = models.PositiveSmallIntegerField(_("收复印件"), default=0)
    received_at = models.DateTimeField(_("收到时间"), null=True, blank=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("接收人"),
    )
    order = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = verbose_name_plural = _("一套材料")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["bundle_case", "material"], name="bundle_material_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def open_lines(self) -> list[CaseMaterial]:
        """Its lines in the cases that still belong to the bundle; no query when prefetched."""
        return [line for line in self.lines.all() if line.case.in_bundle]

    @property
    def state(self) -> MaterialState:
        """What the line with the most left to do says; 不涉及 only when all of them do."""
        states = {MaterialState(line.state) for line in self.open_lines}
        for state in MATERIAL_ORDER:
            if state in states:
                return state
        return next(iter(sorted(states - {MaterialState.NOT_NEEDED})), MaterialState.NOT_NEEDED)

    @property
    def promised_on(self) -> Any:
        return min((line.promised_on for line in self.open_lines if line.promised_on), default=None)

    @property
    def is_required(self) -> bool:
        return self.necessity in {Necessity.REQUIRED, Necessity.DEFERRABLE}

    @property
    def wanted_by(self) -> list[Case]:
        return [line.case for line in self.open_lines]


class BundleDocument(IssuedPaper):
    """A paper about the whole of a bundle case. Its cases have their own."""

    SUBJECT = "bundle_case"

    bundle_case = models.ForeignKey(
        BundleCase, models.CASCADE, related_name="documents", verbose_name=_("一次办办件")
    )

    class Meta(IssuedPaper.Meta):
        verbose_name = verbose_name_plural = _("一次办文书")
