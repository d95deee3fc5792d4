"""A real Postfix hands us mail, and takes ours: both ways, through whole servers."""

import os
import shutil
import smtplib
from collections.abc import Iterator

import pytest

from tests.support.postfix import MASTER, Postfix
from tests.support.stack import Stack, running

pytestmark = [
    pytest.mark.journey,
    pytest.mark.interop,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which(MASTER), reason="Postfix runs as root only"
    ),
]
ALICE = "alice@example.test"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("home") / "var") as stack:
        yield stack


@pytest.fixture(scope="module")
def postfix(stack: Stack) -> Iterator[Postfix]:
    server = Postfix(relayed={"example.test": stack.ports["smtp"]},
                     more="smtp_tls_security_level = encrypt")  # fmt: skip
    yield server
    server.stop()


def test_postfix_hands_us_mail_over_tls(stack: Stack, postfix: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
        client.sendmail("ann@far.test", [ALICE], b"Subject: from postfix\r\n\r\n.dot\r\n")
    [mail] = stack.wait_for_mail(ALICE, b"Subject: from postfix")
    assert b"postfix.test" in mail
    assert b"with ESMTPS" in mail
    assert mail.endswith(b"\r\n.dot\r\n")


def test_our_user_answers_and_postfix_takes_it(stack: Stack, postfix: Postfix) -> None:
    stack.manage("settings", "set", "queue.routes", f"far.test:[127.0.0.1],{postfix.port}")
    with stack.submission(ALICE) as client:
        client.sendmail(ALICE, ["ann@far.test"], b"Subject: back\r\n\r\nhello\r\n")
    postfix.wait_for(lambda: any(b"Subject: back" in mail for mail in postfix.mails()))


def test_what_we_refuse_postfix_returns(stack: Stack, postfix: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
        client.sendmail("ann@far.test", ["nobody@example.test"], b"Subject: lost\r\n\r\nhello\r\n")
    postfix.wait_for(lambda: any(b"Undelivered Mail" in mail for mail in postfix.mails()))
    bounce = next(mail for mail in postfix.mails() if b"Undelivered Mail" in mail)
    assert b"550 5.1.1" in bounce
