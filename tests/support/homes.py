"""Accounts with homes, and mail for them, for tests of instructions."""

import os
import pwd
from pathlib import Path as FilePath

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.accounts.models import Account, Domain
from mailcore.conf import current, store
from mailcore.delivery import attempt, scheduler
from mailcore.envelope import Envelope, EnvelopeRecipient, Path
from mailcore.queue.content import Content
from mailcore.queue.models import Recipient
from mailcore.routing import homes
from mailcore.submit.accept import Origin, accept

MESSAGE = b"From: <a@far.test>\r\nTo: <bob@example.test>\r\nSubject: hi\r\n\r\nHello\r\nFrom me\r\n"
FROM_AFAR = Origin("ESMTPS", "peer.far.test", "192.0.2.7", "peer.far.test")
ME = pwd.getpwuid(os.geteuid()).pw_name


def people(*names: str) -> None:
    """Accounts of example.test, with places on the disk that no test had before."""
    directory.forget()
    domain = Domain.objects.create(name="example.test")
    for name in names:
        Account.objects.create(
            address=f"{name}@example.test",
            domain=domain,
            password="x",
            maildir=f"example.test/{name}-{os.urandom(4).hex()}",
        )


def account(address: str = "bob@example.test") -> AccountValue:
    found = directory.account(address)
    assert found is not None
    return found


def order(text: str, extension: str = "", address: str = "bob@example.test") -> FilePath:
    """Give the account instructions; the file."""
    home = homes.make(account(address))
    name = f".courier-{extension}" if extension else ".courier"
    homes.write(home, name, text.encode())
    return home / name


def allow_programs(**more: object) -> None:
    configure(programs=True, program_user=ME, **more)


def configure(**values: object) -> None:
    store.save("local", values, by="test")
    current.refresh()


def submit(*to: str, content: bytes = MESSAGE, sender: str = "a@far.test", **more: object) -> int:
    """Queue a message for these; its number."""
    recipients = tuple(EnvelopeRecipient(Path.of(each)) for each in to)
    envelope = Envelope(Path.of(sender), recipients, **more)  # type: ignore[arg-type]
    return accept(envelope, None, Content.of(content), FROM_AFAR).result(10).id


def deliver(*to: str, **more: object) -> None:
    """Queue a message and attempt what is due, until nothing is."""
    submit(*(to or ("bob@example.test",)), **more)  # type: ignore[arg-type]
    attempt_all()


def attempt_all() -> None:
    """Everything local that is due, and what comes of it."""
    some: object = True
    while some:
        some = attempt.run_due("local")[0]
        for lease in scheduler.claim("instructions"):
            some = attempt.run(lease) or True


def try_again() -> None:
    """The time of the next attempt has come."""
    Recipient.objects.update(next_attempt_at=0)
    attempt_all()


def inbox(address: str = "bob@example.test", folder: str = "") -> list[bytes]:
    place = account(address).maildir / folder / "new"
    return [file.read_bytes() for file in sorted(place.iterdir())] if place.exists() else []


def left() -> Recipient:
    """The only recipient that is still in the queue."""
    return Recipient.objects.get()
