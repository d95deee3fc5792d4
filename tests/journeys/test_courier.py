"""The classic, Debian's courier-mta, takes our mail and hands us its own: both through whole
servers, with what only Couriers say to each other.  What it does otherwise than its own
documents say is pinned here and noted in docs/quirks.md.
"""

import os
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.authority import Authority
from tests.support.courier_peer import CourierPeer
from tests.support.remote import FULL, Remote
from tests.support.stack import Stack

pytestmark = [
    pytest.mark.journey,
    pytest.mark.interop,
    pytest.mark.skipif(os.geteuid() != 0, reason="Courier runs as root only"),
]
ALICE = "alice@example.test"
# The classic compares a certificate with the relay as its route has it, brackets and all.
NAMES = ("127.0.0.1", "[127.0.0.1]")
RECIPIENTS_FILTER = """\
#!/bin/sh
[ "$4" = rcptfilter ] && exit 99  # ask again with the content
[ "$HOME" = /home/eve ] || exit 0
echo "550 5.7.1 not wanted"
exit 1
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def courier(
    stopped: Stack, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CourierPeer]:
    """far.test: there `bad` fails when delivered to and `eve` wants no mail, both after RCPT."""
    server = peer(
        stopped,
        *authority.issue(*NAMES),
        accounts=("ann", "joe", "bad", "eve"),
        courierd={"TLS_TRUSTSECURITYCERTS": "/etc/courier/authority.pem"},
        files={
            "authority.pem": authority.file.read_text(),
            "maildropfilter": "/etc/courier/recipientsfilter\n",
            "recipientsfilter": RECIPIENTS_FILTER,
        },
    )
    server.put("bad", ".courier", "| exit 67\n")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def impostor(stopped: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CourierPeer]:
    """Mail for false.test goes there; an authority that we don't know vouches for it."""
    stranger = Authority(tmp_path_factory.mktemp("stranger"), "Somebody else")
    server = peer(
        stopped,
        *stranger.issue(*NAMES),
        courierd={"TLS_TRUSTSECURITYCERTS": "/etc/courier/authority.pem"},
        files={"authority.pem": stranger.file.read_text()},
    )
    yield server
    server.stop()


def peer(
    stack: Stack, certificate: Path, key: Path, *, files: Mapping[str, str], **more: Any
) -> CourierPeer:
    return CourierPeer(
        relayed={"example.test": f"[127.0.0.1],{stack.ports['smtp']}"},
        esmtpd={"TLS_CERTFILE": "/etc/courier/own.pem"},
        files={"own.pem": key.read_text() + certificate.read_text(), **files},
        **more,
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Stack:
    """Ours, before it runs."""
    stack = Stack(tmp_path_factory.mktemp("home") / "var")
    (stack.home / "tls").mkdir(parents=True)
    for file, name in zip(authority.issue(*NAMES), ("server.crt", "server.key"), strict=True):
        (stack.home / "tls" / name).write_bytes(file.read_bytes())
    stack.setup()
    return stack


@pytest.fixture(scope="module")
def stack(
    stopped: Stack, authority: Authority, courier: CourierPeer, impostor: CourierPeer
) -> Iterator[Stack]:
    routes = {"far.test": courier, "false.test": impostor}
    for name, value in {
        "outgoing.private_authority": str(authority.file),
        "queue.routes": "\n".join(f"{to}:[127.0.0.1],{at.port}" for to, at in routes.items()),
        "auth.keep_passwords": "yes",
    }.items():
        stopped.manage("settings", "set", name, value)
    stopped.start()
    yield stopped
    stopped.stop()


def submit(stack: Stack, subject: str, *to: str, text: str = "hello", mail: str = "") -> None:
    """From alice, with parameters for MAIL."""
    with stack.submission(ALICE) as client:
        message = f"Subject: {subject}\r\n\r\n{text}\r\n".encode()
        client.sendmail(ALICE, to, message, mail_options=mail.split())


def report_about(stack: Stack, needle: bytes) -> bytes:
    """The report in alice's inbox that contains `needle`."""
    [report] = stack.wait_for_mail(ALICE, needle)
    return report


def offered(stack: Stack) -> str:
    """The mechanisms our submission offers under TLS."""
    with smtplib.SMTP("127.0.0.1", stack.ports["submission"], timeout=30) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.ehlo()
        return client.esmtp_features["auth"].strip()


# We → Courier


def test_courier_takes_our_mail(stack: Stack, courier: CourierPeer) -> None:
    submit(stack, "plain", "ann@far.test", text=".dot")
    mail = courier.wait_for_mail(b"Subject: plain\n")
    assert b"\nReturn-Path: <alice@example.test>\n" in mail
    assert b"by courier.far.test with ESMTPS" in mail  # what it offers, we use
    assert mail.endswith(b"\n\n.dot\n")


def test_courier_makes_the_reverse_paths_of_verp(stack: Stack, courier: CourierPeer) -> None:
    submit(stack, "verp", "ann@far.test", "joe@far.test", mail="VERP")
    for account in ("ann", "joe"):
        mail = courier.wait_for_mail(b"Subject: verp\n", account)
        assert f"\nReturn-Path: <alice-{account}=far.test@example.test>\n".encode() in mail
    said = [line for line in courier.said if "VERP" in line]
    assert len(said) == 1, "one transaction for both"
    assert said[0].startswith("MAIL FROM:<alice@example.test> ")


def test_couriers_own_report_about_verp_goes_to_the_plain_path(
    stack: Stack, courier: CourierPeer
) -> None:
    """It encodes the path on delivery only: who sends lists through it must read its reports."""
    submit(stack, "verp-bad", "ann@far.test", "bad@far.test", mail="VERP")
    report = report_about(stack, b"Subject: verp-bad")
    assert b"\r\nReturn-Path: <>\r\nDelivered-To: alice@example.test\r\n" in b"\r\n" + report
    assert b"Final-Recipient: rfc822; bad@far.test\r\nAction: failed\r\n" in report


def test_courier_answers_for_each_recipient(stack: Stack, courier: CourierPeer) -> None:
    submit(stack, "exdata", "ann@far.test", "eve@far.test")
    courier.wait_for_mail(b"Subject: exdata\n")
    report = report_about(stack, b"Subject: exdata\r\n")
    assert b"Final-Recipient: rfc822; eve@far.test\r\n" in report
    assert b"Diagnostic-Code: smtp; 550 5.7.1 eve:\r\n    550 5.7.1 not wanted\r\n" in report
    assert b"Final-Recipient: rfc822; ann@far.test" not in report
    assert courier.mails("eve") == []
    assert any(line.endswith(" EXDATA") for line in courier.said)


def test_courier_reports_the_success_we_asked_for(stack: Stack, courier: CourierPeer) -> None:
    message = (
        "Subject: eight\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\nfünf\r\n"
    )
    with stack.submission(ALICE) as client:
        client.sendmail(
            ALICE, ["ann@far.test"], message.encode(),
            mail_options=["BODY=8BITMIME", "ENVID=e1", "RET=HDRS"],
            rcpt_options=["NOTIFY=SUCCESS", "ORCPT=rfc822;old+2Bann@far.test"],
        )  # fmt: skip
    assert courier.wait_for_mail(b"Subject: eight\n").endswith("\n\nfünf\n".encode())
    report = report_about(stack, b"Original-Envelope-Id: e1\r\n")
    assert b"Reporting-MTA: dns; courier.far.test\r\n" in report
    assert b"Action: delivered\r\nOriginal-Recipient: rfc822; old+ann@far.test\r\n" in report
    assert "fünf".encode() not in report
    [said] = [line for line in courier.said if "ENVID=e1" in line]
    assert " BODY=8BITMIME RET=HDRS ENVID=e1 " in said
    assert "RCPT TO:<ann@far.test> NOTIFY=SUCCESS ORCPT=rfc822;old+2Bann@far.test" in courier.said


def test_courier_takes_mail_under_the_private_authority(stack: Stack, courier: CourierPeer) -> None:
    submit(stack, "private", "ann@far.test", mail="SECURITY=STARTTLS")
    courier.wait_for_mail(b"Subject: private\n")
    assert any(" SECURITY=STARTTLS" in line for line in courier.said)


def test_a_courier_that_another_authority_vouches_for_gets_no_private_mail(
    stack: Stack, impostor: CourierPeer
) -> None:
    submit(stack, "kept-back", "ann@false.test", mail="SECURITY=STARTTLS")
    report = report_about(stack, b"Subject: kept-back\r\n")
    assert b"Status: 5.7.10\r\n" in report
    assert b"Unable to set minimum security level" in report
    assert not any(line.startswith("MAIL") for line in impostor.said)


# Courier → us


def test_courier_hands_us_mail(stack: Stack, courier: CourierPeer) -> None:
    courier.send("ann@far.test", ALICE, b"Subject: to us\r\n\r\n.dot\r\n")
    [mail] = stack.wait_for_mail(ALICE, b"Subject: to us\r\n")
    assert b"Received: from courier.far.test" in mail
    assert b"with UTF8SMTPS\r\n" in mail  # SMTPUTF8 it says wherever that is offered
    assert mail.endswith(b"\r\n.dot\r\n")


def test_couriers_verp_we_encode(stack: Stack, courier: CourierPeer) -> None:
    courier.send("ann@far.test", ALICE, b"Subject: its verp\r\n\r\nhello\r\n", "VERP")
    [mail] = stack.wait_for_mail(ALICE, b"Subject: its verp\r\n")
    assert mail.startswith(b"Return-Path: <ann-alice=example.test@far.test>\r\n")
    assert courier.outcome(ALICE).startswith("250 2.0.0 queued as ")


def test_what_couriers_client_says_to_who_offers_what_we_do(courier: CourierPeer) -> None:
    """EXDATA it offers as a server, but never asks for as a client."""
    offered = (*FULL, "XVERP=Courier", "XEXDATA", "XSECURITY=NONE,STARTTLS")
    listener = Remote(extensions=offered)
    other = CourierPeer(relayed={"example.test": f"[127.0.0.1],{listener.port}"})
    try:
        other.send("ann@far.test", ALICE, b"Subject: x\r\n\r\nhello\r\n", "VERP")
        other.wait_for(lambda: listener.mails)
    finally:
        other.stop()
        listener.stop()
    assert listener.said("MAIL") == ["MAIL FROM:<ann@far.test> SMTPUTF8 BODY=7BIT VERP SIZE=410"]


def test_courier_sends_private_mail_to_who_its_authority_vouches_for(
    stack: Stack, courier: CourierPeer
) -> None:
    courier.send("ann@far.test", ALICE, b"Subject: its own\r\n\r\nhello\r\n", "SECURITY=STARTTLS")
    [mail] = stack.wait_for_mail(ALICE, b"Subject: its own\r\n")
    assert b"(TLS: TLSv1.3" in mail


def test_courier_sends_us_no_private_mail_when_it_trusts_another(
    stack: Stack, impostor: CourierPeer
) -> None:
    impostor.send("ann@far.test", ALICE, b"Subject: no\r\n\r\nhello\r\n", "SECURITY=STARTTLS")
    report = impostor.wait_for_mail(b"Subject: no\n")
    assert b"500 Peer's certificate not signed by a trusted authority" in report


def test_what_we_refuse_courier_returns_to_our_user(stack: Stack, courier: CourierPeer) -> None:
    courier.send(ALICE, "nobody@example.test", b"Subject: lost\r\n\r\nhello\r\n")
    report = report_about(stack, b"Subject: lost\r\n")
    assert report.startswith(b"Return-Path: <>\r\n")
    assert b"Diagnostic-Code: smtp; 550 5.1.1 User <nobody@example.test> unknown\r\n" in report


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "PLAIN", "LOGIN"])
def test_courier_logs_in_here(stack: Stack, courier: CourierPeer, mechanism: str) -> None:
    with stack.submission(ALICE):
        pass  # the first login seals the password, without which there is no CRAM-MD5
    stack.manage("settings", "set", "esmtp.auth_mechanisms", mechanism)
    stack.until(lambda: offered(stack) == mechanism, "the setting has no effect")
    relay = f"[127.0.0.1],{stack.ports['submission']}"
    other = CourierPeer(
        relayed={"": relay},
        # The name is the relay's exactly as the route has it, port and all.
        files={"esmtpauthclient": f"{relay} {ALICE} {stack.passwords[ALICE]}\n"},
    )
    try:
        text = f"Subject: by {mechanism}\r\n\r\nhello\r\n".encode()
        other.send(ALICE, "bob@example.test", text)
        [mail] = stack.wait_for_mail("bob@example.test", f"Subject: by {mechanism}\r\n".encode())
    finally:
        other.stop()
    assert b"(AUTH: alice@example.test, TLS: TLSv1.3" in mail
