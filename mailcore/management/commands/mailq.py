"""`manage.py mailq`: the queue as mail administrators know it.  Courier mailq."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mailcore.management.verbs import plain
from mailcore.queue import control
from mailcore.queue.control import QueuedMessage


class Command(BaseCommand):
    help = "List the mail that waits."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-sort", "--sort", action="store_true", help="oldest first (always)")
        parser.add_argument(
            "-batch", "--batch", action="store_true", help="size;id;date;user;from;[status;rcpt]…"
        )

    def handle(self, *args: Any, batch: bool, **options: Any) -> None:
        count = size = after = 0
        while found := control.listing(after=after):
            after = found[-1].id
            for message in found:
                self.stdout.write(_batch(message) if batch else _entry(message))
                count += 1
                size += message.message.size
        if not batch:
            self.stdout.write(
                f"{count} messages, {size} octets." if count else "Mail queue is empty."
            )


def _entry(queued: QueuedMessage) -> str:
    message = queued.message
    date = datetime.fromtimestamp(message.created_at, UTC).strftime("%a %b %d %H:%M:%S %Y")
    held = " (held)" if message.held else ""
    lines = [f"{queued.text} {message.size:>10} {date} <{plain(message.reverse_path)}>{held}"]
    for each in queued.recipients:
        lines.append(f"    {each.state:<10} {plain(each.forward_path)}")
        if each.reply:
            lines.append(f"        ({plain(each.reply.splitlines()[0])})")
    return "\n".join(lines) + "\n"


def _batch(queued: QueuedMessage) -> str:
    message = queued.message
    recipients = (f"{each.state};{plain(each.forward_path)}" for each in queued.recipients)
    fields = [
        str(message.size),
        queued.text,
        str(int(message.created_at)),
        plain(message.auth_identity),
        plain(message.reverse_path),
        *recipients,
    ]
    return ";".join(fields)
