"""Milters that others wrote: Debian's libmilter and OpenDKIM, behind a whole ESMTP server."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.conf import current, store
from mailcore.errors import ConfigError
from mailcore.policy import milter as milter_link
from mailcore.queue import ids
from mailcore.queue.models import Content, Message, Recipient
from tests.support.transcript import Connection

pytestmark = [
    pytest.mark.interop,
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
]

Addresses = dict[str, tuple[str, int]]
DEBIAN = "/usr/bin/python3"  # where python3-milter is
PROGRAM = Path(__file__).resolve().parents[2] / "support/milter_program.py"


def started(arguments: list[str], socket: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=output)
    until = time.monotonic() + 30
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise RuntimeError(log.read_text())
        time.sleep(0.02)
    return process


@pytest.fixture(scope="module")
def milter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("milter")
    address = f"unix:{folder}/socket"
    program = [DEBIAN, str(PROGRAM), address]
    process = started(program, folder / "socket", folder / "log")
    yield address
    process.kill()
    process.wait()


def filters(**values: object) -> None:
    store.save("filters", values, by="test")
    current.refresh()


def send(
    smtp: Addresses,
    message: str,
    *recipients: str,
    helo: str = "mx.peer.example",
    lmtp: bool = False,
) -> list[str]:
    """The replies to the end of the message."""
    connection = Connection(smtp["lmtp" if lmtp else "smtp"])
    recipients = recipients or ("alice@example.com",)
    connection.line()
    connection.send(f"{'LHLO' if lmtp else 'EHLO'} {helo}\r\n".encode())
    while not connection.line().startswith("250 "):
        pass
    connection.send(b"MAIL FROM:<eve@peer.example>\r\n")
    assert connection.line().startswith("250")
    for recipient in recipients:
        connection.send(f"RCPT TO:<{recipient}>\r\n".encode())
        assert connection.line().startswith("250")
    connection.send(b"DATA\r\n")
    assert connection.line().startswith("354")
    connection.send(message.replace("\n", "\r\n").encode() + b"\r\n.\r\n")
    replies = []
    for _ in recipients if lmtp else ("",):
        while (line := connection.line())[3:4] == "-":
            replies.append(line)
        replies.append(line)
    return replies


def delivered() -> str:
    """The only message, as it will be handed on."""
    message = Message.objects.get()
    return (bytes(message.prefix) + bytes(Content.objects.get().data)[message.skip :]).decode()


LETTER = "From: eve@peer.example\nSubject: hello\n{}\nGood day\n"


def do(*deeds: str) -> str:
    return LETTER.format("".join(f"X-Do: {deed}\n" for deed in deeds))


def test_a_milter_is_told_of_peer_envelope_header_and_body(smtp: Addresses, milter: str) -> None:
    filters(milters=[milter])
    assert send(smtp, do())[0].startswith("250")
    (heard,) = [line for line in delivered().split("\r\n") if line.startswith("X-Heard: ")]
    assert "helo mx.peer.example; mail <eve@peer.example>; rcpt <alice@example.com>" in heard
    assert "connect [127.0.0.1] 127.0.0.1 mail.example.test" in heard
    assert heard.endswith("header From; header Subject; body 12")


@pytest.mark.parametrize(
    ("deed", "replies"),
    [
        ("reject", ["550 5.7.1 Message refused."]),
        ("tempfail", ["451 4.7.1 Please try again later."]),
        ("reply Spam", ["554-5.7.7 Spam", "554 5.7.7 and that is that"]),
        ("discard", ["250 2.0.0 Ok."]),
    ],
)
def test_a_milter_refuses_puts_off_and_discards(
    smtp: Addresses, milter: str, deed: str, replies: list[str]
) -> None:
    filters(milters=[milter])
    assert send(smtp, do(deed)) == replies
    assert not Message.objects.exists()


def opened(address: tuple[str, int], hello: str = "EHLO mx.peer.example") -> Connection:
    connection = Connection(address)
    connection.line()
    connection.send(f"{hello}\r\n".encode())
    while not connection.line().startswith("250 "):
        pass
    return connection


def said(connection: Connection, *commands: str) -> list[str]:
    """The replies to these commands, one after the other."""
    replies = []
    for command in commands:
        connection.send(f"{command}\r\n".encode())
        replies.append(connection.line())
    return replies


def test_a_milter_that_refuses_the_greeting_is_heard_at_mail(smtp: Addresses, milter: str) -> None:
    filters(milters=[milter])
    connection = opened(smtp["smtp"], "EHLO refused.example")
    assert said(connection, "MAIL FROM:<eve@peer.example>", "RCPT TO:<alice@example.com>") == [
        "550 5.7.1 Message refused.",
        "502 5.5.1 Not now: commands out of order.",
    ]


def test_a_milter_refuses_senders_and_recipients_on_the_line_in_its_own_words(
    smtp: Addresses, milter: str
) -> None:
    filters(milters=[milter])
    connection = opened(smtp["smtp"])
    assert said(
        connection,
        "MAIL FROM:<spammer@peer.example>",
        "MAIL FROM:<eve@peer.example>",
        "RCPT TO:<bob@example.com>",
        "RCPT TO:<nobody@example.com>",  # ours refuse first, and the milter isn't told
        "RCPT TO:<alice@example.com>",
        "DATA",
        "Subject: x\r\n\r\nhello\r\n.",
    ) == [
        "553 5.7.8 Not from you",
        "250 2.1.0 Ok.",
        "550 5.7.9 Not for Bob",
        "550 5.1.1 User <nobody@example.com> unknown",
        "250 2.1.5 Ok.",
        "354 Go ahead; end with <CRLF>.<CRLF>",
        f"250 2.0.0 queued as {ids.text(Message.objects.get().id)}",
    ]
    assert "rcpt <bob@example.com>; rcpt <alice@example.com>; header Subject" in delivered()


def test_each_message_of_a_session_is_a_conversation_of_its_own(
    smtp: Addresses, milter: str
) -> None:
    filters(milters=[milter])
    connection = opened(smtp["smtp"])
    begin = ("MAIL FROM:<eve@peer.example>", "RCPT TO:<alice@example.com>")
    said(connection, *begin, "RSET", *begin, "DATA", "Subject: x\r\n\r\nhello\r\n.")
    said(connection, *begin, "DATA", "Subject: x\r\n\r\nhello\r\n.")
    heard = [bytes(row.data).decode() for row in Content.objects.all()]
    assert [text.count("rcpt <alice@example.com>") for text in heard] == [1, 1]


def test_a_milter_that_fails_meanwhile_is_told_at_once_or_passed_over(
    smtp: Addresses, milter: str, tmp_path: Path
) -> None:
    socket = tmp_path / "mortal"
    begin = ("MAIL FROM:<eve@peer.example>", "RCPT TO:<alice@example.com>")
    for on_failure, answer in (
        ("defer", "451 4.3.0 Mail filters temporarily unavailable."),
        ("accept", "250 2.1.5 Ok."),
    ):
        process = started([DEBIAN, str(PROGRAM), f"unix:{socket}"], socket, tmp_path / "mortal.log")
        filters(milters=[f"unix:{socket}"], on_failure=on_failure)
        connection = opened(smtp["smtp"])
        assert said(connection, begin[0]) == ["250 2.1.0 Ok."]
        process.kill()
        process.wait()
        socket.unlink()
        assert said(connection, begin[1]) == [answer]


def test_a_milter_changes_header_and_body(smtp: Addresses, milter: str) -> None:
    filters(milters=[milter])
    deeds = ("insert first", "change Good\tnews", "remove", "body Nothing left")
    assert send(smtp, do(*deeds))[0].startswith("250")
    text = delivered()
    assert "X-Top: first\r\nFrom: eve@peer.example\r\nSubject: Good\tnews\r\n" in text
    assert "X-Do: insert" not in text
    assert text.count("X-Do: ") == 3
    assert text.endswith("\r\n\r\nNothing left\r\n")


def test_a_large_message_is_changed_in_its_file(
    smtp: Addresses, milter: str, tmp_path: Path
) -> None:
    filters(milters=[milter])
    long = "x" * 70 + "\n"
    assert send(smtp, do("change Large") + long * 4_000)[0].startswith("250")
    (file,) = [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    octets = file.read_bytes()
    assert b"\r\nSubject: Large\r\n" in octets
    assert octets.count(b"x" * 70 + b"\r\n") == 4_000


def test_a_milter_holds_and_redirects(smtp: Addresses, milter: str) -> None:
    filters(milters=[milter])
    deeds = (
        "quarantine odd",
        "from new@peer.example",
        "add bob@example.com",
        "delete alice@example.com",
    )
    assert send(smtp, do(*deeds), "alice@example.com", "sales@example.com")[0].startswith("250")
    message = Message.objects.get()
    assert message.held
    assert message.reverse_path == "new@peer.example"
    wanted = {"bob@example.com", "alice@example.com"}  # sales is alice's
    assert {one.forward_path for one in Recipient.objects.all()} == wanted


def test_a_message_that_is_left_without_recipients_goes_nowhere(
    smtp: Addresses, milter: str
) -> None:
    filters(milters=[milter])
    assert send(smtp, do("delete alice@example.com")) == ["250 2.0.0 Ok."]
    assert not Message.objects.exists()


def test_one_recipient_is_refused_and_the_others_get_it(smtp: Addresses, milter: str) -> None:
    filters(milters=[milter])
    for listener, hello in (("lmtp", "LHLO mx.peer.example"), ("smtp", "EHLO mx.peer.example")):
        connection = opened(smtp[listener], hello)
        told = said(
            connection,
            "MAIL FROM:<eve@peer.example>",
            "RCPT TO:<alice@example.com>",
            "RCPT TO:<bob@example.com>",
            "DATA",
            "Subject: x\r\n\r\nhello\r\n.",
        )
        assert told[2] == "550 5.7.9 Not for Bob"
        assert told[4].startswith("250 2.0.0 queued")
        assert Recipient.objects.get().forward_path == "alice@example.com"
        Recipient.objects.all().delete()


def test_a_milter_that_fails_puts_mail_off_unless_it_may_pass(
    smtp: Addresses, milter: str, tmp_path: Path
) -> None:
    dead = f"unix:{tmp_path}/nobody"
    filters(milters=[dead])
    assert said(opened(smtp["smtp"]), "MAIL FROM:<eve@peer.example>") == [
        "451 4.3.0 Mail filters temporarily unavailable."
    ]
    filters(milters=[f"{dead} accept", milter])
    assert send(smtp, do())[0].startswith("250")
    assert "X-Heard" in delivered()
    filters(milters=[dead], on_failure="accept")
    assert send(smtp, do())[0].startswith("250")


def test_a_milter_that_hangs_is_given_up(smtp: Addresses, milter: str) -> None:
    filters(milters=[milter], milter_timeout=1)
    assert send(smtp, do("hang"))[0].startswith("451 4.3.0")


def test_opendkim_writes_what_it_found(smtp: Addresses, tmp_path: Path) -> None:
    configuration = tmp_path / "opendkim.conf"
    socket = tmp_path / "opendkim.sock"
    configuration.write_text(
        "Mode v\nSyslog no\nAlwaysAddARHeader yes\nAuthservID opendkim.test\nRequireSafeKeys no\n"
    )
    program = ["/usr/sbin/opendkim", "-f", "-x", str(configuration), "-p", f"local:{socket}"]
    process = started(program, socket, tmp_path / "opendkim.log")
    try:
        filters(milters=[f"unix:{socket}"])
        assert send(smtp, do())[0].startswith("250")
    finally:
        process.kill()
        process.wait()
    assert "Authentication-Results: opendkim.test; dkim=none" in delivered()


@pytest.mark.parametrize(
    "line",
    ["nonsense", "unix:relative", "inet:1.2.3.4", "inet:host:99999", "unix:/x perhaps", "inet::25"],
)
def test_what_is_no_milters_address_is_not_saved(line: str) -> None:
    with pytest.raises(ConfigError):
        store.save("filters", {"milters": [line]}, by="test")


def test_addresses_of_milters_are_read() -> None:
    assert milter_link.parse("inet:[::1]:8891") == (("::1", 8891), False)
    assert milter_link.parse("unix:/run/x.sock accept") == ("/run/x.sock", True)
