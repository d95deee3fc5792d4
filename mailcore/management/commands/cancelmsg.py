"""`manage.py cancelmsg ID [reason…]`: give up on a message.  Courier cancelmsg."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailcore.management.verbs import BY
from mailcore.queue import control, ids


class Command(BaseCommand):
    help = "Return a message to its sender, with a reason."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id")
        parser.add_argument("reason", nargs="*")

    def handle(self, *args: Any, id: str, reason: list[str], **options: Any) -> None:
        try:
            number = ids.parse(id)
        except ValueError:
            raise CommandError(f"{id!r} is not a message id") from None
        if not control.cancel([number], " ".join(reason) or control.CANCELLED, by=BY):
            raise CommandError(f"there is no message {id} in the queue")
