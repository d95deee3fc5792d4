"""Acceptance: what is promised is durable, what is refused leaves nothing."""

import time
from pathlib import Path as FilePath

import pytest

from mailcore.accounts.models import Account, Alias, Domain
from mailcore.conf import current, store
from mailcore.envelope import Envelope, EnvelopeRecipient, Notify, Path
from mailcore.errors import PermanentFailure
from mailcore.queue import leases
from mailcore.queue.content import Content, ContentWriter
from mailcore.queue.models import Content as ContentRow
from mailcore.queue.models import Message, Recipient, Trace
from mailcore.submit.accept import Origin, accept

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

HELLO = b"From: <a@example.net>\r\nTo: <bob@example.test>\r\nSubject: hi\r\n\r\nHello\r\n"
FROM_AFAR = Origin("ESMTPS", "peer.example.net", "192.0.2.7", "peer.example.net")


@pytest.fixture(autouse=True)
def bob() -> Account:
    domain = Domain.objects.create(name="example.test")
    return Account.objects.create(
        address="bob@example.test", domain=domain, password="x", maildir="example.test/bob"
    )


def envelope(*to: str, **more: object) -> Envelope:
    recipients = tuple(EnvelopeRecipient(Path.of(each)) for each in to)
    return Envelope(Path.of("a@example.net"), recipients, **more)  # type: ignore[arg-type]


def test_an_accepted_message_is_in_the_tables() -> None:
    accepted = accept(envelope("bob@example.test"), None, Content.of(HELLO), FROM_AFAR).result(10)
    message = Message.objects.get(id=accepted.id)
    recipient = Recipient.objects.get(message_id=accepted.id)
    assert bytes(ContentRow.objects.get(id=accepted.id).data) == HELLO
    assert (recipient.transport, recipient.host) == ("local", "bob@example.test")
    assert bytes(message.prefix).startswith(
        b"Received: from peer.example.net (peer.example.net [192.0.2.7])\r\n"
    )
    assert message.skip == 0
    assert accepted.text.encode() in bytes(message.prefix)
    assert Trace.objects.get(message_id=accepted.id).event == "queued"


def test_an_unknown_recipient_is_refused() -> None:
    with pytest.raises(PermanentFailure) as refused:
        accept(envelope("nobody@example.test"), None, Content.of(HELLO), FROM_AFAR)
    assert str(refused.value.status) == "5.1.1"
    assert not Message.objects.exists()


def test_extension_addresses_reach_their_account() -> None:
    accept(envelope("Bob+lists@Example.Test"), None, Content.of(HELLO), FROM_AFAR).result(10)
    recipient = Recipient.objects.get()
    assert recipient.host == "bob@example.test"
    assert recipient.forward_path == "Bob+lists@example.test"


def test_mail_for_elsewhere_goes_by_esmtp() -> None:
    accept(envelope("x@example.org"), None, Content.of(HELLO), FROM_AFAR).result(10)
    recipient = Recipient.objects.get()
    assert (recipient.transport, recipient.host) == ("esmtp", "example.org")


def test_a_loop_is_refused() -> None:
    looping = b"Received: x\r\n" * 101 + HELLO
    with pytest.raises(PermanentFailure) as refused:
        accept(envelope("bob@example.test"), None, Content.of(looping), FROM_AFAR)
    assert str(refused.value.status) == "5.4.6"


def test_raw_eight_bit_headers_are_refused_without_smtputf8() -> None:
    raw = b"Subject: gr\xc3\xbc\xc3\x9fe\r\n" + HELLO
    with pytest.raises(PermanentFailure) as refused:
        accept(envelope("bob@example.test"), None, Content.of(raw), FROM_AFAR)
    assert refused.value.status.subject == 6
    assert "BOFHBADMIME" in refused.value.text
    wanted = envelope("bob@example.test", smtputf8=True)
    assert accept(wanted, None, Content.of(raw), FROM_AFAR).result(10).id


def test_a_foreign_return_path_is_renamed_without_copying_the_body() -> None:
    message = b"Return-Path: <liar@example.net>\r\n" + HELLO
    accept(envelope("bob@example.test"), None, Content.of(message), FROM_AFAR).result(10)
    row = Message.objects.get()
    assert b"\r\nOld-Return-Path: <liar@example.net>\r\n" in bytes(row.prefix)
    assert message[row.skip :] == b"\r\nHello\r\n"
    assert row.size == len(bytes(row.prefix)) + len(b"\r\nHello\r\n")


def test_submissions_get_the_fields_they_lack() -> None:
    origin = Origin("ESMTPSA", "laptop", "192.0.2.9", identity="a", add_missing_headers=True)
    accept(
        envelope("bob@example.test"), None, Content.of(b"From: bob\r\n\r\nx\r\n"), origin
    ).result(10)
    prefix = bytes(Message.objects.get().prefix)
    assert b"\r\nMessage-ID: <courier." in prefix
    assert b"\r\nDate: " in prefix
    assert b"\r\nTo: undisclosed-recipients: ;\r\n" in prefix
    assert b"\r\nFrom: bob@mail.example.test\r\n" in prefix


def test_long_content_is_a_file_and_never_a_row(tmp_path: FilePath) -> None:
    writer = ContentWriter(tmp_path, threshold=1000)
    for _ in range(40):
        writer.write(HELLO)
    content = writer.finish()
    assert content.file is not None
    assert content.file.read_bytes() == HELLO * 40
    accept(envelope("bob@example.test"), None, content, FROM_AFAR).result(10)
    assert Message.objects.get().file == content.name
    assert not ContentRow.objects.exists()


def test_wishes_for_reports_are_kept() -> None:
    wish = EnvelopeRecipient(
        Path.of("bob@example.test"), frozenset({Notify.SUCCESS, Notify.DELAY}), "rfc822;b@x"
    )
    asked = Envelope(Path.of("a@example.net"), (wish,), envid="e1")
    accept(asked, None, Content.of(HELLO), FROM_AFAR).result(10)
    recipient = Recipient.objects.get()
    assert recipient.notify == "DELAY,SUCCESS"
    assert recipient.orcpt == "rfc822;b@x"


def test_many_at_once_share_commits() -> None:
    futures = [
        accept(envelope("bob@example.test"), None, Content.of(HELLO), FROM_AFAR) for _ in range(300)
    ]
    assert len({future.result(10).id for future in futures}) == 300
    assert Message.objects.count() == 300


def test_members_of_a_list_fail_in_silence_and_success_is_the_lists(bob: Account) -> None:
    Alias.objects.create(
        address="team@example.test",
        domain=bob.domain,
        targets=["bob@example.test", "x@far.test", "BOB@example.test"],
    )
    wish = EnvelopeRecipient(Path.of("team@example.test"), frozenset({Notify.SUCCESS}))
    also = EnvelopeRecipient(Path.of("bob@example.test"))
    asked = Envelope(Path.of("a@example.net"), (wish, also))
    accept(asked, None, Content.of(HELLO), FROM_AFAR).result(10)
    rows = {row.forward_path: row for row in Recipient.objects.all()}
    assert sorted(rows) == ["bob@example.test", "team@example.test", "x@far.test"]
    assert rows["x@far.test"].notify == rows["bob@example.test"].notify == "NEVER"
    told = rows["team@example.test"]
    assert (told.state, told.action) == ("report", "expanded")
    assert Message.objects.get().report


def test_an_alias_with_one_member_is_transparent(bob: Account) -> None:
    Alias.objects.create(address="one@example.test", domain=bob.domain, targets=["x@far.test"])
    wish = EnvelopeRecipient(Path.of("one@example.test"), frozenset({Notify.SUCCESS}))
    accept(Envelope(Path.of("a@x.test"), (wish,)), None, Content.of(HELLO), FROM_AFAR).result(10)
    row = Recipient.objects.get()
    assert (row.forward_path, row.notify) == ("x@far.test", "SUCCESS")
    assert row.orcpt == "rfc822;one@example.test"


def test_a_pause_before_the_first_attempt_is_kept(bob: Account) -> None:
    store.save("queue", {"initial_hold": 60}, by="test")
    current.refresh()
    accept(envelope("bob@example.test"), None, Content.of(HELLO), FROM_AFAR).result(10)
    row = Recipient.objects.get()
    assert row.next_attempt_at == pytest.approx(Message.objects.get().created_at + 60)
    assert leases.claim_any("local", now=time.time(), until=9e9, limit=9, slots=9) is None


def test_with_verp_an_alias_keeps_its_member_to_itself() -> None:
    """A bounce would come to the list's sender from an address it never wrote to.  Courier."""
    Alias.objects.create(
        address="one@example.test",
        domain=Domain.objects.get(),
        targets=["bob@example.test"],
    )
    current.refresh()
    wish = EnvelopeRecipient(Path.of("one@example.test"), frozenset({Notify.SUCCESS}))
    accept(
        Envelope(Path.of("list@example.net"), (wish,), verp=True),
        None,
        Content.of(HELLO),
        FROM_AFAR,
    ).result(10)
    rows = {each.forward_path: each for each in Recipient.objects.all()}
    assert rows["bob@example.test"].notify == "NEVER"
    assert (rows["one@example.test"].state, rows["one@example.test"].action) == (
        "report",
        "expanded",
    )
