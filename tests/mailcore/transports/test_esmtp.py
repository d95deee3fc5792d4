"""Outgoing SMTP against a server that misbehaves in every way that matters."""

import ssl
from collections.abc import Iterator
from pathlib import Path as FilePath

import dkim
import pytest

from mailcore.accounts import administration
from mailcore.conf.deployment import deployment
from mailcore.delivery import scheduler
from mailcore.envelope import Body, Envelope, EnvelopeRecipient, Notify, Path, Ret, Source
from mailcore.mailauth import keys
from mailcore.queue import trace
from mailcore.queue.content import Content, ContentWriter
from mailcore.queue.models import Destination, Message, Recipient
from mailcore.submit.accept import accept
from mailcore.transports.esmtp import calls
from tests.support.certificate import make_certificate
from tests.support.dns import DnsServer
from tests.support.outgoing import HELLO, HERE, Start, attempt_all, configure, send
from tests.support.remote import FULL, Remote

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


def test_a_message_goes_out_as_it_came_in(remote: Start) -> None:
    server = remote()
    number = send("ann@far.test", "joe@far.test")
    assert attempt_all() == set()
    (mail,) = server.mails
    assert mail.data.endswith(HELLO)
    assert mail.data.startswith(b"Received: from laptop")
    assert [line.split(" ")[1] for line in mail.rcpts] == ["TO:<ann@far.test>", "TO:<joe@far.test>"]
    assert "BODY=7BIT" in mail.mail
    assert not Message.objects.exists()
    told = trace.life(number)
    assert [event.event for event in told] == ["queued", "relayed", "relayed"]
    assert told[1].text == "250 2.0.0 Taken as 4711"
    assert told[1].peer == "[127.0.0.1] [127.0.0.1]"


def test_a_message_without_its_last_line_end_gets_one(remote: Start) -> None:
    server = remote()
    send("ann@far.test", content=Content.of(b"Subject: x\r\n\r\nno end"))
    attempt_all()
    assert server.mails[0].data.endswith(b"\r\nno end\r\n")


def test_bare_line_feeds_never_leave(remote: Start) -> None:
    server = remote()
    send("ann@far.test", content=Content.of(b"Subject: x\r\n\r\none\ntwo\r\n.\nMAIL FROM:<x>\r\n"))
    attempt_all()
    assert server.mails[0].data.endswith(b"one\r\ntwo\r\n.\r\nMAIL FROM:<x>\r\n")
    assert len(server.mails) == 1


def test_long_content_is_streamed_from_its_file(remote: Start) -> None:
    server = remote(extensions=("PIPELINING", "8BITMIME"))
    writer = ContentWriter(deployment().spool, 1000)
    body = b"".join(b".line %d\r\n" % number for number in range(100_000))
    writer.write(b"Subject: x\r\n\r\n" + body)
    send("ann@far.test", content=writer.finish())
    attempt_all()
    assert server.mails[0].data.endswith(body)


def test_mail_recoded_for_an_old_server_is_signed_anew(remote: Start) -> None:
    administration.add_domain("example.test", by="test")
    keys.add("example.test", "rsa", by="test", selector="s1")
    keys.activate("example.test", "s1", by="test")
    text = keys.show("example.test", "s1").text.encode()
    server = remote(extensions=("PIPELINING",))
    send(
        "ann@far.test",
        content=Content.of(HELLO + b"gr\xc3\xbc\xc3\x9fe\r\n"),
        source=Source.AUTHSMTP,
        body=Body.EIGHTBIT,
    )
    attempt_all()
    assert server.mails[0].data.isascii()
    assert dkim.verify(server.mails[0].data, dnsfunc=lambda name, timeout=5: text)


def test_wishes_for_reports_are_passed_on(remote: Start) -> None:
    server = remote()
    wish = EnvelopeRecipient(
        Path.of("ann@far.test"), frozenset({Notify.SUCCESS, Notify.FAILURE}), "rfc822;a+b@x"
    )
    accept(
        Envelope(Path.of("a@example.test"), (wish,), ret=Ret.HDRS, envid="id 7"),
        None,
        Content.of(HELLO),
        HERE,
    ).result(10)
    assert attempt_all() == set()  # the peer reports success itself
    assert server.said("MAIL")[0].startswith(
        "MAIL FROM:<a@example.test> BODY=7BIT RET=HDRS ENVID=id+207 SIZE="
    )
    assert server.said("RCPT") == [
        "RCPT TO:<ann@far.test> NOTIFY=FAILURE,SUCCESS ORCPT=rfc822;a+2Bb@x"
    ]


def test_success_at_a_peer_without_dsn_is_relayed(remote: Start) -> None:
    remote(extensions=("PIPELINING",))
    send("ann@far.test", notify=frozenset({Notify.SUCCESS}))
    assert attempt_all() == {"report"}
    assert Recipient.objects.get().action == "relayed"


def test_never_towards_a_peer_without_dsn_is_a_null_reverse_path(remote: Start) -> None:
    server = remote(extensions=("PIPELINING",))
    never = frozenset({Notify.NEVER})
    recipients = (
        EnvelopeRecipient(Path.of("ann@far.test")),
        EnvelopeRecipient(Path.of("quiet@far.test"), never),
    )
    envelope = Envelope(Path.of("a@example.test"), recipients)
    accept(envelope, None, Content.of(HELLO), HERE).result(10)
    attempt_all()
    assert [(mail.mail, mail.rcpts) for mail in server.mails] == [
        ("MAIL FROM:<a@example.test>", ["RCPT TO:<ann@far.test>"]),
        ("MAIL FROM:<>", ["RCPT TO:<quiet@far.test>"]),
    ]


def test_each_recipient_gets_its_own_answer(remote: Start) -> None:
    def answer(line: str) -> str | None:
        if "nobody" in line:
            return "550-5.1.1 No such\n550 5.1.1 mailbox"
        return "451 4.7.1 Greylisted" if "later" in line else None

    server = remote(answers={"RCPT": answer})
    send("ann@far.test", "nobody@far.test", "later@far.test")
    assert attempt_all() == {"report"}
    assert len(server.mails) == 1
    failed = Recipient.objects.get(state="report")
    assert (failed.forward_path, failed.action, failed.status) == (
        "nobody@far.test",
        "failed",
        "5.1.1",
    )
    assert failed.reply == "550 5.1.1 No such\n550 5.1.1 mailbox"
    assert failed.command == "RCPT TO:<nobody@far.test>"
    later = Recipient.objects.get(state="queued")
    assert (later.action, later.status, later.attempts) == ("delayed", "4.7.1", 1)


def test_no_valid_recipient_sends_no_message(remote: Start) -> None:
    server = remote(answers={"RCPT": "550 5.1.1 no"})
    send("ann@far.test")
    attempt_all()
    assert server.mails == []
    assert Recipient.objects.get().action == "failed"


def test_without_pipelining_one_command_at_a_time(remote: Start) -> None:
    server = remote(extensions=(), answers={"EHLO": "502 what?"})
    send("ann@far.test", "joe@far.test")
    attempt_all()
    assert server.said("HELO")
    assert len(server.mails[0].rcpts) == 2


def test_a_refused_greeting_fails_and_a_busy_one_defers(remote: Start) -> None:
    remote(greeting="554 5.7.1 Go away")
    send("ann@far.test")
    attempt_all()
    row = Recipient.objects.get()
    assert (row.action, row.reply) == ("failed", "554 5.7.1 Go away")
    Recipient.objects.all().delete()
    remote(greeting="421 4.3.2 Busy")
    send("ann@far.test")
    attempt_all()
    assert Recipient.objects.get().action == "delayed"


def test_an_unreachable_host_rests(remote: Start) -> None:
    server = remote()
    server.stop()
    send("ann@far.test")
    attempt_all()
    row = Recipient.objects.get()
    assert (row.action, row.status) == ("delayed", "4.4.1")
    assert "refused" in row.reply
    assert Destination.objects.get().host == "far.test"
    Recipient.objects.update(next_attempt_at=0)
    assert scheduler.claim("esmtp") == []


def test_a_connection_lost_in_the_middle_defers(remote: Start) -> None:
    remote(answers={"END": "drop"})
    send("ann@far.test")
    attempt_all()
    row = Recipient.objects.get()
    assert (row.action, row.status) == ("delayed", "4.4.2")


def test_a_connection_is_used_again(remote: Start) -> None:
    server = remote()
    for _ in range(3):
        send("ann@far.test")
    attempt_all()
    send("ann@far.test")
    attempt_all()
    assert len(server.mails) == 4
    assert server.connections == 1


def test_an_ending_worker_says_quit_on_idle_connections(remote: Start) -> None:
    server = remote()
    send("ann@far.test")
    attempt_all()
    assert server.said("QUIT") == []
    calls.hang_up()
    assert server.said("QUIT") == ["QUIT"]


def test_a_server_that_tires_of_a_connection_gets_a_new_one(remote: Start) -> None:
    served = 0

    def answer(line: str) -> str | None:
        nonlocal served
        served += 1
        return "421 4.7.0 Enough" if served == 3 else None

    server = remote(answers={"MAIL": answer})
    for _ in range(4):
        send("ann@far.test")
    attempt_all()
    assert len(server.mails) == 4
    assert server.connections == 2


def test_eight_bits_are_converted_for_a_peer_that_has_seven(remote: Start) -> None:
    server = remote(extensions=("PIPELINING",))
    text = "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n".encode()
    send("ann@far.test", content=Content.of(text))
    attempt_all()
    assert b"Gr=C3=BC=C3=9Fe" in server.mails[0].data
    assert b"Content-Transfer-Encoding: quoted-printable" in server.mails[0].data


def test_unicode_mail_is_not_sent_to_who_cant_take_it(remote: Start) -> None:
    server = remote(extensions=("PIPELINING", "8BITMIME"))
    raw = "Subject: Grüße\r\n\r\nx\r\n".encode()
    send("ann@far.test", content=Content.of(raw), smtputf8=True)
    send("grüße@far.test", smtputf8=True)
    attempt_all()
    assert server.mails == []
    assert {row.status for row in Recipient.objects.all()} == {"5.6.7"}


def test_a_message_over_the_size_limit_fails_at_once(remote: Start) -> None:
    server = remote(extensions=("SIZE 100",))
    send("ann@far.test")
    attempt_all()
    assert Recipient.objects.get().status == "5.3.4"
    assert server.mails == []


def test_starttls_is_used_when_offered(remote: Start, tmp_path: FilePath) -> None:
    server = remote(tls=_context(tmp_path))
    send("ann@far.test")
    attempt_all()
    assert len(server.said("EHLO")) == 2
    assert len(server.mails) == 1


def test_broken_starttls_is_remembered_and_mail_goes_in_clear(
    remote: Start, tmp_path: FilePath
) -> None:
    server = remote(tls=_context(tmp_path), answers={"STARTTLS": "454 4.7.0 Not now"})
    configure(keepalive=0)
    send("ann@far.test")
    attempt_all()
    send("ann@far.test")
    attempt_all()
    assert len(server.mails) == 2
    assert len(server.said("STARTTLS")) == 1


def test_what_comes_with_the_answer_to_starttls_is_never_believed(remote: Start) -> None:
    """An answer from before TLS counts for nothing: neither as a reply nor as an offer."""
    server = remote(
        extensions=("STARTTLS",), answers={"STARTTLS": "220 go\n250-far.test\n250 SIZE 5"}
    )
    send("ann@far.test")
    attempt_all()
    assert server.mails == []
    assert Recipient.objects.get().action == "delayed"


def test_required_security_refuses_clear_text(remote: Start) -> None:
    server = remote(route="far.test:[127.0.0.1],{port} /SECURITY=REQUIRED")
    send("ann@far.test")
    attempt_all()
    assert Recipient.objects.get().status == "5.7.10"
    assert server.mails == []


def test_a_message_that_wants_encryption_is_not_sent_in_clear(remote: Start) -> None:
    server = remote()
    send("ann@far.test", minimum_security="STARTTLS")
    attempt_all()
    assert Recipient.objects.get().status == "5.7.10"
    assert server.mails == []


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_smart_host_is_logged_in_to(remote: Start, mechanism: str) -> None:
    server = remote(route=":[127.0.0.1],{port}", extensions=("PIPELINING", f"AUTH {mechanism}"))
    configure(route_passwords=("[127.0.0.1] me secret word",))
    send("ann@anywhere.test")
    attempt_all()
    assert len(server.mails) == 1
    said = server.said("AUTH")
    assert len(said) == 1
    assert said[0].startswith(f"AUTH {mechanism}")
    if mechanism == "LOGIN":
        assert server.lines[2:4] == ["me", "secret word"]


def test_verp_gives_each_recipient_a_reverse_path_of_its_own(remote: Start) -> None:
    server = remote()
    send(
        "j+k@far.test",
        "ann@far.test",
        reverse_path=Path.of("list-bounce-17@example.test"),
        verp=True,
    )
    attempt_all()
    assert [mail.mail.split(">")[0] for mail in server.mails] == [
        "MAIL FROM:<list-bounce-17-j+2Bk=far.test@example.test",
        "MAIL FROM:<list-bounce-17-ann=far.test@example.test",
    ]


def test_a_relay_without_a_way_to_log_in_fails_and_one_that_says_no_is_passed_over(
    remote: Start,
) -> None:
    """Courier esmtpauthclient: no common mechanism is final, a refusal means the next server."""
    server = remote(route=":[127.0.0.1],{port}", extensions=("AUTH GSSAPI",))
    configure(route_passwords=("[127.0.0.1] joe secret",))
    send("ann@far.test")
    attempt_all()
    assert (Recipient.objects.get().action, Recipient.objects.get().status) == ("failed", "5.7.8")
    Recipient.objects.all().delete()
    server = remote(
        route=":[127.0.0.1],{port}", extensions=("AUTH PLAIN",), answers={"AUTH": "535 5.7.8 no"}
    )
    send("ann@far.test")
    attempt_all()
    assert server.mails == []
    assert Recipient.objects.get().action == "delayed"


@pytest.fixture
def names() -> Iterator[DnsServer]:
    server = DnsServer({})
    configure(resolvers=(server.address,), dns_timeout=2, routes=())
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("zone", "action", "status", "text"),
    [
        ({}, "failed", "5.1.2", "No such domain."),
        ({"far.test": {"MX": ["0 ."]}}, "failed", "5.1.10", "Domain does not receive mail."),
        ({"far.test": {"MX": ["10 127.0.0.2."]}}, "failed", "5.1.2", "violates RFC 1035"),
        ({"far.test": {"MX": ["10 mail.example.test."]}, "mail.example.test": {"A": ["192.0.2.1"]}},
         "failed", "5.4.6", "loops back to myself"),
        ({"far.test": {"TXT": ["x"]}}, "failed", "5.1.2", "No such domain."),
    ],
)  # fmt: skip
def test_what_dns_says_decides(
    names: DnsServer, zone: dict[str, dict[str, list[str]]], action: str, status: str, text: str
) -> None:
    names.zone = zone
    send("ann@far.test")
    attempt_all()
    row = Recipient.objects.get()
    assert (row.action, row.status) == (action, status)
    assert text in row.reply


def test_dead_dns_defers(names: DnsServer) -> None:
    names.broken.add("far.test")
    send("ann@far.test")
    attempt_all()
    row = Recipient.objects.get()
    assert (row.action, row.status) == ("delayed", "4.4.3")


def test_the_second_mx_is_tried_when_the_first_is_dead(names: DnsServer) -> None:
    server = Remote(address="127.0.0.3")
    names.zone = {
        "far.test": {"MX": ["10 a.far.test.", "20 b.far.test."]},
        "a.far.test": {"A": ["127.0.0.2"]},
        "b.far.test": {"A": ["127.0.0.3"]},
    }
    configure(routes=(f"far.test:,{server.port}",))
    send("ann@far.test")
    attempt_all()
    assert len(server.mails) == 1
    server.stop()


def test_every_extension_at_once_is_understood(remote: Start) -> None:
    server = remote(extensions=FULL)
    send("grüße@far.test", smtputf8=True)
    attempt_all()
    assert "SMTPUTF8 BODY=7BIT" in server.mails[0].mail
    assert server.mails[0].rcpts == ["RCPT TO:<grüße@far.test>"]


def _context(directory: FilePath) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(directory))
    return context
