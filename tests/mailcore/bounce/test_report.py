"""Reports to senders: who gets one, what it says, and that it is sent exactly once."""

import email
from email.header import decode_header, make_header
from email.message import Message as Mail

import pytest

from mailcore.accounts.models import Account, Domain
from mailcore.bounce import report
from mailcore.conf import current, store
from mailcore.envelope import NULL_PATH, Envelope, EnvelopeRecipient, Notify, Path, Ret, Source
from mailcore.queue import leases, trace
from mailcore.queue.content import Content
from mailcore.queue.models import Content as ContentRow
from mailcore.queue.models import Message, Recipient
from mailcore.submit.accept import Origin, accept

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

HELLO = b"From: <bob@example.test>\r\nMessage-ID: <1@x>\r\nSubject: hi\r\n\r\nHello body\r\n"
HERE = Origin("ESMTPSA", "laptop", "192.0.2.9")


@pytest.fixture(autouse=True)
def people() -> None:
    domain = Domain.objects.create(name="example.test")
    for name in ("bob", "postmaster"):
        Account.objects.create(
            address=f"{name}@example.test", domain=domain, password="x", maildir=f"e/{name}"
        )
    store.save("general", {"postmaster": "postmaster@example.test"}, by="test")
    current.refresh()


def send(
    *to: str,
    notify: frozenset[Notify] = frozenset(),
    reverse_path: Path | None = None,
    body: bytes = HELLO,
    **more: object,
) -> int:
    recipients = tuple(EnvelopeRecipient(Path.of(each), notify) for each in to)
    sender = Path.of("bob@example.test") if reverse_path is None else reverse_path
    envelope = Envelope(sender, recipients, **more)  # type: ignore[arg-type]
    return accept(envelope, None, Content.of(body), HERE).result(10).id


def fail(path: str = "", action: str = "failed", **more: object) -> None:
    """As an attempt leaves a recipient that has failed."""
    values = {"state": "report", "action": action, "status": "5.1.1", "attempted_at": 1.0,
              "attempts": 1, "peer": "mx.far.test [192.0.2.1]", "command": "RCPT TO:<x@far.test>",
              "reply": "550 5.1.1 No such\n550 5.1.1 mailbox", **more}  # fmt: skip
    rows = Recipient.objects.filter(forward_path=path) if path else Recipient.objects.all()
    for row in rows:
        Message.objects.filter(id=row.message_id).update(report=True)
    rows.update(**values)


def dsn() -> tuple[Message, Mail]:
    """The only DSN in the queue."""
    row = Message.objects.get(source="dsn")
    whole = bytes(row.prefix) + leases.contents([row.id])[row.id][row.skip :]
    return row, email.message_from_bytes(whole)


def test_a_failure_is_reported_to_the_sender_and_the_message_goes() -> None:
    number = send("x@far.test", ret=Ret.HDRS, envid="id 7")
    fail()
    assert report.send_due() == 1
    row, mail = dsn()
    assert (row.reverse_path, Recipient.objects.get().forward_path) == ("", "bob@example.test")
    assert Message.objects.count() == 1
    assert ContentRow.objects.count() == 1
    assert mail.get_content_type() == "multipart/report"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["In-Reply-To"] == "<1@x>"
    text, status, returned = mail.get_payload()
    said = text.get_payload(decode=True).decode()
    assert "<x@far.test>:" in said
    assert " >>> RCPT TO:<x@far.test>" in said
    assert " <<< 550 5.1.1 No such" in said
    per_message, per_recipient = status.get_payload()
    assert per_message["Original-Envelope-Id"] == "id 7"
    assert per_message["Reporting-MTA"] == "dns; mail.example.test"
    assert per_recipient["Action"] == "failed"
    assert per_recipient["Status"] == "5.1.1"
    assert per_recipient["Final-Recipient"] == "rfc822; x@far.test"
    assert per_recipient["Remote-MTA"] == "dns; mx.far.test"
    assert per_recipient["Diagnostic-Code"].startswith("smtp; 550 5.1.1 No such")
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "Hello body" not in returned.as_string()
    assert [event.event for event in trace.life(number)] == ["queued", "reported"]


def test_short_messages_come_back_whole() -> None:
    send("x@far.test")
    fail()
    report.send_due()
    returned = dsn()[1].get_payload()[2]
    assert returned.get_content_type() == "message/rfc822"
    assert "Hello body" in returned.as_string()


def test_long_messages_come_back_as_headers() -> None:
    send("x@far.test", body=HELLO + b"x" * 40_000)
    fail()
    report.send_due()
    assert dsn()[1].get_payload()[2].get_content_type() == "text/rfc822-headers"


def test_one_report_tells_of_all_recipients() -> None:
    send("x@far.test", "y@far.test", "z@far.test")
    fail()
    fail("z@far.test", action="relayed", status="2.0.0")
    assert report.send_due() == 1
    actions = [part["Action"] for part in dsn()[1].get_payload()[1].get_payload()[1:]]
    assert actions == ["failed", "failed", "relayed"]


def test_a_report_waits_for_attempts_under_way() -> None:
    send("x@far.test", "y@far.test")
    fail("x@far.test")
    assert report.send_due() == 0
    Recipient.objects.filter(forward_path="y@far.test").update(attempts=1, next_attempt_at=4e9)
    assert report.send_due() == 1
    assert Recipient.objects.filter(forward_path="y@far.test").exists()


def test_a_report_is_sent_once_however_many_try() -> None:
    send("x@far.test")
    fail()
    number = Message.objects.get().id
    first, second = report.send(number), report.send(number)
    assert first is not None
    for future in (first, second):
        if future is not None:  # the second may come when all is settled
            future.result(10)
    assert Message.objects.filter(source="dsn").count() == 1


def test_lateness_is_told_once() -> None:
    send("x@far.test")
    Message.objects.update(warn_at=1.0, report=True)
    Recipient.objects.update(attempts=3, next_attempt_at=4e9, action="delayed", status="4.4.1")
    assert report.send_due() == 1
    _, mail = dsn()
    assert mail["Subject"] == "WARNING: delayed mail."
    fields = mail.get_payload()[1].get_payload()[1]
    assert fields["Action"] == "delayed"
    assert fields["Will-Retry-Until"]
    assert mail.get_payload()[2].get_content_type() == "text/rfc822-headers"
    original = Message.objects.get(source="local")
    assert (original.warn_at, original.report) == (0, False)


def test_a_failed_report_goes_to_postmaster_and_what_fails_then_is_dropped() -> None:
    send("gone@far.test", reverse_path=NULL_PATH)
    fail()
    report.send_due()
    row, _ = dsn()
    assert row.reverse_path == "#@[]"
    assert Recipient.objects.get().forward_path == "postmaster@example.test"
    fail()
    report.send_due()
    assert not Message.objects.exists()


def test_a_sender_that_is_gone_makes_a_double_bounce() -> None:
    send("x@far.test", reverse_path=Path.of("nobody@example.test"))
    fail()
    report.send_due()
    assert dsn()[0].reverse_path == "#@[]"


def test_relayed_mail_of_the_null_path_tells_nobody() -> None:
    send("x@far.test", reverse_path=NULL_PATH)
    fail(action="relayed", status="2.0.0")
    report.send_due()
    assert not Message.objects.exists()


def test_reports_say_what_the_administrator_wrote() -> None:
    words = {
        "subject": "Zustellbericht für Sie",
        "header": "Hier ist [#ME#].\nVom [#FROMTIME#]\nvon [#FROMMTA#]\nGrüße",
        "failed": "Nicht zugestellt:",
        "footer": "Ende\n\nX-Not-A-Field: really",
    }
    store.save("reports", words, by="test")
    current.refresh()
    send("x@far.test")
    Message.objects.update(received_from="")
    fail()
    report.send_due()
    _, mail = dsn()
    assert str(make_header(decode_header(mail["Subject"]))) == "Zustellbericht für Sie"
    text = mail.get_payload()[0].get_payload(decode=True).decode()
    assert text.startswith(f"Hier ist {current.snapshot().me}.\r\nVom ")
    assert "von " not in text  # it is not known from where
    assert "Grüße\r\n\r\nNicht zugestellt:\r\n\r\n<x@far.test>:" in text
    assert text.endswith("Ende\r\n\r\nX-Not-A-Field: really\r\n")
    assert len(mail.get_payload()) == 3


def test_text_of_strangers_cannot_add_fields() -> None:
    send("x@far.test")
    fail(reply="550 evil\r\n\r\nInjected: yes", peer="mx\r\nInjected: yes [192.0.2.1]")
    report.send_due()
    _, mail = dsn()
    for part in mail.get_payload()[1].get_payload():
        assert part["Injected"] is None


def test_backscatter_can_be_forbidden_and_then_only_strangers_hear_nothing() -> None:
    store.save("queue", {"block_backscatter": ("smtp",)}, by="test")
    current.refresh()
    send("x@far.test", reverse_path=Path.of("victim@elsewhere.test"), source=Source.SMTP)
    send("x@far.test", source=Source.SMTP)
    fail()
    assert report.send_due() == 2
    assert Recipient.objects.get().forward_path == "bob@example.test"


def test_a_sender_at_an_address_literal_is_told() -> None:
    send("x@far.test", reverse_path=Path("joe", "[192.0.2.77]"))
    fail()
    report.send_due()
    assert Recipient.objects.get().forward_path == "joe@[192.0.2.77]"


def test_reports_go_to_the_login_where_that_is_wanted() -> None:
    """Courier DSNTOAUTHADDR."""
    store.save("queue", {"dsn_to_login": True}, by="test")
    current.refresh()
    send(
        "x@far.test", reverse_path=Path.of("other@elsewhere.test"), auth_identity="bob@example.test"
    )
    fail()
    report.send_due()
    assert Recipient.objects.get().forward_path == "bob@example.test"


def test_a_report_goes_as_securely_as_its_message() -> None:
    send("x@far.test", minimum_security="STARTTLS", reverse_path=Path.of("eve@away.test"))
    fail()
    report.send_due()
    assert [row.minimum_security for row in Message.objects.filter(source="dsn")] == ["STARTTLS"]
