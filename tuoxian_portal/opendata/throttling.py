"""How often one network address may have a file made."""

from rest_framework.throttling import SimpleRateThrottle


class DownloadThrottle(SimpleRateThrottle):
    """`DEFAULT_THROTTLE_RATES["download"]` for each address. An unchanged file costs nothing and is not
    counted."""

    scope = "download"

    def get_cache_key(self, request, view):  # type: ignore[no-untyped-def]  # the throttle's own signature
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
