"""DKIM and DMARC of mail that comes by SMTP: what is written, where it goes, what is said."""

import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path as FilePath

import dkim
import pytest

from mailcore.accounts import directory
from mailcore.conf import current, store
from mailcore.delivery import attempt, scheduler
from mailcore.envelope import Envelope, EnvelopeRecipient, Path, Source
from mailcore.mailauth import keys
from mailcore.queue.content import Content
from mailcore.submit.accept import Origin, accept
from tests.mailcore.policy.test_authentication import LETTER, dns, signed
from tests.support.dns import DnsServer
from tests.support.fresh import home_at

__all__ = ["dns"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture(autouse=True)
def empty_mailboxes(settings: object, tmp_path: FilePath) -> None:
    home_at(settings, tmp_path)


@pytest.fixture
def arrived(smtp: dict[str, tuple[str, int]], dns: DnsServer) -> Iterator[smtplib.SMTP]:
    """A stranger's session with a server that enforces DMARC."""
    store.save("queue", {"resolvers": (dns.address,)}, by="test")
    store.save("mailauth", {"dmarc": "enforce"}, by="test")
    current.refresh()
    with smtplib.SMTP(*smtp["smtp"], timeout=30) as client:
        yield client


def delivered() -> tuple[str, bytes]:
    """What alice got, and in which folder."""
    for lease in scheduler.claim("local"):
        attempt.run(lease)
    account = directory.account("alice@example.com")
    assert account is not None
    (file,) = account.maildir.rglob("new/*")
    return file.parent.parent.name, file.read_bytes()


def test_forged_results_go_and_ours_are_written(arrived: smtplib.SMTP) -> None:
    me = current.snapshot().me.encode()
    forged = b"Authentication-Results: (x) " + me.upper() + b" 1; dmarc=pass\r\n"
    other = b"Authentication-Results: other.test; dkim=pass\r\n"
    arrived.sendmail("eve@evil.test", ["alice@example.com"], forged + other + signed())
    folder, message = delivered()
    assert folder != ".Junk"
    header = message.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    assert header.lower().count(b"authentication-results: ") == 2
    assert b"Authentication-Results: " + me + b";\n  spf=none" in header
    assert b"Authentication-Results: other.test; dkim=pass" in header
    assert b"dmarc=pass (p=reject dis=none)" in header
    assert header.count(b"dmarc=pass") == 1


def test_quarantined_mail_is_delivered_into_junk(arrived: smtplib.SMTP) -> None:
    arrived.sendmail(
        "eve@evil.test", ["alice@example.com"], LETTER.replace(b"signed.test", b"soft.test")
    )
    folder, message = delivered()
    assert folder == ".Junk"
    assert b"X-Courier-Quarantine: dmarc" in message


def test_a_refusal_is_heard_by_the_peer(arrived: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refused:
        arrived.sendmail("eve@evil.test", ["alice@example.com"], LETTER)
    assert refused.value.smtp_code == 550
    assert refused.value.smtp_error.startswith(b"5.7.26")


def test_our_own_users_cannot_write_results_for_us_either(people: None) -> None:
    me = current.snapshot().me.encode()
    envelope = Envelope(
        Path.of("bob@example.com"),
        (EnvelopeRecipient(Path.of("alice@example.com")),),
        source=Source.AUTHSMTP,
    )
    forged = Content.of(b"Authentication-Results: " + me + b"; dmarc=pass\r\n" + LETTER)
    accept(envelope, None, forged, Origin("ESMTPSA", identity="bob@example.com")).result(30)
    assert b"dmarc=pass" not in delivered()[1]


@pytest.mark.parametrize("lines", [10, 20_000])
def test_what_a_user_submits_is_signed(smtp: dict[str, tuple[str, int]], lines: int) -> None:
    for kind in keys.KINDS:
        keys.add("example.com", kind, by="test", selector=kind)
        keys.activate("example.com", kind, by="test")
    current.refresh()
    context = ssl._create_unverified_context()
    with smtplib.SMTP_SSL(*smtp["submissions"], context=context, timeout=30) as client:
        client.login("bob@example.com", "builder99")
        letter = b"From: Bob <bob@example.com>\r\nSubject: hi\r\n\r\n" + b"0123456789\r\n" * lines
        client.sendmail("bob@example.com", ["alice@example.com"], letter)
    _, message = delivered()
    signed_part = message[message.index(b"DKIM-Signature:") :].replace(b"\r\n", b"\n")
    texts = {kind: keys.show("example.com", kind).text.encode() for kind in keys.KINDS}
    for index in (0, 1):
        assert dkim.DKIM(signed_part.replace(b"\n", b"\r\n")).verify(
            idx=index, dnsfunc=lambda name, timeout=5: texts[name.decode().partition(".")[0]]
        )
