"""Abstract bases that every app builds on, and the few tables that belong to no domain."""

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core import crypto
from tuoxian_portal.core.choices import BadgeChoices, Confidence


class Timestamped(models.Model):
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)

    class Meta:
        abstract = True


class Sourced(models.Model):
    """A fact that came from somewhere. A page that shows it shows source and date beside it.

    `reference_id` is the record's key in `<app>/reference/*.yaml`; empty for what staff entered.
    """

    reference_id = models.CharField(
        _("参考数据编号"), max_length=40, unique=True, null=True, blank=True, editable=False
    )
    source_title = models.CharField(_("来源标题"), max_length=200, blank=True)
    source_publisher = models.CharField(_("来源发布者"), max_length=200, blank=True)
    source_date = models.CharField(
        _("来源日期"), max_length=120, blank=True, help_text=_("按来源原样填写，可以不精确。")
    )
    source_where = models.CharField(_("来源位置"), max_length=300, blank=True)
    confidence = models.CharField(_("可信程度"), max_length=12, choices=Confidence.choices, blank=True)

    class Meta:
        abstract = True

    @property
    def has_source(self) -> bool:
        return bool(self.source_title)


class Sampled(models.Model):
    """A record that may be sample data (示例), made by `seed_demo` and removed by
    `seed_demo --clear`. Pages mark it."""

    is_sample = models.BooleanField(_("示例数据"), default=False, db_index=True, editable=False)

    class Meta:
        abstract = True


class Versioned(models.Model):
    """A row that refuses to be overwritten by somebody who opened an older state of it.

    Forms carry `version`; `actions` call `core.concurrency.check_version`.
    """

    version = models.PositiveIntegerField(_("版本"), default=0, editable=False)

    class Meta:
        abstract = True


class KeyedHashes(models.Model):
    """A row that is found through keyed hashes of what it keeps sealed (`core.crypto`).

    `hash_sources` says for each hash what it is made of, so that a new key can make it anew. A field of
    the row is followed at every `save` (`bulk_create` needs `rehash` before it). A path through
    `hash_related` was given when the row was made and is not followed; None means that what the hash was
    made of is kept nowhere, and a new key blanks it.
    """

    hash_sources: ClassVar[dict[str, str | None]] = {}
    hash_related: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        changed = self.rehash(fields)
        if fields is not None:
            kwargs["update_fields"] = {*fields, *changed}
        super().save(*args, **kwargs)

    def rehash(self, fields: Iterable[str] | None = None) -> list[str]:
        """Makes the hashes of the row's own `fields` (all of them) follow; returns which."""
        own = [
            name
            for name, source in self.hash_sources.items()
            if source and "." not in source and (fields is None or source in fields)
        ]
        for name in own:
            setattr(self, name, crypto.keyed_hash(getattr(self, self.hash_sources[name] or "")))
        return own


class LoadedRecord(models.Model):
    """What a reference file said about a record when it was last loaded; see `core.reference`."""

    reference_set = models.CharField(max_length=60)
    record_id = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference_set", "record_id"], name="loaded_record_once")
        ]

    def __str__(self) -> str:
        return f"{self.reference_set}/{self.record_id}"


class Sequence(models.Model):
    """The last number given in a series; see `core.numbering.next_number`."""

    key = models.CharField(max_length=80, unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.last}"


class CalendarYear(models.Model):
    """A year of the working-day calendar and how far it can be trusted."""

    class Status(BadgeChoices):
        PUBLISHED = "published", _("已公布")
        PROJECTED = "projected", _("推算")

        @classmethod
        def tones(cls) -> dict[str, str]:
            return {cls.PUBLISHED: "good", cls.PROJECTED: "warn"}

    year = models.PositiveSmallIntegerField(_("年份"), primary_key=True)
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices)
    source = models.CharField(_("依据"), max_length=200, blank=True)
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("工作日历年份")
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"{self.year} 年（{self.get_status_display()}）"


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a holiday, or a weekend day worked (调休)."""

    date = models.DateField(_("日期"), primary_key=True)
    is_working = models.BooleanField(_("是否工作日"))
    name = models.CharField(_("名称"), max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("特殊日")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class Job(models.Model):
    """Work for a Celery worker, and the truth about it.

    The row is written in the caller's transaction and published on commit. A broker that is down,
    emptied or killed only delays it: `core.tasks.requeue_lost_jobs` publishes again what has not
    been finished in time. Handlers are therefore idempotent.
    """

    class State(BadgeChoices):
        QUEUED = "queued", _("排队中")
        RUNNING = "running", _("进行中")
        SUCCEEDED = "succeeded", _("已完成")
        FAILED = "failed", _("失败")

        @classmethod
        def tones(cls) -> dict[str, str]:
            return {cls.QUEUED: "neutral", cls.RUNNING: "info", cls.SUCCEEDED: "good", cls.FAILED: "bad"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("类型"), max_length=60, db_index=True)
    title = models.CharField(_("名称"), max_length=200)
    payload = models.JSONField(_("参数"), default=dict)
    # While a job with this key is open, the same work is not queued again.
    dedupe_key = models.CharField(max_length=120, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.QUEUED)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    message = models.CharField(_("说明"), max_length=300, blank=True)
    result_url = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(_("次数"), default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("申请人")
    )
    created_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("后台任务")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedupe_key"],
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(dedupe_key=""),
                name="job_one_open_per_key",
            )
        ]
        indexes = [models.Index(fields=["state", "created_at"])]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        if self.state == self.State.SUCCEEDED:
            return 100
        return min(99, self.progress_done * 100 // self.progress_total) if self.progress_total else 0

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    def as_dict(self) -> dict[str, Any]:
        """What the progress bar polls."""
        return {
            "id": str(self.pk),
            "state": self.state,
            "state_label": self.get_state_display(),
            "percent": self.percent,
            "message": self.message,
            "result_url": self.result_url,
        }
