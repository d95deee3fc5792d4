"""`manage.py queue list|show|hosts|hold|release|retry|reroute|bounce|cancel`."""

from datetime import UTC, datetime
from typing import Any

from mailcore.errors import ConfigError
from mailcore.management.verbs import BY, VerbCommand
from mailcore.queue import control, ids, steering, trace
from mailcore.queue.control import QueuedMessage, QueuedRecipient
from mailcore.transports.registry import transports


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
        child.add_argument("--host", default="", help="everything for this host, though it rests")
        child.add_argument("--transport", default="esmtp", help="of that host")
        child = add("hosts", self.do_hosts, "what waits, by destination")
        child.add_argument("--transport", default="", help="only of this transport")
        child = add("reroute", self.do_reroute, "send what waits for a host another way")
        child.add_argument("host")
        child.add_argument("new", metavar="NEW-HOST")
        child.add_argument("ids", nargs="*", metavar="ID", help="only these messages")
        child.add_argument("--transport", default="esmtp", help="of the old host")
        child.add_argument("--new-transport", default="esmtp", help="of the new one")
        child = add("bounce", self.do_bounce, "return to the senders now, with the last error")
        child.add_argument("ids", nargs="+", metavar="ID")
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

    def do_hosts(self, *, transport: str, **_: Any) -> object:
        return [
            {
                "transport": each.transport,
                "host": each.host,
                "waiting": each.waiting,
                "under way": each.under_way,
                "oldest": moment(each.oldest),
                "next": moment(each.next_attempt_at),
                "resting until": moment(each.rest_until),
                "last error": each.last_error.replace("\n", " / "),
            }
            for each in steering.hosts(transport)
        ]

    def do_reroute(
        self, *, host: str, new: str, ids: list[str], transport: str, new_transport: str, **_: Any
    ) -> object:
        transports.get(new_transport)  # or ConfigError
        numbers = [_number(each) for each in ids] or None
        moved = steering.reroute((transport, host), (new_transport, new.lower()), BY, numbers)
        return {"moved": moved}

    def do_bounce(self, *, ids: list[str], **_: Any) -> object:
        return {"returned": steering.bounce([_number(each) for each in ids], by=BY)}

    def do_retry(self, *, ids: list[str], all: bool, host: str, transport: str, **_: Any) -> object:
        if host:
            return {"due now": steering.retry_host(transport, host, by=BY)}
        if all == bool(ids):
            raise ConfigError("name messages, a host, or say --all")
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
