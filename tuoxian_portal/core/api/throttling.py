"""How much of the API one address may ask for without signing in."""

import math
from time import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tuoxian_portal.core.cache import count_up

WINDOW = 60  # seconds


class AnonymousThrottle(BaseThrottle):
    """`settings.API_ANONYMOUS_PER_MINUTE` requests a minute for each address that has not signed in.

    What is answered from the cache never reaches a view and is not counted. The count begins anew with
    each minute and costs one `incr`: REST framework's own keeps every time of the last minute. The
    address is `REMOTE_ADDR`, which `ClientAddressMiddleware` has set right.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = settings.API_ANONYMOUS_PER_MINUTE
        if not limit or request.user.is_authenticated:
            return True
        minute = int(time() // WINDOW)
        return count_up(f"api.anonymous.{self.get_ident(request)}.{minute}", WINDOW) <= limit

    def wait(self) -> float:
        """Seconds until the next minute."""
        return math.ceil(WINDOW - time() % WINDOW)
