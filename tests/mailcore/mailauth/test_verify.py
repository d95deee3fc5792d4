"""DKIM verification: others' signatures, the RFC's example, and what attackers send."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailcore.dns.resolver import Resolver
from mailcore.mailauth.sign import SigningKey, sign
from mailcore.mailauth.text import SignedText
from mailcore.mailauth.verify import DkimResult, DkimVerdict, verify
from mailcore.queue.content import Content, ContentWriter
from tests.mailcore.mailauth.conftest import LETTER, signed
from tests.support import dkim as keys
from tests.support.dns import DnsServer, dead_address

NOW = time.time()
RFC_8463 = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.

""".replace(b"\n", b"\r\n")
RFC_8463_KEYS = {
    "brisbane._domainkey.football.example.com": {
        "TXT": ['"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="']
    },
    "test._domainkey.football.example.com": {
        "TXT": [
            '"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"'
            ' "yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"'
        ]
    },
}


def judged(message: bytes, resolver: Resolver, now: float = NOW) -> list[DkimVerdict]:
    return verify(SignedText.of(Content.of(message)), resolver, now=now)


def results(message: bytes, resolver: Resolver, now: float = NOW) -> list[str]:
    return [one.result.value for one in judged(message, resolver, now)]


def test_the_example_of_rfc_8463_verifies_in_both_algorithms() -> None:
    server = DnsServer(RFC_8463_KEYS)
    try:
        assert results(RFC_8463, Resolver([server.address], 5)) == ["pass", "pass"]
    finally:
        server.stop()


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
def test_what_dkimpy_signs_verifies(resolver: Resolver, header: bytes, body: bytes) -> None:
    message = signed(canonicalize=(header, body))
    assert results(message, resolver) == ["pass"]
    assert results(message.replace(b"Hello", b"Hallo"), resolver) == ["fail"]
    assert results(message.replace(b"folded", b"bent"), resolver) == ["fail"]
    assert results(b"X-Added: by a relay\r\n" + message, resolver) == ["pass"]


def test_a_message_without_signatures_has_no_verdicts(dns: DnsServer, resolver: Resolver) -> None:
    assert judged(LETTER, resolver) == []
    assert dns.asked == []


def test_a_signature_tells_where_it_is_from(resolver: Resolver) -> None:
    (one,) = judged(signed(), resolver)
    assert one.signature is not None
    assert (one.signature.domain, one.signature.selector, one.bits) == ("signed.test", "rsa", 2048)
    assert len(one.signature.short) == 8


def test_a_long_message_is_read_from_its_file(resolver: Resolver, tmp_path: Path) -> None:
    message = LETTER + b"0123456789 \r\n" * 80_000
    writer = ContentWriter(tmp_path)
    writer.write(signed(message))
    content = writer.finish()
    assert content.file is not None
    text = SignedText.of(content)
    assert [one.result for one in verify(text, resolver, now=NOW)] == [DkimResult.PASS]


def test_of_a_hundred_signatures_eight_are_judged_with_one_reading(
    dns: DnsServer, resolver: Resolver
) -> None:
    field = signed()[: -len(LETTER)]
    reads = 0
    text = SignedText.of(Content.of(field * 100 + LETTER))
    inner = text.body

    def counted() -> object:
        nonlocal reads
        reads += 1
        return inner()

    text.body = counted  # type: ignore[assignment]  # a counting double
    assert len(verify(text, resolver, now=NOW)) == 8
    assert reads == 1
    assert len(dns.asked) <= 8


def test_text_added_behind_l_is_not_believed(resolver: Resolver) -> None:
    message = signed(length=True)
    assert b"l=" in message
    assert results(message, resolver) == ["pass"]
    assert results(message + b"Buy now!\r\n", resolver) == ["policy"]


def test_a_second_from_is_not_believed(resolver: Resolver) -> None:
    message = signed()
    assert results(b"From: boss@example.com\r\n" + message, resolver) == ["policy"]
    assert results(b"Subject: urgent\r\n" + message, resolver) == ["policy"]


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        (b"v=1", b"v=2", "neutral"),
        (b"a=rsa-sha256", b"a=rsa-sha1", "policy"),
        (b"d=signed.test", b"d=", "neutral"),
        (b"h=from", b"h=cc", "neutral"),
        (b"s=rsa", b"s=ed", "permerror"),
        (b"s=rsa", b"s=none", "permerror"),
        (b"d=signed.test", b"d=signed.test; i=@other.test", "neutral"),
        (b"d=signed.test", b"d=signed.test; x=1000", "policy"),
        (b"d=signed.test", b"d=signed.test; l=x", "neutral"),
        (b"d=signed.test", b"d=signed.test; l=99999999", "fail"),
        (b"d=signed.test", b"d=signed.test; q=http/other", "neutral"),
        (b"d=signed.test", b"d=signed.test; bh=YWJj", "neutral"),
    ],
)  # fmt: skip
def test_a_signature_that_was_tampered_with(
    resolver: Resolver, old: bytes, new: bytes, result: str
) -> None:
    message = signed()
    field, rest = message[: -len(LETTER)], LETTER
    without_time = b"".join(
        part for part in field.splitlines(keepends=True)
    )  # dkimpy writes t= itself
    assert old in without_time
    changed = without_time.replace(old, new, 1)
    if b"x=1000" in new:
        changed = changed.replace(b" t=", b" tt=", 1)
    assert results(changed + rest, resolver) == [result]


def test_a_signature_from_the_future_is_not_believed(resolver: Resolver) -> None:
    assert results(signed(), resolver, NOW - 86_400) == ["policy"]


@pytest.mark.parametrize(
    ("record", "result", "reason"),
    [
        (lambda: keys.record(keys.rsa(), " t=y;"), "pass", ""),
        (lambda: "v=DKIM1; k=rsa; p=", "permerror", "revoked"),
        (lambda: "v=DKIM1; k=rsa; p=AAAA", "permerror", "not an RSA key"),
        (lambda: "v=DKIM1; k=rsa; p=%%%", "permerror", "base64"),
        (lambda: "v=DKIM2; p=AAAA", "permerror", "no key record"),
        (lambda: keys.record(keys.rsa(512 + 512), " s=other;"), "permerror", "not for mail"),
        (lambda: keys.record(keys.rsa(), " h=sha1;"), "policy", "sha256"),
        (lambda: "v=DKIM1; k=rsa; p=" + "A" * 20_000, "policy", "too long"),
        (lambda: keys.record(keys.rsa(1024)), "fail", "changed"),
    ],
)
def test_what_the_key_record_says_counts(
    dns: DnsServer, resolver: Resolver, record: Callable[[], str], result: str, reason: str
) -> None:
    dns.zone["rsa._domainkey.signed.test"] = {"TXT": [keys.quoted(record())]}
    (one,) = judged(signed(), resolver)
    assert one.result.value == result
    assert reason in one.reason


def test_a_failure_under_a_key_in_test_is_neutral(dns: DnsServer, resolver: Resolver) -> None:
    dns.zone["rsa._domainkey.signed.test"] = {
        "TXT": [keys.quoted(keys.record(keys.rsa(1024), " t=y;"))]
    }
    assert results(signed(), resolver) == ["neutral"]


@pytest.mark.parametrize("bits", [768, 8192])
def test_keys_too_short_or_huge_are_not_used(dns: DnsServer, resolver: Resolver, bits: int) -> None:
    import base64

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    number = (1 << (bits - 1)) + 1
    public = RSAPublicNumbers(65537, number).public_key()
    data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = "v=DKIM1; p=" + base64.b64encode(data).decode()
    dns.zone["rsa._domainkey.signed.test"] = {"TXT": [keys.quoted(text)]}
    (one,) = judged(signed(), resolver)
    assert one.result is not DkimResult.PASS
    assert one.reason in (f"key of {bits} bits", "key too long", "not an RSA key")


def test_silence_and_trouble_in_dns_are_temporary(dns: DnsServer, resolver: Resolver) -> None:
    dns.broken.add("rsa._domainkey.signed.test")
    assert results(signed(), resolver) == ["temperror"]
    assert results(signed(), Resolver([dead_address()], timeout=0.1)) == ["temperror"]


def test_a_key_for_its_own_domain_alone_is_not_for_those_below(
    dns: DnsServer, resolver: Resolver
) -> None:
    message = signed(identity=b"ada@sub.signed.test")
    assert results(message, resolver) == ["pass"]
    dns.zone["rsa._domainkey.signed.test"] = {
        "TXT": [keys.quoted(keys.record(keys.rsa(), " t=s;"))]
    }
    assert results(message, resolver) == ["policy"]


def test_what_we_sign_we_verify(resolver: Resolver) -> None:
    made = [
        SigningKey("signed.test", "rsa", keys.rsa()),
        SigningKey("signed.test", "ed", keys.ed25519()),
    ]
    message = sign(SignedText.of(Content.of(LETTER)), made, NOW) + LETTER
    assert results(message, resolver) == ["pass", "pass"]
