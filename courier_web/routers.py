"""Which database a model lives in: the queue's rows apart from everything else."""

from typing import Any

from django.conf import settings
from django.db.models import Model

QUEUE_APP = "queue"


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """One database under two names; under test, Django renames the first before the mirror."""
    if other.get("TEST", {}).get("MIRROR") == "default":
        return True
    keys = ("ENGINE", "NAME", "HOST", "PORT")
    return all(one.get(key) == other.get(key) for key in keys)


class QueueRouter:
    """On SQLite two files, so that queue commits never block logins; see docs/queue.md."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return "queue" if model._meta.app_label == QUEUE_APP else "default"

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return (one._meta.app_label == QUEUE_APP) == (other._meta.app_label == QUEUE_APP)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        shared = _same(settings.DATABASES["default"], settings.DATABASES["queue"])
        if shared:
            return db == "default"
        return (app_label == QUEUE_APP) == (db == "queue")
