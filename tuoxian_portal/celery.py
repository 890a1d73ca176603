"""The Celery application: one queue engine for reports, clocks, indexes and clean-up."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuoxian_portal.settings")

app = Celery("tuoxian_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
