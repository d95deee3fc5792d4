"""Headers made to cost much: each is judged to its end, with few questions to DNS.  ABUSE 5.1."""

import time

import pytest

from mailcore.conf.schema.mailauth import Mailauth
from mailcore.dns.resolver import Resolver
from mailcore.mailauth import authentication, results
from mailcore.mailauth.authentication import Authentication, SpfOutcome
from mailcore.mailauth.text import SignedText
from mailcore.queue.content import Content
from tests.support.dns import DnsServer

RULES = Mailauth(dmarc="enforce", arc_verify=True)
AUTHOR = b"From: a@b.test\r\n"
SIGNATURE = b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.b.test; s=x; bh=YQ==; b=YQ==; h=from\r\n"
SET = (
    b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=b%d.test; s=s; b=YQ==\r\n"
    b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=b.test; s=s; h=from; bh=YQ==; b=YQ==\r\n"
    b"ARC-Authentication-Results: i=%d; x\r\n"
)
HOSTILE = {
    "a hundred signatures": AUTHOR + b"".join(SIGNATURE % number for number in range(100)),
    "four hundred names in h=": AUTHOR + SIGNATURE.replace(b"h=from", b"h=from" + b":x" * 400) % 1,
    "more names than we look at": AUTHOR
    + SIGNATURE.replace(b"h=from", b"h=from" + b":x" * 9_000) % 1,
    "nothing but semicolons": AUTHOR + b"DKIM-Signature: " + b";" * 90_000 + b"\r\n",
    "b= behind much space": AUTHOR
    + SIGNATURE.replace(b" b=", b" " * 11_000 + b"b=" + b" " * 11_000) % 1,
    "ten thousand authors": b"From: " + b"a@b.test," * 10_000 + b"\r\n",
    "authors of many domains": b"From: "
    + b",".join(b"a@b%d.test" % n for n in range(5_000))
    + b"\r\n",
    "brackets without end": b"From: " + b"<a" * 45_000 + b"\r\n",
    "comments without end": b"From: " + b"(" * 90_000 + b"\r\n",
    "encoded words": b"From: " + b"=?utf-8?q?a=40b?= " * 5_000 + b"\r\n",
    "a name of many labels": b"From: a@" + b"b." * 120 + b"test\r\n",
    "a name too long": b"From: a@" + b"b" * 9_000 + b".test\r\n",
    "twenty thousand fields": AUTHOR + b"X: y\r\n" * 20_000 + SIGNATURE % 1,
    "fifty forwarders": AUTHOR + b"".join(SET % (n, n, n, n) for n in range(1, 51)),
    "fifty-one forwarders": AUTHOR + b"".join(SET % (n, n, n, n) for n in range(1, 52)),
}


def judged(block: bytes, dns: DnsServer) -> Authentication:
    text = SignedText.of(Content.of(block + b"\r\nhi\r\n"))
    said = SpfOutcome("pass", "mailfrom", "a@" + "c." * 100 + "b.test")
    return authentication.judge(text, said, RULES, Resolver([dns.address], 5), time.time())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_is_judged_with_few_questions(dns: DnsServer, name: str) -> None:
    found = judged(HOSTILE[name], dns)
    assert not any(each.is_good for each in found.dkim)
    assert len(found.dkim) <= 8
    assert found.arc is not None
    assert not found.arc.is_good
    assert len(dns.asked) <= 8 + 2 * 8  # signatures, and walks for the author and for SPF


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_loses_no_more_than_it_claims(name: str) -> None:
    block = HOSTILE[name]
    claim = b"Authentication-Results: mail.example.test; dmarc=pass\r\n"
    assert results.without_claims(block + claim, ["mail.example.test"]) == block
