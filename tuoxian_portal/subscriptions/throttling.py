"""How often one network address may ask for a subscription."""

from rest_framework.throttling import SimpleRateThrottle


class SubscribeThrottle(SimpleRateThrottle):
    """`DEFAULT_THROTTLE_RATES["subscribe"]` for each address, whoever is signed in."""

    scope = "subscribe"

    def get_cache_key(self, request, view):  # type: ignore[no-untyped-def]  # the throttle's own signature
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
