"""A test database on SQLite has its tables from a copy: migrating takes each process of a run ten seconds.

The first process migrates in earnest and leaves a copy under `var/cache/`, named by what the migrations
and the pinned packages say; the others, and later runs, put it in. PostgreSQL migrates every time.
"""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent


def name_for(migrations: list[Path]) -> str:
    """Another one for every other content of `migrations`, of the pins, and of SQLite."""
    told = hashlib.sha256(sqlite3.sqlite_version.encode())
    for path in [ROOT / "requirements.txt", *sorted(migrations)]:
        told.update(f"\0{path}\0".encode() + path.read_bytes())
    return f"test-{told.hexdigest()[:20]}.sqlite3"


class Tables:
    """`begin` before pytest-django makes the database, `finish` when it is made. In between no other
    process of the run makes one: it waits, and then finds the copy. `release` when the making failed."""

    def __init__(self, folder: Path = ROOT / "var" / "cache") -> None:
        migrations = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/*/migrations/*.py")]
        folder.mkdir(parents=True, exist_ok=True)
        self.copy = folder / name_for(migrations)
        self.lock = FileLock(self.copy.with_suffix(".lock"))

    def begin(self) -> None:
        self.lock.acquire()
        self.kept = self.copy.exists()
        connection.settings_dict["TEST"]["MIGRATE"] = not self.kept

    def finish(self) -> None:
        connection.ensure_connection()
        if self.kept:
            with closing(sqlite3.connect(self.copy)) as source:
                source.backup(connection.connection)
            ContentType.objects.clear_cache()
        else:
            self._keep()
        self.lock.release()

    def _keep(self) -> None:
        new = self.copy.with_suffix(".new")
        new.unlink(missing_ok=True)
        with closing(sqlite3.connect(new)) as target:
            connection.connection.backup(target)
        for old in self.copy.parent.glob("test-*.sqlite3"):
            old.unlink()
        new.rename(self.copy)

    def release(self) -> None:
        self.lock.release()
