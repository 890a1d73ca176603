"""Which key project a case belongs to, where no entrustment says so."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models import KeyProject
from services.models.cases import Case
from services.querysets_project_cases import ProjectCaseQuerySet


class ProjectCase(models.Model):
    """A case that was filed by the project's enterprise itself. One project for each case; what 帮办
    handles is linked through its entrustment (`EntrustmentCase`)."""

    project = models.ForeignKey(
        KeyProject, models.CASCADE, related_name="case_links", verbose_name=_("重点项目")
    )
    case = models.OneToOneField(Case, models.PROTECT, related_name="project_link", verbose_name=_("办件"))
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("关联人")
    )
    linked_at = models.DateTimeField(_("关联时间"), auto_now_add=True)

    objects = ProjectCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("项目办件")
        ordering = ["pk"]
        default_permissions = ("view",)
        permissions = [("link_projectcase", "把办件关联到重点项目")]

    def __str__(self) -> str:
        return f"{self.project} {self.case}"
