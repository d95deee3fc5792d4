"""`manage.py trace ID|ADDRESS`: where is my mail?"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailcore.management.commands.queue import moment
from mailcore.management.verbs import table
from mailcore.queue import ids, trace
from mailcore.queue.entry import TraceEvent


class Command(BaseCommand):
    help = "The life of a message, or of the latest messages from or to an address."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", metavar="ID|ADDRESS")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, what: str, json: bool, **options: Any) -> None:
        try:
            events = trace.lives(what) if "@" in what else trace.life(ids.parse(what))
        except ValueError:
            raise CommandError(f"{what!r} is neither a message id nor an address") from None
        rows = [_row(event) for event in events]
        self.stdout.write(_json(rows) if json else table(rows))


def _row(event: TraceEvent) -> dict[str, object]:
    return {
        "at": moment(event.at),
        "id": ids.text(event.message_id),
        "event": event.event,
        "address": event.address,
        "status": event.status,
        "peer": event.peer,
        "text": event.text.replace("\n", " / "),
    }


def _json(rows: list[dict[str, object]]) -> str:
    return json.dumps(rows, indent=2)
