"""The register of electronic licences (电子证照): what is in it is not asked of applicants again."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from services.models.catalogue import Material
from services.querysets_licences import LicenceQuerySet
from tuoxian_portal.core import crypto
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.choices import BadgeChoices
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.models import KeyedHashes, Sampled, Timestamped
from tuoxian_portal.core.querysets import PortalQuerySet

KIND_CODE = RegexValidator(r"^[A-Za-z0-9-]{1,40}$", _("编码只用字母、数字和连字符。"))


class LicenceStatus(BadgeChoices):
    """Derived: see `Licence.status`."""

    VALID = "valid", _("有效")
    EXPIRED = "expired", _("过期")
    REVOKED = "revoked", _("注销")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.VALID: "good", cls.EXPIRED: "warn", cls.REVOKED: "bad"}


class LicenceKind(Sampled, Timestamped):
    """A kind of licence. It replaces its `materials`, and those of the catalogue that name it in
    `electronic_licence`."""

    code = models.CharField(_("类型编码"), max_length=40, unique=True, validators=[KIND_CODE])
    name = models.CharField(_("名称"), max_length=80, unique=True)
    issuer = models.CharField(_("颁发机构"), max_length=120, blank=True)
    materials = models.ManyToManyField(
        Material,
        blank=True,
        related_name="licence_kinds",
        verbose_name=_("可替代的材料"),
        help_text=_("材料目录中“可替代的电子证照”写明本名称的，不必再选。"),
    )
    is_active = models.BooleanField(_("启用"), default=True)

    objects = PortalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("电子证照类型")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Licence(KeyedHashes, Sampled, Timestamped):
    """One licence of one holder. Its number may be a personal one (居民身份证), so both numbers are
    encrypted, and found through their keyed hashes."""

    hash_sources: ClassVar = {"number_hash": "number", "holder_hash": "holder_number"}

    kind = models.ForeignKey(LicenceKind, models.PROTECT, related_name="licences", verbose_name=_("证照类型"))
    number = EncryptedTextField(_("证照编号"))
    number_hash = models.CharField(max_length=64, editable=False)
    holder_name = models.CharField(_("持证主体"), max_length=120)
    holder_number = EncryptedTextField(_("持证主体代码"))
    holder_hash = models.CharField(max_length=64, editable=False, db_index=True)
    issuer = models.CharField(_("颁发机构"), max_length=120, blank=True)
    issued_on = models.DateField(_("颁证日期"))
    valid_until = models.DateField(_("有效期至"), null=True, blank=True, help_text=_("长期有效的留空。"))
    is_signed = models.BooleanField(_("已签章"), default=False)
    revoked_on = models.DateField(_("注销日期"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=120, blank=True)

    objects = LicenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("电子证照")
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [
            ("link_licence", "用电子证照免交材料"),
            ("import_licence", "导入电子证照"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number_hash"], name="licence_once"),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("issued_on")),
                name="licence_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.masked_number}"

    @property
    def status(self) -> LicenceStatus:
        """On today's date."""
        if self.revoked_on is not None:
            return LicenceStatus.REVOKED
        if self.valid_until is not None and self.valid_until < today():
            return LicenceStatus.EXPIRED
        return LicenceStatus.VALID

    @property
    def is_usable(self) -> bool:
        """May it replace a paper today: in force and signed."""
        return self.status == LicenceStatus.VALID and self.is_signed and self.issued_on <= today()

    @property
    def masked_number(self) -> str:
        return crypto.mask_identity(self.number)

    @property
    def masked_holder_number(self) -> str:
        return crypto.mask_identity(self.holder_number)

    @property
    def masked_holder(self) -> str:
        """A person's name masked; long names are organisations', which are public."""
        return self.holder_name if len(self.holder_name) > 4 else crypto.mask_name(self.holder_name)

    @property
    def caption(self) -> str:
        """What pages and slips say: kind, number masked, until when."""
        until = f"，有效期至 {self.valid_until:%Y-%m-%d}" if self.valid_until else ""
        return f"{self.kind.name} {self.masked_number}{until}"
