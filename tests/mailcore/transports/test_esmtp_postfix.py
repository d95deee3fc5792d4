"""Mail handed to a real Postfix: TLS, SMTPUTF8, long content, refusals."""

import os
import shutil
from collections.abc import Iterator

import pytest

from mailcore.conf.deployment import deployment
from mailcore.envelope import Body
from mailcore.envelope import Path as MailPath
from mailcore.queue import trace
from mailcore.queue.content import Content, ContentWriter
from mailcore.queue.models import Recipient
from tests.support.authority import Authority
from tests.support.outgoing import attempt_all, configure, send
from tests.support.postfix import MASTER, Postfix

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
    pytest.mark.interop,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which(MASTER), reason="Postfix runs as root only"
    ),
]


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postfix, Authority]]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    server = Postfix(
        tls=authority.issue("127.0.0.1"),
        more="smtpd_recipient_restrictions = inline:{ { nobody@far.test = 550 5.1.1 no } }"
        .replace("inline:", "check_recipient_access inline:")
        + ", permit_mynetworks, reject\nmessage_size_limit = 3000000",
    )  # fmt: skip
    yield server, authority
    server.stop()


@pytest.fixture(autouse=True)
def _routed(far: tuple[Postfix, Authority]) -> None:
    server, authority = far
    shutil.rmtree(server.home / "mail/box", ignore_errors=True)
    configure(routes=(f"far.test:[127.0.0.1],{server.port} /SECURITY=REQUIRED",), tls_verify=True)
    configure("outgoing", tls_authorities=str(authority.file))


def test_postfix_takes_mail_over_verified_tls(far: tuple[Postfix, Authority]) -> None:
    server, _ = far
    number = send("ann@far.test", "joe@far.test")
    assert attempt_all() == set()
    server.wait_for(lambda: len(server.mails()) == 2)
    mail = server.mails()[0]
    assert b"(using TLSv1.3" in mail
    assert mail.startswith(b"Return-Path: <a@example.test>\n")
    assert b"\n\nHello\n.dot\n..two\n" in mail
    assert [event.event for event in trace.life(number)] == ["queued", "relayed", "relayed"]


def test_postfix_takes_unicode_addresses_and_eight_bits(far: tuple[Postfix, Authority]) -> None:
    server, _ = far
    send(
        "grüße@far.test",
        content=Content.of("Subject: Grüße\r\n\r\nfünf\r\n".encode()),
        body=Body.EIGHTBIT,
        smtputf8=True,
    )
    assert attempt_all() == set()
    server.wait_for(lambda: len(server.mails()) == 1)
    assert "Subject: Grüße\n".encode() in server.mails()[0]


def test_postfix_takes_long_content(far: tuple[Postfix, Authority]) -> None:
    server, _ = far
    writer = ContentWriter(deployment().spool, 1000)
    body = b"".join(b".line %d\r\n" % number for number in range(100_000))
    writer.write(b"Subject: x\r\n\r\n" + body)
    send("ann@far.test", content=writer.finish())
    assert attempt_all() == set()
    server.wait_for(lambda: len(server.mails()) == 1)
    assert server.mails()[0].endswith(b"\n\n" + body.replace(b"\r\n", b"\n"))


def test_postfix_refuses_one_recipient_and_takes_the_other(far: tuple[Postfix, Authority]) -> None:
    server, _ = far
    send("nobody@far.test", "ann@far.test")
    assert attempt_all() == {"report"}
    server.wait_for(lambda: len(server.mails()) == 1)
    row = Recipient.objects.get()
    assert (row.forward_path, row.action, row.status) == ("nobody@far.test", "failed", "5.1.1")


def test_postfix_gets_a_reverse_path_for_each_recipient_of_verp(
    far: tuple[Postfix, Authority],
) -> None:
    server, _ = far
    send("j+k@far.test", "ann@far.test", reverse_path=MailPath.of("list@example.test"), verp=True)
    attempt_all()
    server.wait_for(lambda: len(server.mails()) == 2)
    assert {mail.split(b"\n")[0] for mail in server.mails()} == {
        b"Return-Path: <list-ann=far.test@example.test>",
        b"Return-Path: <list-j+2Bk=far.test@example.test>",
    }


def test_mail_larger_than_postfix_says_is_returned_unsent(far: tuple[Postfix, Authority]) -> None:
    send("ann@far.test", content=Content.of(b"Subject: x\r\n\r\n" + b"x" * 70 * 60_000 + b"\r\n"))
    attempt_all()
    assert Recipient.objects.get().status == "5.3.4"
