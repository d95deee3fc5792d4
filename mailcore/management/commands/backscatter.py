"""`manage.py backscatter list|clear`, Courier's `courier show all` and `courier clear`."""

import time
from datetime import UTC, datetime
from typing import Any

from mailcore.errors import ConfigError
from mailcore.management.verbs import VerbCommand
from mailcore.policy.models import Lesson


class Command(VerbCommand):
    help = "Addresses refused because their mail lately failed or waits, domains without reports."

    def verbs(self, add: Any) -> None:
        add("list", self.do_list, "what is refused now")
        child = add("clear", self.do_clear, "take it again")
        child.add_argument("key", metavar="ADDRESS|DOMAIN|all")

    def do_list(self, **_: Any) -> object:
        rows = Lesson.objects.filter(expires_at__gt=time.time()).order_by("key")
        return [
            {
                "key": row.key,
                "why": row.kind,
                "until": f"{datetime.fromtimestamp(row.expires_at, UTC):%Y-%m-%d %H:%M}Z",
                "reply": row.text,
            }
            for row in rows
        ]

    def do_clear(self, *, key: str, **_: Any) -> object:
        rows = Lesson.objects.all() if key == "all" else Lesson.objects.filter(key=key.lower())
        count, _detail = rows.delete()
        if not count and key != "all":
            raise ConfigError(f"{key} is not refused")
        return {"cleared": count}
