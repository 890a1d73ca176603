"""Where the current act comes from; set by the middleware, read by `log`."""

from contextvars import ContextVar

remote_address: ContextVar[str | None] = ContextVar("remote_address", default=None)
