"""Real clients: the standard library, swaks, curl; and what is in the queue afterwards."""

import base64
import email.policy
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailcore.conf import current, store
from mailcore.queue.models import Message, Recipient
from tests.support.scram import ScramClient
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]
ALICE, PASSWORD = "alice@example.com", "wonderland"


def context() -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def letter(to: str = "bob@example.com") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = ALICE, to, "café"
    made.set_content("Hello,\n.\nworld\n")
    return made


def test_smtplib_submits_over_starttls(smtp: Addresses) -> None:
    with smtplib.SMTP(*smtp["submission"], timeout=10) as client:
        client.starttls(context=context())
        client.login(ALICE, PASSWORD)
        assert client.send_message(letter()) == {}
    message = Message.objects.get()
    assert (message.reverse_path, message.auth_identity) == (ALICE, ALICE)
    assert b"with ESMTPSA\r\n" in bytes(message.prefix)
    assert b"(AUTH: alice@example.com, TLS: TLSv1.3," in bytes(message.prefix)
    assert Recipient.objects.get().host == "bob@example.com"


def test_smtplib_submits_with_smtputf8(smtp: Addresses) -> None:
    with smtplib.SMTP_SSL(*smtp["submissions"], context=context(), timeout=10) as client:
        client.login(ALICE, PASSWORD)
        client.send_message(letter("jörg@bücher.example"))
    message = Message.objects.get()
    assert message.smtputf8
    assert b"with UTF8SMTPSA\r\n" in bytes(message.prefix)
    assert Recipient.objects.get().forward_path == "jörg@bücher.example"


def test_dsn_wishes_reach_the_queue(smtp: Addresses) -> None:
    with smtplib.SMTP(*smtp["smtp"], timeout=10) as client:
        client.sendmail(
            "eve@peer.example.net",
            ["bob@example.com"],
            b"Subject: x\r\n\r\nbody\r\n",
            mail_options=["RET=HDRS", "ENVID=a+2Bb"],
            rcpt_options=["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;b+2Bob@example.com"],
        )
    message, recipient = Message.objects.get(), Recipient.objects.get()
    assert (message.ret, message.envid) == ("HDRS", "a+b")
    assert recipient.orcpt == "rfc822;b+ob@example.com"
    assert set(recipient.notify.split(",")) == {"SUCCESS", "DELAY"}


def test_one_message_for_many_is_one_message(smtp: Addresses) -> None:
    with smtplib.SMTP(*smtp["smtp"], timeout=10) as client:
        refused = client.sendmail(
            "eve@peer.example.net",
            [ALICE, "nobody@example.com", "all@example.com"],
            b"Subject: x\r\n\r\nbody\r\n",
        )
    assert list(refused) == ["nobody@example.com"]
    assert refused["nobody@example.com"][0] == 550
    assert Message.objects.count() == 1
    assert sorted(each.host for each in Recipient.objects.all()) == [ALICE, "bob@example.com"]


def test_scram_proves_the_password_without_sending_it(smtp: Addresses) -> None:
    connection, client = Connection(smtp["submission"]), ScramClient(ALICE, PASSWORD)

    def say(line: str) -> str:
        connection.send(line.encode() + b"\r\n")
        return connection.line()

    def answer(line: str) -> bytes:
        assert line.startswith("334 "), line
        return base64.b64decode(line[4:])

    connection.line()
    say("EHLO client.example.net")
    while not connection.line().startswith("250 "):
        pass
    first = base64.b64encode(client.first()).decode()
    server_first = answer(say(f"AUTH SCRAM-SHA-256 {first}"))
    client.check(answer(say(base64.b64encode(client.final(server_first)).decode())))
    assert say("").startswith("235 ")
    assert say(f"MAIL FROM:<{ALICE}>").startswith("250 ")
    connection.close()


def test_scram_with_a_wrong_password_is_refused(smtp: Addresses) -> None:
    for name in (ALICE, "nobody@example.com"):
        connection, client = Connection(smtp["submission"]), ScramClient(name, "wrong")
        connection.line()
        connection.send(b"EHLO x\r\n")
        while not connection.line().startswith("250 "):
            pass
        connection.send(b"AUTH SCRAM-SHA-256 " + base64.b64encode(client.first()) + b"\r\n")
        final = client.final(base64.b64decode(connection.line()[4:]))
        connection.send(base64.b64encode(final) + b"\r\n")
        assert connection.line().startswith("535 5.7.8")
        connection.close()


def test_received_tells_the_first_name_the_peer_gave(smtp: Addresses) -> None:
    with smtplib.SMTP(*smtp["smtp"], timeout=10) as client:
        client.ehlo("first.example.net")
        client.ehlo("second.example.net")
        client.sendmail("eve@peer.example.net", [ALICE], b"Subject: x\r\n\r\n")
    prefix = bytes(Message.objects.get().prefix)
    assert prefix.startswith(b"Received: from first.example.net ([127.0.0.1])\r\n")
    assert b"by mail.example.test with ESMTP\r\n" in prefix


def test_a_user_with_many_dead_addresses_is_not_thrown_out(smtp: Addresses) -> None:
    with smtplib.SMTP(*smtp["submission"], timeout=10) as client:
        client.login(ALICE, PASSWORD)
        dead = [f"nobody{number}@example.com" for number in range(40)]
        refused = client.sendmail(ALICE, [*dead, ALICE], b"Subject: x\r\n\r\n")
    assert len(refused) == 40
    assert Message.objects.count() == 1


def test_unknown_names_cannot_be_told_by_their_salt(smtp: Addresses) -> None:
    def salt(name: str) -> str:
        connection, client = Connection(smtp["submission"]), ScramClient(name, "x")
        connection.line()
        connection.send(b"EHLO x\r\n")
        while not connection.line().startswith("250 "):
            pass
        connection.send(b"AUTH SCRAM-SHA-256 " + base64.b64encode(client.first()) + b"\r\n")
        challenge = base64.b64decode(connection.line()[4:]).decode()
        connection.close()
        return challenge.partition(",s=")[2]

    assert salt(ALICE) == salt("Alice@Example.com")
    assert salt("nobody@example.com") == salt("Nobody@Example.COM")
    assert salt("nobody@example.com") != salt("nobodz@example.com")
    assert salt("nobody@example.com").endswith(salt(ALICE).partition(",")[2])


def test_who_guesses_too_often_has_to_wait(smtp: Addresses) -> None:
    store.save("auth", {"failures_per_peer": 2}, by="test")
    current.refresh()
    with smtplib.SMTP(*smtp["submission"], timeout=10) as client:
        client.ehlo()
        for _ in range(2):
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.auth("PLAIN", lambda _challenge=None: f"\0{ALICE}\0wrong")
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.auth("PLAIN", lambda _challenge=None: f"\0{ALICE}\0{PASSWORD}")
    assert refused.value.smtp_code == 454


def test_without_tls_only_programs_on_this_machine_may_log_in(smtp: Addresses) -> None:
    store.save("general", {"plaintext_auth_from_loopback": False}, by="test")
    current.refresh()
    with smtplib.SMTP(*smtp["submission"], timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd("AUTH", "PLAIN AGEAYg==")[0] == 538
        assert client.docmd("MAIL", f"FROM:<{ALICE}>")[0] == 530
        client.starttls(context=context())
        client.login(ALICE, PASSWORD)


@pytest.mark.interop
@pytest.mark.parametrize("options", [["--tls"], ["--pipeline"], ["--protocol", "LMTP"], []])
def test_swaks_delivers(smtp: Addresses, options: list[str]) -> None:
    host, port = smtp["lmtp" if "LMTP" in options else "smtp"]
    done = subprocess.run(
        [
            "swaks",
            "--server",
            host,
            "--port",
            str(port),
            "--from",
            "eve@peer.example.net",
            "--to",
            "alice@example.com,bob@example.com",
            "--body",
            "hello",
            *options,
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "queued as" in done.stdout


@pytest.mark.interop
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_logs_in(smtp: Addresses, mechanism: str) -> None:
    host, port = smtp["submissions"]
    done = subprocess.run(
        [
            "swaks",
            "--server",
            host,
            "--port",
            str(port),
            "--tls-on-connect",
            "--from",
            ALICE,
            "--to",
            "friend@elsewhere.example.org",
            "--auth",
            mechanism,
            "--auth-user",
            ALICE,
            "--auth-password",
            PASSWORD,
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.interop
def test_curl_submits(smtp: Addresses, tmp_path: Path) -> None:
    host, port = smtp["submission"]
    file = tmp_path / "letter"
    file.write_bytes(letter().as_bytes(policy=email.policy.SMTP))
    done = subprocess.run(
        [
            "curl",
            "-sS",
            f"smtp://{host}:{port}",
            "--mail-from",
            ALICE,
            "--mail-rcpt",
            ALICE,
            "--upload-file",
            str(file),
            "--user",
            f"{ALICE}:{PASSWORD}",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("listener", "hello", "login", "wish", "word"),
    [
        ("smtp", "HELO", False, "", "SMTP"),
        ("smtp", "EHLO", False, "", "ESMTP"),
        ("smtp", "EHLO", False, " SMTPUTF8", "UTF8SMTP"),
        ("submission", "EHLO", True, "", "ESMTPA"),
        ("submissions", "EHLO", True, "", "ESMTPSA"),
        ("submissions", "EHLO", True, " SMTPUTF8", "UTF8SMTPSA"),
        ("lmtp", "LHLO", False, "", "LMTP"),
    ],
)
def test_received_tells_the_protocol(
    smtp: Addresses, listener: str, hello: str, login: bool, wish: str, word: str
) -> None:
    """RFC 3848, RFC 6531 §4.3; Courier's words."""
    connection = Connection(smtp[listener], tls=listener == "submissions")
    connection.line()
    connection.send(f"{hello} peer.example.net\r\n".encode())
    while connection.line()[3:4] == "-":
        pass
    if login:
        connection.send(b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHdvbmRlcmxhbmQ=\r\n")
        assert connection.line().startswith("235")
    for command in (
        f"MAIL FROM:<alice@example.com>{wish}",
        "RCPT TO:<bob@example.com>",
        "DATA",
        "Subject: x\r\n\r\nx\r\n.",
    ):
        connection.send(f"{command}\r\n".encode())
        answer = connection.line()
    assert answer.startswith("250")
    prefix = bytes(Message.objects.get().prefix).decode()
    assert f" with {word}\r\n" in prefix
    assert ("(AUTH: alice@example.com" in prefix) is login
