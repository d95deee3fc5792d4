"""A stranger sends; the message is read over IMAP and POP3 by programs of others."""

import poplib
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from tests.support.stack import Stack

pytestmark = [pytest.mark.journey, pytest.mark.interop]
ALICE, BOB = "alice@example.test", "bob@example.test"


def swaks(stack: Stack, *arguments: str) -> str:
    done = subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(stack.ports["smtp"]), *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def send(stack: Stack, subject: str) -> None:
    swaks(
        stack, "--from", "ann@remote.test", "--to", ALICE, "--helo", "remote.test",
        "--header", f"Subject: {subject}", "--body", "Hello Alice,\n.dotted line\nBye",
    )  # fmt: skip


def test_swaks_sends_and_imaplib_reads(stack: Stack) -> None:
    send(stack, "by swaks")
    [message] = stack.wait_for_mail(ALICE, b"Subject: by swaks")
    assert message.startswith(b"Return-Path: <ann@remote.test>\r\n")
    assert b"\r\n.dotted line\r\n" in message
    assert b"Received: from remote.test" in message


def test_swaks_sends_over_starttls(stack: Stack) -> None:
    swaks(stack, "--from", "ann@remote.test", "--to", ALICE, "--tls", "--header", "Subject: tls")
    [message] = stack.wait_for_mail(ALICE, b"Subject: tls")
    assert b"with ESMTPS" in message


def test_mbsync_copies_the_mailbox(stack: Stack, tmp_path: Path) -> None:
    send(stack, "for mbsync")
    stack.wait_for_mail(ALICE, b"Subject: for mbsync")
    mail = tmp_path / "mail"
    mail.mkdir()
    configuration = tmp_path / "mbsyncrc"
    configuration.write_text(
        f"""
IMAPAccount courier
Host 127.0.0.1
Port {stack.ports["imap"]}
User {ALICE}
Pass {stack.passwords[ALICE]}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account courier

MaildirStore near
Path {mail}/
Inbox {mail}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
"""
    )
    done = subprocess.run(
        ["mbsync", "-c", str(configuration), "all"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    copied = [file.read_bytes() for file in (mail / "INBOX").glob("*/*")]
    assert any(b"Subject: for mbsync" in message for message in copied)


def test_curl_and_poplib_fetch_by_pop3(stack: Stack) -> None:
    send(stack, "for pop")
    stack.wait_for_mail(ALICE, b"Subject: for pop")
    listing = subprocess.run(
        ["curl", "-sS", f"pop3://127.0.0.1:{stack.ports['pop3']}/",
         "-u", f"{ALICE}:{stack.passwords[ALICE]}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    last = listing.split("\n")[-2].split()[0]
    message = subprocess.run(
        ["curl", "-sS", f"pop3://127.0.0.1:{stack.ports['pop3']}/{last}",
         "-u", f"{ALICE}:{stack.passwords[ALICE]}"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert b"Subject: for pop" in message
    context = ssl._create_unverified_context()
    client = poplib.POP3_SSL("127.0.0.1", stack.ports["pop3s"], context=context, timeout=30)
    client.user(ALICE)
    client.pass_(stack.passwords[ALICE])
    _, lines, _ = client.retr(int(last))
    assert b"Subject: for pop" in lines
    client.quit()


def test_bob_in_idle_is_told_of_new_mail(stack: Stack) -> None:
    with stack.imap(BOB) as client:
        client.select("INBOX")
        client.send(b"i IDLE\r\n")
        assert client.readline().startswith(b"+ ")
        told = threading.Event()

        def listen() -> None:
            while b"EXISTS" not in client.readline():
                pass
            told.set()
            while not client.readline().startswith(b"i OK"):
                pass

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        stack.send("ann@remote.test", BOB, b"Subject: for idle\r\n\r\nring\r\n")
        # The push takes milliseconds; without it only the next poll, much later, would tell.
        assert told.wait(5)
        client.send(b"DONE\r\n")
        listener.join(10)


def test_mail_to_an_alias_reaches_each_target_once(stack: Stack) -> None:
    stack.manage("alias", "set", "team@example.test", ALICE, BOB, ALICE)
    stack.send("ann@remote.test", "team@example.test", b"Subject: for the team\r\n\r\nhi\r\n")
    assert len(stack.wait_for_mail(ALICE, b"Subject: for the team")) == 1
    assert len(stack.wait_for_mail(BOB, b"Subject: for the team")) == 1


def test_a_new_account_gets_mail_at_once(stack: Stack) -> None:
    name = "carol@example.test"
    stack.manage("account", "add", name, "--password-stdin", input="wonderland\n")
    stack.passwords[name] = "wonderland"

    def accepted() -> bool:
        import smtplib

        try:
            stack.send("ann@remote.test", name, b"Subject: welcome\r\n\r\nhi\r\n")
        except smtplib.SMTPRecipientsRefused:
            return False
        return True

    stack.until(accepted, "the running server does not learn of a new account", seconds=10)
    stack.wait_for_mail(name, b"Subject: welcome")
    stack.manage("account", "remove", name)


def test_the_trace_tells_the_messages_life(stack: Stack) -> None:
    stack.send("ann@remote.test", ALICE, b"Subject: traced\r\n\r\nhi\r\n")
    stack.wait_for_mail(ALICE, b"Subject: traced")
    stack.until(
        lambda: "delivered" in stack.manage("trace", "ann@remote.test"), "no trace of a delivery"
    )
    assert stack.json("queue", "list") == []
