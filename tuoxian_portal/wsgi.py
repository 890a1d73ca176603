"""WSGI entry point, served by granian (see docs/operate.md)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuoxian_portal.settings")

application = get_wsgi_application()

# The first search of a worker would wait about half a second for the dictionary.
from tuoxian_portal.search.words import dictionary  # noqa: E402  (after Django is set up)

dictionary()
