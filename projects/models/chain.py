"""The links of an industry chain: what is here, what is coming, what is missing."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.choices_pipeline import NodeStanding
from projects.models.project import KeyProject
from projects.querysets_chains import ChainNodeQuerySet
from tuoxian_portal.core.models import Sampled, Sourced, Timestamped, Versioned
from tuoxian_portal.directory.models import IndustryChain


class ChainNode(Sourced, Sampled, Timestamped, Versioned):
    """One link of a chain. What a source does not state is `UNSTATED`; a gap is only ever named by the
    county, on a source."""

    chain = models.ForeignKey(IndustryChain, models.PROTECT, related_name="nodes", verbose_name=_("产业链"))
    name = models.CharField(_("环节"), max_length=60)
    position = models.PositiveSmallIntegerField(_("次序"), default=1, help_text=_("从上游到下游。"))
    standing = models.CharField(
        _("县内情况"), max_length=10, choices=NodeStanding.choices, default=NodeStanding.UNSTATED
    )
    enterprise = models.ForeignKey(
        "directory.Enterprise", models.PROTECT, null=True, blank=True, verbose_name=_("企业（名录）")
    )
    enterprise_name = models.CharField(_("企业名称"), max_length=160, blank=True)
    project = models.ForeignKey(
        KeyProject,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="chain_nodes",
        verbose_name=_("重点项目"),
    )
    note = models.CharField(_("说明（对外）"), max_length=300, blank=True)
    internal_note = models.TextField(_("内部备注"), blank=True)
    is_published = models.BooleanField(_("对外公布"), default=False, db_index=True, editable=False)
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True, editable=False)

    objects = ChainNodeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("产业链环节")
        ordering = ["chain", "position", "pk"]
        permissions = [("publish_chainnode", "公布或撤下产业链环节")]
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "name"],
                name="chain_node_once",
                violation_error_message="这条产业链已有此环节。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.chain}：{self.name}"

    @property
    def owner_name(self) -> str:
        """The enterprise at this link, "" when there is none."""
        return self.enterprise_name or (self.enterprise.name if self.enterprise else "")

    def clean(self) -> None:
        """Existing names an enterprise, a project names its project, and a gap names neither."""
        if self.standing == NodeStanding.EXISTING and not (self.enterprise_id or self.enterprise_name):
            raise ValidationError({"enterprise": "已有企业的环节，请选择企业或填写企业名称。"})
        if self.standing == NodeStanding.PROJECT and not self.project_id:
            raise ValidationError({"project": "有项目的环节，请选择对应的重点项目。"})
        if self.standing == NodeStanding.GAP and (self.enterprise_id or self.enterprise_name):
            raise ValidationError({"standing": "填了企业的环节不是缺环，请改为“已有企业”或清空企业。"})
