"""From the queue to the Maildir, and nothing is left behind."""

from pathlib import Path as FilePath

import pytest

from mailcore.accounts import directory
from mailcore.accounts.models import Account, Domain
from mailcore.conf.deployment import deployment
from mailcore.delivery import attempt
from mailcore.envelope import NULL_PATH, Envelope, EnvelopeRecipient, Notify, Path
from mailcore.queue import leases, trace
from mailcore.queue.content import Content, ContentWriter
from mailcore.queue.models import Content as ContentRow
from mailcore.queue.models import Lease, Message, Recipient
from mailcore.submit.accept import Origin, accept

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

HELLO = b"From: <a@example.net>\r\nTo: <bob@example.test>\r\nSubject: hi\r\n\r\nHello\r\n.x\r\n"
FROM_AFAR = Origin("ESMTPS", "peer.example.net", "192.0.2.7", "peer.example.net")


@pytest.fixture(autouse=True)
def people() -> None:
    directory.forget()
    domain = Domain.objects.create(name="example.test")
    for name in ("bob", "eve"):
        Account.objects.create(
            address=f"{name}@example.test",
            domain=domain,
            password="x",
            maildir=f"example.test/{name}-{domain.pk}-{Account.objects.count()}",
        )


def maildir(address: str) -> FilePath:
    return deployment().mail / Account.objects.get(address=address).maildir


def mails(address: str) -> list[bytes]:
    folder = maildir(address) / "new"
    return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.exists() else []


def submit(*to: str, content: Content | None = None, **more: object) -> int:
    recipients = tuple(EnvelopeRecipient(Path.of(each)) for each in to)
    envelope = Envelope(Path.of("a@example.net"), recipients, **more)  # type: ignore[arg-type]
    return accept(envelope, None, content or Content.of(HELLO), FROM_AFAR).result(10).id


def assert_nothing_is_left() -> None:
    assert not Message.objects.exists()
    assert not Recipient.objects.exists()
    assert not ContentRow.objects.exists()
    assert not Lease.objects.exists()


def test_mail_that_wants_security_on_the_way_is_delivered_here() -> None:
    """Courier SECURITY=STARTTLS asks something of the network only."""
    submit("bob@example.test", minimum_security="STARTTLS")
    attempt.run_due("local")
    assert len(mails("bob@example.test")) == 1


def test_a_delivered_message_leaves_no_row() -> None:
    number = submit("bob@example.test")
    count, lanes = attempt.run_due("local")
    assert (count, lanes) == (1, set())
    (mail,) = mails("bob@example.test")
    assert mail.startswith(
        b"Return-Path: <a@example.net>\nDelivered-To: bob@example.test\nReceived: from"
    )
    assert mail.endswith(b"\n\nHello\n.x\n")
    assert_nothing_is_left()
    assert [event.event for event in trace.life(number)] == ["queued", "delivered"]


def test_one_batch_spans_accounts() -> None:
    for _ in range(10):
        submit("bob@example.test", "eve@example.test")
    count, _ = attempt.run_due("local")
    assert count == 20
    assert len(mails("bob@example.test")) == len(mails("eve@example.test")) == 10
    assert_nothing_is_left()


def test_long_content_is_delivered_and_its_file_removed() -> None:
    writer = ContentWriter(deployment().spool, threshold=1000)
    for _ in range(100):
        writer.write(HELLO)
    content = writer.finish()
    submit("bob@example.test", "eve@example.test", content=content)
    attempt.run_due("local")
    assert mails("bob@example.test")[0].endswith((HELLO * 100).replace(b"\r\n", b"\n"))
    assert content.file is not None
    assert not content.file.exists()
    assert_nothing_is_left()


def test_mail_that_was_delivered_to_this_recipient_before_is_a_loop() -> None:
    submit("bob@example.test", content=Content.of(b"Delivered-To: Bob@Example.test\r\n" + HELLO))
    count, lanes = attempt.run_due("local")
    assert (count, lanes) == (1, {"report"})
    row = Recipient.objects.get()
    assert (row.state, row.action, row.status) == ("report", "failed", "5.4.6")


def test_an_account_that_went_meanwhile_fails() -> None:
    submit("bob@example.test")
    Account.objects.filter(address="bob@example.test").delete()
    directory.forget()
    attempt.run_due("local")
    assert Recipient.objects.get().status == "5.1.1"


def test_a_full_mailbox_defers() -> None:
    Account.objects.filter(address="bob@example.test").update(quota_bytes=10)
    directory.forget()
    submit("bob@example.test", "eve@example.test")
    attempt.run_due("local")
    row = Recipient.objects.get()
    assert (row.state, row.status, row.attempts) == ("queued", "4.2.2", 1)
    assert row.next_attempt_at - row.attempted_at == pytest.approx(300, abs=2)
    assert len(mails("eve@example.test")) == 1


def test_nobody_attempts_what_is_under_a_lease() -> None:
    submit("bob@example.test")
    first = leases.claim_any("local", now=2e9, until=3e9, limit=10, slots=4)
    assert first is not None
    assert leases.claim_any("local", now=2e9, until=3e9, limit=10, slots=4) is None


def test_slots_limit_leases() -> None:
    for _ in range(3):
        submit("bob@example.test")
    got = [leases.claim_any("local", now=2e9, until=3e9, limit=1, slots=2) for _ in range(3)]
    assert [claim is not None for claim in got] == [True, True, False]


def test_success_is_reported_only_to_who_asked() -> None:
    wish = EnvelopeRecipient(Path.of("bob@example.test"), frozenset({Notify.SUCCESS}))
    accept(Envelope(Path.of("a@example.net"), (wish,)), None, Content.of(HELLO), FROM_AFAR).result(
        10
    )
    assert attempt.run_due("local")[1] == {"report"}
    assert Recipient.objects.get().action == "delivered"


def test_a_null_reverse_path_is_written_as_such() -> None:
    envelope = Envelope(NULL_PATH, (EnvelopeRecipient(Path.of("bob@example.test")),))
    accept(envelope, None, Content.of(HELLO), FROM_AFAR).result(10)
    attempt.run_due("local")
    assert mails("bob@example.test")[0].startswith(b"Return-Path: <>\n")


def test_verp_reaches_a_mailbox_as_the_encoded_return_path() -> None:
    submit("bob@example.test", verp=True)
    attempt.run_due("local")
    expected = b"Return-Path: <a-bob=example.test@example.net>\n"
    assert mails("bob@example.test")[0].startswith(expected)
