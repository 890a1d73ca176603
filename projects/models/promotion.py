"""Whom and what the county goes after (招商目标). Internal."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.choices_pipeline import PursuitState, TargetKind
from projects.models.chain import ChainNode
from projects.querysets_leads import PromotionTargetQuerySet
from tuoxian_portal.core.models import Sampled, Timestamped, Versioned


class PromotionTarget(Timestamped, Versioned, Sampled):
    """A region, an enterprise or a gap of a chain that somebody is to bring investment from or for."""

    kind = models.CharField(_("类别"), max_length=10, choices=TargetKind.choices)
    name = models.CharField(_("目标"), max_length=120, help_text=_("地区、企业或方向的名称。"))
    chain_node = models.ForeignKey(
        ChainNode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="promotion_targets",
        verbose_name=_("产业链环节"),
    )
    industry = models.ForeignKey(
        "directory.Industry", models.PROTECT, null=True, blank=True, verbose_name=_("产业")
    )
    why = models.TextField(_("招引理由"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="promotion_targets",
        verbose_name=_("负责人"),
    )
    next_step = models.CharField(_("下一步"), max_length=200, blank=True)
    next_on = models.DateField(_("下一步日期"), null=True, blank=True)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=PursuitState.choices,
        default=PursuitState.PLANNED,
        editable=False,
        db_index=True,
    )
    drop_reason = models.TextField(_("不再招引的理由"), blank=True, editable=False)

    objects = PromotionTargetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("招商目标")
        ordering = ["-pk"]
        permissions = [("pursue_promotiontarget", "推进招商目标")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="dropped") | ~Q(drop_reason=""), name="promotion_dropped_with_reason"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.kind == TargetKind.GAP and not self.chain_node_id:
            raise ValidationError({"chain_node": "补链方向须选择产业链的环节。"})
