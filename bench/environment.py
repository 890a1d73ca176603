"""Where the bench works: production settings, a database and folders that are nobody else's."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 8997


def prepare(folder: str = "") -> Path:
    """Sets the environment for this process and its children; returns the bench's folder.

    `BENCH_DATABASE_URL` names another database than the bench's own SQLite file; its name must
    contain `bench`, so that nobody fills the one they work with. Must run before Django is set up.
    """
    var = Path(folder or os.environ.get("BENCH_VAR_DIR") or ROOT / "var" / "bench").resolve()
    var.mkdir(parents=True, exist_ok=True)
    database = os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{var / 'bench.sqlite3'}"
    if "bench" not in database.rsplit("/", 1)[-1]:
        raise SystemExit("BENCH_DATABASE_URL 的库名须含 bench，以免误用日常数据库。")
    os.environ.update(
        BENCH_VAR_DIR=str(var),
        DJANGO_SETTINGS_MODULE="bench.settings",
        DATABASE_URL=database,
        REDIS_URL=os.environ.get("BENCH_REDIS_URL", ""),
        VAR_DIR=str(var),
        DEBUG="false",
        SECRET_KEY="bench-only-where-nobody-is-served",
        FIELD_ENCRYPTION_KEY="bench-only-where-nobody-is-served",
        ALLOWED_HOSTS="127.0.0.1,testserver",
        HTTPS="false",
        LOG_LEVEL="ERROR",
        PUBLIC_PAGE_SECONDS="600",
        API_ANONYMOUS_PER_MINUTE="1000000000",  # counted, never reached
    )
    return var
