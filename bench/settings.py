"""The portal as a county runs it, plus the addresses that the bench compares it with."""

from tuoxian_portal.settings import *  # noqa: F403  (a settings module extends by star import)

ROOT_URLCONF = "bench.urls"
STORAGES = {
    **STORAGES,  # noqa: F405  (settings extend by star import)
    # Hashed names need a build step that says nothing about speed.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING["root"]["level"] = "ERROR"  # type: ignore[index]  # noqa: F405  (settings extend by star import)
