from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "services"
    verbose_name = "政务服务"

    def ready(self) -> None:
        from tuoxian_portal.core.calendar import calendar_listeners

        calendar_listeners.append(_calendar_changed)


def _calendar_changed() -> None:
    """The working-day calendar was edited: the worker derives open deadlines again."""
    from services.models import Case
    from tuoxian_portal.core.calendar import load_calendar
    from tuoxian_portal.core.jobs import enqueue

    if Case.objects.open().exists():
        # A job that runs already may have passed the cases that this edit moves; the days of one form
        # are one edit.
        key = f"deadlines-{load_calendar().digest}"
        enqueue("recompute-deadlines", title="按新的工作日历推算期限", dedupe_key=key)
