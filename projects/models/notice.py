"""督办: a demand to an owner, with a day for the reply."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.choices_notice import NoticeEntryKind, NoticeState
from projects.models.evidence import Evidenced
from projects.models.project import KeyProject
from projects.querysets_notice import NoticeEntryQuerySet, NoticeQuerySet
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned


class SupervisionNotice(Timestamped, Versioned, Sampled):
    """A notice to a person or a department. The deadline counts working days and runs while it is the
    owner's turn; whether it is overdue is a question about dates, not a state."""

    number = models.CharField(_("督办编号"), max_length=20, unique=True, editable=False)
    project = models.ForeignKey(
        KeyProject, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("项目")
    )
    title = models.CharField(_("督办事项"), max_length=120)
    requirement = models.TextField(_("督办要求"), help_text=_("写明要解决什么、达到什么程度。"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("承办人"),
    )
    owner_department = models.ForeignKey(
        "directory.Department", models.PROTECT, null=True, blank=True, verbose_name=_("承办单位")
    )
    reply_days = models.PositiveSmallIntegerField(
        _("答复时限（工作日）"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("从发出次日起算。"),
    )
    issued_on = models.DateField(_("发出日期"), editable=False)
    reply_due = models.DateField(_("答复期限"), editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("督办人"),
    )
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=NoticeState.choices,
        default=NoticeState.ISSUED,
        editable=False,
        db_index=True,
    )
    ended_on = models.DateField(_("办结日期"), null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("督办")
        ordering = ["-issued_on", "-pk"]
        default_permissions = ("add", "view")
        permissions = [("answer_notice", "答复督办"), ("close_notice", "审核督办答复")]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False) | Q(owner_department__isnull=False),
                name="notice_has_owner",
                violation_error_message="请选择承办人或承办单位。",
            )
        ]
        indexes = [models.Index(fields=["state", "reply_due"])]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("admin:projects_supervisionnotice_change", args=[self.pk])

    def is_owned_by(self, user: object) -> bool:
        """Whether `user` is the person named, or of the department named when no person is."""
        if self.owner_id:
            return self.owner_id == getattr(user, "pk", None)
        return self.owner_department_id == getattr(user, "department_id", None)

    def clean(self) -> None:
        if self.owner_id is None and self.owner_department_id is None:
            raise ValidationError({"owner_department": "请选择承办人或承办单位。"})


class NoticeEntry(Evidenced, Sampled):
    """An answer to a notice, or its return; `due_on` is the deadline that it met or missed."""

    notice = models.ForeignKey(
        SupervisionNotice, models.CASCADE, related_name="entries", verbose_name=_("督办")
    )
    kind = models.CharField(_("类型"), max_length=8, choices=NoticeEntryKind.choices)
    text = models.TextField(_("内容"))
    due_on = models.DateField(_("期限"))
    at = models.DateTimeField(_("时间"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("经办人")
    )

    objects = NoticeEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("督办往来")
        ordering = ["notice", "pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.text[:40]}"

    @property
    def is_late(self) -> bool:
        """Whether an answer came after its deadline."""
        return self.kind == NoticeEntryKind.ANSWER and timezone.localdate(self.at) > self.due_on
