"""Database URLs → Django's DATABASES: `default` and `queue`, on SQLite or PostgreSQL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;"
    "PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint=4000; PRAGMA temp_store=MEMORY;"
)


def sqlite(file: Path) -> dict[str, Any]:
    """A SQLite database that survives power loss and lets readers read during a write."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "CONN_MAX_AGE": None,  # each thread keeps its handle; opening one costs a millisecond
        "OPTIONS": {
            "init_command": SQLITE_PRAGMAS,
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }


def postgresql(url: str) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?sslmode=require`, each part optional."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("COURIER_DATABASE_URL must begin with postgresql://")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "courier",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def databases(home: Path, url: str, queue_url: str) -> dict[str, dict[str, Any]]:
    """Both aliases.  On PostgreSQL the queue shares the one database unless given its own."""
    if not url:
        return {"default": sqlite(home / "courier.db"), "queue": sqlite(home / "queue.db")}
    main = postgresql(url)
    if queue_url and queue_url != url:
        return {"default": main, "queue": postgresql(queue_url)}
    return {"default": main, "queue": {**main, "TEST": {"MIRROR": "default"}}}
