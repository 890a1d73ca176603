"""The files of a policy: the stamped original, its annexes, forms to fill in."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from policies.models.policy import IncentivePolicy
from tuoxian_portal.core.uploads import KINDS, FileKind, RandomPath, private_storage


class PolicyAttachment(models.Model):
    """A file that anybody may download while its policy is public.

    It lies outside the web root, so that a policy that is withdrawn takes its files with it.
    """

    policy = models.ForeignKey(
        IncentivePolicy, models.CASCADE, related_name="attachments", verbose_name=_("政策")
    )
    order = models.PositiveSmallIntegerField(_("序号"), default=1)
    title = models.CharField(_("标题"), max_length=120, help_text=_("例如 原文扫描件、附件 1 申报表"))
    file = models.FileField(
        _("文件"), storage=private_storage, upload_to=RandomPath("policies"), max_length=200
    )
    name = models.CharField(_("文件名"), max_length=140, editable=False)
    kind = models.CharField(
        _("类型"), max_length=8, choices=[(k.code, k.label) for k in KINDS.values()], editable=False
    )
    size = models.PositiveIntegerField(_("字节数"), default=0, editable=False)
    sha256 = models.CharField(_("校验值"), max_length=64, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("附件")
        ordering = ["policy_id", "order", "pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("policies:attachment", args=[self.policy.slug, self.sha256[:16]])

    @property
    def file_kind(self) -> FileKind:
        return KINDS[self.kind]

    @property
    def size_label(self) -> str:
        """`1.2 MB`, `340 KB`."""
        if self.size >= 1024 * 1024:
            return f"{self.size / 1024 / 1024:.1f} MB"
        return f"{max(1, round(self.size / 1024))} KB"
