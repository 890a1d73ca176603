"""How often one address may send an enquiry; the page and the API share the count."""

from rest_framework.throttling import SimpleRateThrottle


class EnquiryThrottle(SimpleRateThrottle):
    """`DEFAULT_THROTTLE_RATES["enquiry"]` for each address, whoever is signed in."""

    scope = "enquiry"

    def get_cache_key(self, request, view):  # type: ignore[no-untyped-def]  # the throttle's own signature
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
