"""The check of received mail: what is written, what is refused, what goes to Junk."""

from collections.abc import Iterator

import pytest

from mailcore.conf.schema.mailauth import Mailauth
from mailcore.conf.schema.queue import Queue
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import NULL_PATH, Path
from mailcore.mailauth.sign import sign
from mailcore.mailauth.text import SignedText
from mailcore.policy import authentication, chain
from mailcore.policy.contract import Peer, Received, Verdict
from mailcore.queue.content import Content
from tests.mailcore.mailauth.test_arc import forwarded
from tests.support import dkim as keys
from tests.support.dns import DnsServer

LETTER = b"From: Ada <ada@signed.test>\r\nSubject: hi\r\n\r\nHello\r\n"
STRANGER = Peer("192.0.2.7", helo="mx.signed.test")


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    server = DnsServer({
        "rsa._domainkey.signed.test": {"TXT": [keys.quoted(keys.record(keys.rsa()))]},
        "_dmarc.signed.test": {"TXT": ['"v=DMARC1; p=reject"']},
        "_dmarc.soft.test": {"TXT": ['"v=DMARC1; p=quarantine"']},
        "signed.test": {"TXT": ['"v=spf1 ip4:192.0.2.8 -all"'], "A": ["192.0.2.8"]},
        "mx.signed.test": {"TXT": ['"v=spf1 ip4:192.0.2.8 -all"']},
    })  # fmt: skip
    yield server
    server.stop()


def signed(message: bytes = LETTER) -> bytes:
    key = keys.key_of("signed.test", "rsa", keys.rsa())
    return sign(SignedText.of(Content.of(message)), [key], 1_700_000_000) + message


def checked(
    dns: DnsServer,
    message: bytes,
    peer: Peer = STRANGER,
    path: str = "ada@signed.test",
    **rules: object,
) -> Verdict:
    settings = Snapshot(
        hostname="mail.example.test",
        queue=Queue(resolvers=(dns.address,)),
        mailauth=Mailauth(**rules),  # type: ignore[arg-type]  # named by the tests
    )
    reverse = Path.of(path) if path else NULL_PATH
    received = Received(peer, reverse, (Path("bob", "b.test"),), Content.of(message), settings)
    return authentication.check(received)


def test_nothing_is_asked_of_anybody_unless_a_setting_says_so() -> None:
    assert chain.wanted(Snapshot(), STRANGER) == ()


@pytest.mark.parametrize("rules", [{"dkim_verify": True}, {"arc_verify": True}, {"dmarc": "mark"}])
def test_who_may_relay_is_not_asked(rules: dict[str, object]) -> None:
    settings = Snapshot(mailauth=Mailauth(**rules))  # type: ignore[arg-type]
    assert authentication.wanted(settings, STRANGER)
    assert not authentication.wanted(settings, Peer("192.0.2.7", trusted=True))


def test_a_good_signature_is_told(dns: DnsServer) -> None:
    verdict = checked(dns, signed(), dkim_verify=True)
    assert verdict.refusal is None
    (clause,) = verdict.results
    assert clause.startswith("dkim=pass (2048-bit key) header.d=signed.test header.i=@signed.test")


def test_everything_is_told_in_one_field(dns: DnsServer) -> None:
    verdict = checked(dns, signed(), dmarc="enforce", arc_verify=True)
    assert [each.partition(" ")[0] for each in verdict.results] == [
        "spf=fail", "dkim=pass", "arc=none", "dmarc=pass",
    ]  # fmt: skip
    assert verdict.refusal is None


def test_a_forged_author_is_refused_when_the_domain_asks_for_it(dns: DnsServer) -> None:
    verdict = checked(dns, LETTER, dmarc="enforce")
    assert verdict.refusal is not None
    assert str(verdict.refusal).startswith("550 5.7.26 signed.test asks for mail to be refused")


def test_spf_alone_is_enough(dns: DnsServer) -> None:
    peer = Peer("192.0.2.8", helo="mx.signed.test")
    assert checked(dns, LETTER, peer, dmarc="enforce").refusal is None
    assert checked(dns, LETTER, peer, path="", dmarc="enforce").refusal is None
    assert checked(dns, LETTER, peer, path="x@other.test", dmarc="enforce").refusal is not None


def test_marking_refuses_nothing(dns: DnsServer) -> None:
    verdict = checked(dns, LETTER, dmarc="mark")
    assert verdict.refusal is None
    assert "dmarc=fail (p=reject dis=none) header.from=signed.test" in verdict.results


def test_quarantine_is_a_field_that_nobody_else_can_write(dns: DnsServer) -> None:
    verdict = checked(dns, LETTER.replace(b"signed.test", b"soft.test"), dmarc="enforce")
    assert verdict.refusal is None
    assert verdict.fields == b"X-Courier-Quarantine: dmarc\r\n"
    assert b"x-courier-quarantine" in verdict.removed


@pytest.mark.parametrize(
    "author",
    [b"From: ada@signed.test\r\nFrom: eve@evil.test", b"From: ada@signed.test, eve@evil.test"],
)
def test_several_authors_are_refused(dns: DnsServer, author: bytes) -> None:
    verdict = checked(dns, author + b"\r\n\r\nhi\r\n", dmarc="enforce")
    assert verdict.refusal is not None
    assert "several authors" in verdict.refusal.text
    assert "dmarc=permerror" in verdict.results


def test_no_author_is_nobodys_domain(dns: DnsServer) -> None:
    assert checked(dns, b"Subject: x\r\n\r\nhi\r\n", dmarc="enforce").refusal is None


def test_a_forwarder_we_trust_excuses_a_failure(dns: DnsServer) -> None:
    message = forwarded(LETTER.replace(b"signed.test", b"soft.test"))
    trusting = {"dmarc": "enforce", "arc_verify": True, "arc_trusted": ("signed.test",)}
    assert checked(dns, message, **trusting).fields == b""
    assert checked(dns, message, dmarc="enforce", arc_verify=True).fields != b""
    failed = forwarded(LETTER.replace(b"signed.test", b"soft.test"), results=b"dmarc=fail")
    assert checked(dns, failed, **trusting).fields != b""


def test_dns_that_breaks_down_puts_nothing_off(dns: DnsServer) -> None:
    dns.broken |= {"rsa._domainkey.signed.test", "_dmarc.signed.test", "signed.test"}
    verdict = checked(dns, signed(), dmarc="enforce")
    assert verdict.refusal is None
    assert [each.partition(" ")[0] for each in verdict.results] == [
        "spf=temperror", "dkim=temperror", "dmarc=temperror",
    ]  # fmt: skip
