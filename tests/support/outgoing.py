"""Sending out in tests: submit a message, attempt what is due, say where mail goes."""

from collections.abc import Callable

from mailcore.accounts import directory
from mailcore.conf import current, store
from mailcore.delivery import attempt, scheduler
from mailcore.envelope import Envelope, EnvelopeRecipient, Notify, Path
from mailcore.queue.content import Content
from mailcore.submit.accept import Origin, accept
from tests.support.remote import Remote

HELLO = b"From: <a@example.test>\r\nSubject: hi\r\n\r\nHello\r\n.dot\r\n..two\r\n"
HERE = Origin("ESMTPSA", "laptop", "192.0.2.9")

Start = Callable[..., Remote]


def configure(section: str = "queue", **settings: object) -> None:
    store.save(section, settings, by="test")
    current.refresh()
    directory.forget()


def send(
    *to: str,
    content: Content | None = None,
    notify: frozenset[Notify] = frozenset(),
    reverse_path: Path | None = None,
    **more: object,
) -> int:
    """Queue a message; its number."""
    recipients = tuple(EnvelopeRecipient(Path.of(each), notify) for each in to)
    sender = reverse_path or Path.of("a@example.test")
    envelope = Envelope(sender, recipients, **more)  # type: ignore[arg-type]
    return accept(envelope, None, content or Content.of(HELLO), HERE).result(10).id


def attempt_all() -> set[str]:
    """Attempt every outgoing recipient that is due; lanes to wake."""
    lanes: set[str] = set()
    for lease in scheduler.claim("esmtp"):
        lanes |= attempt.run(lease)
    return lanes
