"""What every printed paper of the hall is, whatever it is about."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from services.choices_cases import PaperKind


class IssuedPaper(models.Model):
    """A paper that was printed. Its content is frozen (the shape of `papers.compose.content_of`):
    printing it again gives the same paper.

    A subclass has the foreign key to what the paper is about and names it in `SUBJECT`. A subject
    that the public can follow has `tracking_number` and `tracking_code`.
    """

    SUBJECT = ""

    kind = models.CharField(_("文书"), max_length=24, choices=PaperKind.choices)
    number = models.CharField(_("文书编号"), max_length=30, unique=True)
    content = models.JSONField(_("内容"))
    created_at = models.DateTimeField(_("制作时间"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("制作人"),
    )

    class Meta:
        abstract = True
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def subject(self) -> Any:
        """What the paper is about."""
        return getattr(self, self.SUBJECT)
