"""Which stage and status a project had on a day that is past, from the audit log of its transitions."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils import timezone

from projects.models import KeyProject
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.calendar import today

FIELDS = ("stage", "status")


def rewind(projects: Sequence[KeyProject], day: date) -> None:
    """Sets `stage` and `status` of `projects`, in memory only, to what they were at the end of `day`.

    The first change after `day` says what was before it; a project that was added later keeps what it was
    added with. One query; none for today.
    """
    if day >= today() or not projects:
        return
    by_key = {str(project.pk): project for project in projects}
    entries = (
        LogEntry.objects.filter(
            Q(changes__has_key="stage") | Q(changes__has_key="status"),
            content_type=ContentType.objects.get_for_model(KeyProject),
            object_id__in=by_key,
            at__gte=timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)),
        )
        .order_by("-at", "-pk")
        .values_list("object_id", "changes")
    )
    for key, changes in entries:
        for field in FIELDS:
            if field in changes and changes[field][0] is not None:
                setattr(by_key[key], field, changes[field][0])
