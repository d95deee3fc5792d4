"""DKIM keys and DMARC records that a DNS server publishes which nobody wrote for these tests."""

import time
from collections.abc import Iterator

import pytest

from mailcore.dns.resolver import Resolver
from mailcore.mailauth import dmarc
from mailcore.mailauth.dmarc_record import Wish
from mailcore.mailauth.sign import sign
from mailcore.mailauth.text import SignedText
from mailcore.mailauth.verify import verify
from mailcore.queue.content import Content
from tests.mailcore.mailauth.conftest import LETTER
from tests.mailcore.mailauth.test_verify import RFC_8463, RFC_8463_KEYS
from tests.support import dkim as keys
from tests.support.knot import Knot

pytestmark = pytest.mark.interop

NOW = time.time()
ZONE = {
    **RFC_8463_KEYS,
    "long._domainkey.a.test": {"TXT": [keys.quoted(keys.record(keys.rsa()))]},
    "short._domainkey.a.test": {"CNAME": ["elsewhere.b.test."]},
    "elsewhere.b.test": {"TXT": [keys.quoted(keys.record(keys.ed25519()))]},
    "_dmarc.a.test": {"TXT": ['"v=DMARC1; p=reject; " "sp=quarantine"']},
}


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolver]:
    server = Knot(tmp_path_factory.mktemp("knot"), ZONE)
    yield Resolver([server.address], 10)
    server.stop()


def results(message: bytes, resolver: Resolver) -> list[str]:
    text = SignedText.of(Content.of(message))
    return [one.result.value for one in verify(text, resolver, now=NOW)]


def test_the_example_of_rfc_8463_verifies(resolver: Resolver) -> None:
    assert results(RFC_8463, resolver) == ["pass", "pass"]


def test_a_key_in_several_strings_and_one_behind_an_alias_are_found(resolver: Resolver) -> None:
    by = [
        keys.key_of("a.test", "long", keys.rsa()),
        keys.key_of("a.test", "short", keys.ed25519()),
    ]
    fields = sign(SignedText.of(Content.of(LETTER)), by, NOW)
    assert results(fields + LETTER, resolver) == ["pass", "pass"]
    spoiled = (fields + LETTER).replace(b"Subject: ", b"Subject: not ", 1)
    assert results(spoiled, resolver) == ["fail", "fail"]


def test_a_key_that_is_not_published_verifies_nothing(resolver: Resolver) -> None:
    by = [keys.key_of("a.test", "gone", keys.ed25519())]
    fields = sign(SignedText.of(Content.of(LETTER)), by, NOW)
    assert results(fields + LETTER, resolver) == ["permerror"]


@pytest.mark.parametrize(
    ("author", "wish"), [("a.test", Wish.REJECT), ("news.a.test", Wish.QUARANTINE)]
)
def test_a_policy_in_several_strings_is_found(author: str, wish: Wish, resolver: Resolver) -> None:
    verdict = dmarc.evaluate(author, (), "", resolver, dice=0.0)
    assert (verdict.result, verdict.wish) == ("fail", wish)
