"""`manage.py queue list|show|hold|release|retry|cancel`."""

from datetime import UTC, datetime
from typing import Any

from mailcore.errors import ConfigError
from mailcore.management.verbs import BY, VerbCommand
from mailcore.queue import control, ids, trace
from mailcore.queue.control import QueuedMessage, QueuedRecipient


class Command(VerbCommand):
    help = "Mail that waits: what there is, and what becomes of it."

    def verbs(self, add: Any) -> None:
        child = add("list", self.do_list, "every recipient that waits, oldest message first")
        child.add_argument(
            "--address", default="", help="part of a sender's or recipient's address"
        )
        child.add_argument("--held", action="store_true", help="only messages on hold")
        add("show", self.do_show, "one message with its history").add_argument("id")
        for verb, run, what in (
            ("hold", self.do_hold, "attempt these no more until released"),
            ("release", self.do_release, "end the hold"),
        ):
            add(verb, run, what).add_argument("ids", nargs="+", metavar="ID")
        child = add("retry", self.do_retry, "attempt now")
        child.add_argument("ids", nargs="*", metavar="ID")
        child.add_argument("--all", action="store_true", help="everything in the queue")
        child = add("cancel", self.do_cancel, "give up, and tell the sender")
        child.add_argument("ids", nargs="+", metavar="ID")
        child.add_argument("--reason", default=control.CANCELLED)

    def do_list(self, *, address: str, held: bool, **_: Any) -> object:
        found = control.listing(address=address, held=held)
        return [_row(message, each) for message in found for each in message.recipients]

    def do_show(self, *, id: str, **_: Any) -> object:
        number = _number(id)
        message = control.show(number)
        events = trace.life(number)
        if message is None and not events:
            raise ConfigError(f"there is no message {id}")
        rows = [_row(message, each) for each in message.recipients] if message else []
        history = [f"{moment(e.at)} {e.event} {e.address} {e.text}".strip() for e in events]
        return {"id": id, "recipients": rows, "history": history}

    def do_hold(self, *, ids: list[str], **_: Any) -> object:
        return {"held": control.hold([_number(each) for each in ids], by=BY)}

    def do_release(self, *, ids: list[str], **_: Any) -> object:
        return {"released": control.release([_number(each) for each in ids], by=BY)}

    def do_retry(self, *, ids: list[str], all: bool, **_: Any) -> object:
        if all == bool(ids):
            raise ConfigError("name messages, or say --all")
        return {"due now": control.retry(None if all else [_number(one) for one in ids], by=BY)}

    def do_cancel(self, *, ids: list[str], reason: str, **_: Any) -> object:
        return {"cancelled": control.cancel([_number(each) for each in ids], reason, by=BY)}


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds") if seconds else ""


def _number(text: str) -> int:
    try:
        return ids.parse(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a message id") from None


def _row(message: QueuedMessage, each: QueuedRecipient) -> dict[str, object]:
    return {
        "id": message.text,
        "from": f"<{message.message.reverse_path}>",
        "to": each.forward_path,
        "size": message.message.size,
        "state": each.state,
        "transport": each.transport,
        "host": each.host,
        "attempts": each.attempts,
        "next": moment(each.next_attempt_at),
        "status": each.status,
        "reply": each.reply.replace("\n", " / "),
    }
