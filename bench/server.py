"""The server under measurement: the portal's own WSGI application, and beside it baseline R.

Granian, which the portal uses in production, serves both with one worker, so that what HTTP costs is
in every figure. `/bench/cpu/` tells the CPU seconds that the worker has used and the memory that it holds.
"""

import json
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson

from bench import environment

environment.prepare()

from django.conf import settings  # noqa: E402  (the environment must be set first)
from django.db import connection  # noqa: E402  (the environment must be set first)

from tuoxian_portal.wsgi import application as portal  # noqa: E402  (the environment must be set first)

COLUMNS = [
    *[
        "case_number",
        "state",
        "outcome",
        "code",
        "name",
        "department",
        "outlet",
        "applicant_kind",
        "applicant_name",
    ],
    *[
        "is_instant",
        "received_on",
        "accepted_on",
        "decided_on",
        "closed_on",
        "due_on",
        "due_kind",
        "decide_by",
    ],
]
# The rows that the JSON list of cases gives: filtered by state, newest first, 20 of them.
SQL = """
    SELECT c.case_number, c.state, c.outcome, i.code, i.name, d.name, o.name, c.applicant_kind,
           c.applicant_name, c.is_instant, c.received_on, c.accepted_on, c.decided_on, c.closed_on,
           c.due_on, c.due_kind, c.decide_by
      FROM services_case c
      JOIN services_serviceitem i ON i.id = c.item_id
      JOIN directory_department d ON d.id = c.department_id
      JOIN directory_outlet o ON o.id = c.outlet_id
     WHERE c.state = 'reviewing' ORDER BY c.id DESC LIMIT 20
"""
local = threading.local()


def _connection() -> Any:
    """One connection of the bare driver for each thread."""
    if not hasattr(local, "connection"):
        parameters = connection.get_connection_params()
        if connection.vendor == "sqlite":
            import sqlite3

            local.connection = sqlite3.connect(settings.DATABASES["default"]["NAME"])
        else:
            import psycopg2

            parameters = {
                k: v for k, v in parameters.items() if k not in {"cursor_factory", "client_encoding"}
            }
            local.connection = psycopg2.connect(**parameters)
            local.connection.autocommit = True
    return local.connection


def raw() -> bytes:
    """Baseline R: bare driver, orjson, no Django."""
    cursor = _connection().cursor()
    cursor.execute(SQL)
    return orjson.dumps([dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()], default=str)


def peak_memory_mb() -> float:
    """The most that this process has held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def memory_mb() -> float:
    """What this process holds now, in MB; the peak where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_memory_mb()
    return pages * resource.getpagesize() / 1024 / 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ.get("PATH_INFO", "")
    if path == "/bench/raw/":
        body = raw()
    elif path == "/bench/cpu/":
        body = json.dumps({"cpu": time.process_time(), "memory_mb": memory_mb()}).encode()
    else:
        return portal(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
