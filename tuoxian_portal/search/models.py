"""What the search box finds, as it is shown. How it is found is in `backends`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchEntry(models.Model):
    """One public record in the index. Derived from its source; `rebuild_search` makes it again."""

    kind = models.CharField(_("类别"), max_length=40)
    object_id = models.CharField(_("对象编号"), max_length=40)
    title = models.CharField(_("标题"), max_length=300)
    url = models.CharField(_("地址"), max_length=300)
    summary = models.TextField(_("摘要"), blank=True)
    body = models.TextField(_("正文"), blank=True)
    date = models.CharField(_("日期"), max_length=10, blank=True)
    is_sample = models.BooleanField(_("示例数据"), default=False)
    # What the entry was made from, so that an unchanged record is not indexed again.
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("搜索条目")
        ordering = ["-date", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_entry_once"),
        ]

    def __str__(self) -> str:
        return self.title


class SearchChange(models.Model):
    """A record that was saved or deleted and has not been indexed since.

    Written in the transaction of the save and deleted once it is indexed. One record may have several:
    a save never waits for, or collides with, the indexing of an earlier one.
    """

    kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind}/{self.object_id}"
