"""ASGI entry point, for hosts that offer nothing else; WSGI is what we run and test."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuoxian_portal.settings")

application = get_asgi_application()
