"""When signing in is refused: a name that failed too often, an address that tries too many names."""

from datetime import timedelta
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.http import HttpRequest

KNOWN_FOR = timedelta(days=90)


class PortalLockout(AxesDatabaseHandler):
    """Axes counts the failures of one name from one address. This also counts the names that failed from
    one address and have not signed in since: somebody tries one password on many names.

    Axes' own lock of an address (`"ip_address"` among its parameters) would count attempts, and shut out a
    hall, which has one address, for the mistakes of one clerk. Here a success takes a name off the count,
    and who has signed in from the address within `KNOWN_FOR` is never refused for what others did.
    """

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Axes' count, or its limit while the address is locked for this name. One query more, two while
        the address is locked."""
        failures: int = super().get_failures(request, credentials)
        if failures < settings.AXES_FAILURE_LIMIT and self._tries_many_names(request, credentials):
            request.tried_many_names = True  # type: ignore[attr-defined]  # for `views.locked_out`
            return int(settings.AXES_FAILURE_LIMIT)
        return failures

    def _tries_many_names(self, request: Any, credentials: dict[str, Any] | None) -> bool:
        recent = AccessAttempt.objects.filter(
            ip_address=request.axes_ip_address, attempt_time__gte=get_cool_off_threshold(request)
        )
        names = recent.order_by().values("username").distinct().count()
        if not 0 < settings.LOGIN_NAMES_PER_ADDRESS <= names:
            return False
        since = request.axes_attempt_time - KNOWN_FOR
        known = AccessLog.objects.filter(
            ip_address=request.axes_ip_address,
            username=get_client_username(request, credentials),
            attempt_time__gte=since,
        )
        return not known.exists()
