"""ARC chains: sealed by dkimpy, judged by us; and what attackers make of them."""

import dkim
import pytest

from mailcore.dns.resolver import Resolver
from mailcore.mailauth import arc
from mailcore.mailauth.arc import ArcVerdict
from mailcore.mailauth.text import SignedText
from mailcore.queue.content import Content
from tests.mailcore.mailauth.conftest import LETTER
from tests.support import dkim as keys
from tests.support.dns import DnsServer


def forwarded(message: bytes, times: int = 1, results: bytes = b"dmarc=pass") -> bytes:
    """The message after so many forwarders, all of them signed.test."""
    for number in range(times):
        told = b"Authentication-Results: forwarder.test; " + results
        told += b"; arc=pass\r\n" if number else b"\r\n"
        fields = dkim.arc_sign(
            told + message, b"rsa", b"signed.test", keys.pem(keys.rsa()), b"forwarder.test",
            include_headers=[b"from", b"to", b"subject", b"date", b"message-id"],
        )  # fmt: skip
        assert fields, "dkimpy would not seal"
        message = b"".join(fields) + message
    return message


def judged(message: bytes, resolver: Resolver) -> ArcVerdict:
    return arc.verify(SignedText.of(Content.of(message)), resolver)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_chain_that_dkimpy_sealed_passes(resolver: Resolver, times: int) -> None:
    verdict = judged(forwarded(LETTER, times), resolver)
    assert (verdict.result.value, verdict.reason) == ("pass", "")
    assert verdict.sealers == ("signed.test",) * times
    assert b"dmarc=pass" in verdict.first_results


def test_a_message_without_sets_has_no_chain(dns: DnsServer, resolver: Resolver) -> None:
    assert judged(LETTER, resolver).result.value == "none"
    assert dns.asked == []


def test_a_body_changed_behind_the_last_forwarder_breaks_it(resolver: Resolver) -> None:
    changed = forwarded(LETTER, 2).replace(b"Hello", b"Hallo")
    assert judged(changed, resolver).reason == "body has changed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"dmarc=pass", b"dmarc=fail"),
        (b"cv=none", b"cv=pass"),
        (b"cv=pass", b"cv=fail"),
        (b"i=2", b"i=3"),
        (b"i=1", b"i=2"),
        (b"ARC-Seal:", b"X-Seal:"),
        (b"s=rsa", b"s=none"),
        (b"cv=none;", b"cv=none; h=from;"),
        (b"i=1", b"i=x"),
        (b"i=1", b"i=0"),
    ],
)
def test_a_set_that_was_tampered_with_breaks_it(resolver: Resolver, old: bytes, new: bytes) -> None:
    message = forwarded(LETTER, 2)
    assert old in message
    assert judged(message.replace(old, new, 1), resolver).result.value == "fail"


def test_a_set_twice_breaks_it(resolver: Resolver) -> None:
    once = forwarded(LETTER)
    assert judged(once[: -len(LETTER)] + once, resolver).result.value == "fail"


def test_fifty_one_forwarders_are_not_even_looked_up(dns: DnsServer, resolver: Resolver) -> None:
    sets = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=a.test; s=s; b=YQ==\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=a.test; s=s; h=from; bh=YQ==; b=YQ==\r\n"
        b"ARC-Authentication-Results: i=%d; a.test; none\r\n" % (number, number, number)
        for number in range(1, 52)
    )
    verdict = judged(sets + LETTER, resolver)
    assert (verdict.result.value, verdict.reason) == ("fail", "more than 50 sets")
    assert dns.asked == []


def test_a_chain_of_fifty_stops_at_the_first_thing_that_is_wrong(
    dns: DnsServer, resolver: Resolver
) -> None:
    sets = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=%b; d=a%d.test; s=s; b=YQ==\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=a.test; s=s; h=from; bh=YQ==; b=YQ==\r\n"
        b"ARC-Authentication-Results: i=%d; a.test; none\r\n"
        % (number, b"pass" if number > 1 else b"none", number, number, number)
        for number in range(1, 51)
    )
    assert judged(sets + LETTER, resolver).result.value == "fail"
    assert len(dns.asked) <= 1
