"""What the search box finds, as it is shown. How it is found is in `backends`."""

import re
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices
from tuoxian_portal.core.models import Sourced, Timestamped
from tuoxian_portal.core.querysets import PortalQuerySet


class SearchEntry(models.Model):
    """One public record in the index. Derived from its source; `rebuild_search` makes it again."""

    kind = models.CharField(_("类别"), max_length=40)
    object_id = models.CharField(_("对象编号"), max_length=40)
    title = models.CharField(_("标题"), max_length=300)
    url = models.CharField(_("地址"), max_length=300)
    summary = models.TextField(_("摘要"), blank=True)
    body = models.TextField(_("正文"), blank=True)
    date = models.CharField(_("日期"), max_length=10, blank=True)
    # The last day on which it holds; null when none is known.
    ends_on = models.DateField(_("有效至"), null=True, blank=True)
    is_sample = models.BooleanField(_("示例数据"), default=False)
    # What the entry was made from, so that an unchanged record is not indexed again.
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("搜索条目")
        ordering = ["-date", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_entry_once"),
        ]
        indexes = [
            models.Index(
                fields=["ends_on"], name="search_entry_ends", condition=models.Q(ends_on__isnull=False)
            )
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


class SynonymQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("search.view_synonymgroup") else self.none()


class SynonymGroup(Sourced, Timestamped):
    """Words that mean the same to who asks; whoever asks for one of them is shown what has any of them."""

    MAX_WORDS = 12
    MAX_LENGTH = 20

    words = models.CharField(
        _("同义词"), max_length=260, help_text=_("两个以上，用顿号隔开，例如：营业执照、执照、工商执照。")
    )
    note = models.CharField(_("说明"), max_length=200, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)

    objects = SynonymQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("搜索同义词")
        ordering = ["words"]

    def __str__(self) -> str:
        return self.words

    @property
    def word_list(self) -> list[str]:
        return list(dict.fromkeys(word for word in re.split(r"[、,，;；/\s]+", self.words) if word))

    def clean(self) -> None:
        found = self.word_list
        if len(found) < 2:
            raise ValidationError({"words": "请填写两个以上不同的词，用顿号隔开。"})
        if len(found) > self.MAX_WORDS:
            raise ValidationError({"words": f"一组最多 {self.MAX_WORDS} 个词，请拆成几组。"})
        if long := [word for word in found if len(word) > self.MAX_LENGTH]:
            raise ValidationError({"words": f"“{long[0][:30]}”太长，每个词最多 {self.MAX_LENGTH} 个字。"})
        if short := [word for word in found if len(word) < 2]:
            raise ValidationError({"words": f"“{short[0]}”只有一个字，会搜出太多不相干的内容，请写成词。"})
        self.words = "、".join(found)


class SearchMissQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("search.view_searchmiss") else self.none()


class MissKind(BadgeChoices):
    """What who asked was shown: nothing, or only what has some of the words."""

    NOTHING = "nothing", _("没有结果")
    SIMILAR = "similar", _("只有近似结果")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.NOTHING: "warn", cls.SIMILAR: "info"}


class SearchMiss(models.Model):
    """How often on one day people asked for a text and did not find it. Nothing about who asked."""

    day = models.DateField(_("日期"))
    text = models.CharField(_("搜索词"), max_length=30)
    kind = models.CharField(_("看到什么"), max_length=8, choices=MissKind.choices, default=MissKind.NOTHING)
    count = models.PositiveIntegerField(_("次数"), default=1)

    objects = SearchMissQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("搜不到的词")
        ordering = ["-day", "-count", "text"]
        constraints = [
            models.UniqueConstraint(fields=["day", "text", "kind"], name="search_miss_kind_once_a_day")
        ]

    def __str__(self) -> str:
        return self.text
