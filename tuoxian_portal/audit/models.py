"""The audit log: who did what to which record, when, why, from where. Append-only."""

from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connections, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AppendOnlyQuerySet(models.QuerySet):
    """Refuses to change or delete many entries at once. The one exception is sample entries, which
    go with the sample records they are about."""

    def distinct_actions(self) -> list[str]:
        """Every action in the table, in order. One query that steps from each to the next in the index
        (`SELECT DISTINCT` would read every row): its cost follows the actions, not the entries."""
        step = "SELECT action FROM audit_logentry {where} ORDER BY action LIMIT 1"
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE found(action) AS (SELECT ({step.format(where='')}) UNION ALL "  # noqa: S608  (all of it constant)
                f"SELECT ({step.format(where='WHERE action > found.action')}) FROM found "
                "WHERE found.action IS NOT NULL) SELECT action FROM found WHERE action IS NOT NULL"
            )
            return [row[0] for row in cursor.fetchall()]

    def update(self, **kwargs: Any) -> int:
        raise TypeError("audit entries are append-only")

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        raise TypeError("audit entries are append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        if self.filter(is_sample=False).exists():
            raise TypeError("audit entries are append-only")
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # as Django marks its own
    delete.queryset_only = True  # type: ignore[attr-defined]  # Django reads it from the function


class LogEntry(models.Model):
    """One act. Never edited or deleted from the interface; kept at least six months
    (网络安全法 Art. 21)."""

    at = models.DateTimeField(_("时间"), default=timezone.now, db_index=True, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
        help_text=_("空为系统。"),
    )
    action = models.CharField(_("动作"), max_length=60, db_index=True)
    content_type = models.ForeignKey(
        ContentType, models.PROTECT, related_name="+", verbose_name=_("对象类型")
    )
    object_id = models.CharField(_("对象编号"), max_length=64)
    object_repr = models.CharField(_("对象"), max_length=200)
    reason = models.TextField(_("理由"), blank=True)
    changes = models.JSONField(_("变更"), default=dict, blank=True)
    address = models.GenericIPAddressField(_("来源地址"), null=True, blank=True)
    is_sample = models.BooleanField(default=False, db_index=True, editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("操作日志")
        ordering = ["-at", "-pk"]
        base_manager_name = "objects"
        default_permissions = ("view",)
        permissions = [("reveal_personal", _("查看个人信息原文"))]
        indexes = [models.Index(fields=["content_type", "object_id"])]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.action} {self.object_repr}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("audit entries are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if not self.is_sample:
            raise TypeError("audit entries are append-only")
        return super().delete(*args, **kwargs)
