"""Who holds which paper of a case: what was taken in, handed over and signed for, given back.

The last `CustodyEvent` of a paper says who holds it. A `Handover` is an offer until the receiver has
answered for each paper; meanwhile it is in transit and still the sender's.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from services.choices_custody import CustodyKind, HolderKind, LineAnswer
from services.models.cases import Case, CaseDocument, CaseMaterial
from services.querysets_custody import HandoverQuerySet
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Sampled
from tuoxian_portal.directory.models import Department, Outlet


def _user(label: Any, **more: Any) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, **more
    )


def _maybe(target: Any, label: Any) -> models.ForeignKey:
    return models.ForeignKey(
        target, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=label
    )


@dataclass(frozen=True)
class Holder:
    """Somebody who can hold a paper: an outlet, a department, a person, or the applicant."""

    kind: str
    unit: Any = None  # an Outlet, a Department or a User; None for the applicant

    def __str__(self) -> str:
        return "申请人" if self.kind == HolderKind.APPLICANT else str(self.unit)

    @property
    def fields(self) -> dict[str, Any]:
        """As the columns `kind`, `outlet`, `department`, `person`."""
        names = (HolderKind.OUTLET, HolderKind.DEPARTMENT, HolderKind.PERSON)
        return {"kind": self.kind, **{name.value: self.unit if self.kind == name else None for name in names}}

    def includes(self, user: Any) -> bool:
        """Whether `user` signs for this holder."""
        if self.kind == HolderKind.OUTLET:
            return user.outlet_id == self.unit.pk
        if self.kind == HolderKind.DEPARTMENT:
            return user.department_id == self.unit.pk
        return self.kind == HolderKind.PERSON and user.pk == self.unit.pk


def applicant() -> Holder:
    return Holder(HolderKind.APPLICANT)


class Handover(Sampled):
    """A set of papers of one case on its way from one holder to another."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="handovers", verbose_name=_("办件"))
    from_kind = models.CharField(_("移交方类型"), max_length=12, choices=HolderKind.choices)
    from_outlet = _maybe(Outlet, _("移交网点"))
    from_department = _maybe(Department, _("移交部门"))
    from_person = _maybe(settings.AUTH_USER_MODEL, _("移交个人"))
    to_kind = models.CharField(_("接收方类型"), max_length=12, choices=HolderKind.choices)
    to_outlet = _maybe(Outlet, _("接收网点"))
    to_department = _maybe(Department, _("接收部门"))
    to_person = _maybe(settings.AUTH_USER_MODEL, _("接收个人"))
    handed_by = _user(_("移交人"))
    handed_at = models.DateTimeField(_("移交时间"))
    due_back_on = models.DateField(_("应归还日期"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    answered_by = _user(_("接收人"), null=True, blank=True)
    answered_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    paper = models.ForeignKey(
        CaseDocument, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("物料流转凭证")
    )

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("材料移交")
        ordering = ["-handed_at", "-pk"]
        default_permissions = ("view",)
        permissions = [("move_paper", "移交、签收、退还材料")]

    def __str__(self) -> str:
        return f"{self.sender} → {self.receiver}"

    @property
    def sender(self) -> Holder:
        return Holder(self.from_kind, self.from_outlet or self.from_department or self.from_person)

    @property
    def receiver(self) -> Holder:
        return Holder(self.to_kind, self.to_outlet or self.to_department or self.to_person)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    @property
    def is_late(self) -> bool:
        """The day of return has passed; whether papers are still out is asked of the events."""
        return self.due_back_on is not None and self.due_back_on < today()


class HandoverLine(models.Model):
    """One paper of a handover, and what the receiver said to it."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="lines", verbose_name=_("移交"))
    material = models.ForeignKey(
        CaseMaterial, models.CASCADE, related_name="handover_lines", verbose_name=_("材料")
    )
    originals = models.PositiveSmallIntegerField(_("原件"), default=0)
    copies = models.PositiveSmallIntegerField(_("复印件"), default=0)
    answer = models.CharField(
        _("签收情况"), max_length=10, choices=LineAnswer.choices, default=LineAnswer.PENDING
    )
    reason = models.CharField(_("拒收理由"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("移交的材料")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["material"],
                condition=models.Q(answer=LineAnswer.PENDING),
                name="handover_one_open_for_a_paper",
            ),
            models.CheckConstraint(
                condition=~models.Q(answer=LineAnswer.REFUSED) | ~models.Q(reason=""),
                name="handover_refusal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.material)


class CustodyEvent(models.Model):
    """A paper came to a holder. Append-only: the last one of a paper says who holds it."""

    material = models.ForeignKey(CaseMaterial, models.CASCADE, related_name="custody", verbose_name=_("材料"))
    what = models.CharField(_("事项"), max_length=12, choices=CustodyKind.choices)
    kind = models.CharField(_("持有方类型"), max_length=12, choices=HolderKind.choices)
    outlet = _maybe(Outlet, _("网点"))
    department = _maybe(Department, _("部门"))
    person = _maybe(settings.AUTH_USER_MODEL, _("个人"))
    at = models.DateTimeField(_("时间"))
    by = _user(_("经手人"), null=True, blank=True)
    handover = models.ForeignKey(
        Handover, models.CASCADE, null=True, blank=True, related_name="events", verbose_name=_("移交")
    )
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("材料去向")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(kind="outlet", outlet__isnull=False)
                    | models.Q(kind="department", department__isnull=False)
                    | models.Q(kind="person", person__isnull=False)
                    | models.Q(
                        kind="applicant", outlet__isnull=True, department__isnull=True, person__isnull=True
                    )
                ),
                name="custody_event_has_its_holder",
            )
        ]

    def __str__(self) -> str:
        return f"{self.material} {self.get_what_display()} {self.holder}"

    @property
    def holder(self) -> Holder:
        return Holder(self.kind, self.outlet or self.department or self.person)
