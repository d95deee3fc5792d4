"""A DNS server with keys in it, and messages signed by others than us."""

from collections.abc import Iterator

import dkim
import pytest

from mailcore.dns.resolver import Resolver
from tests.support import dkim as keys
from tests.support.dns import DnsServer

LETTER = (
    b"From: Ada <ada@signed.test>\r\n"
    b"To: bob@example.com\r\n"
    b"Subject: The   folded\r\n subject\r\n"
    b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@signed.test>\r\n"
    b"\r\n"
    b"Hello  Bob, \r\n\r\nthis is\t all.\r\n\r\n\r\n"
)


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    """signed.test publishes the keys `rsa` and `ed`."""
    server = DnsServer({
        "rsa._domainkey.signed.test": {"TXT": [keys.quoted(keys.record(keys.rsa()))]},
        "ed._domainkey.signed.test": {"TXT": [keys.quoted(keys.record(keys.ed25519()))]},
    })  # fmt: skip
    yield server
    server.stop()


@pytest.fixture
def resolver(dns: DnsServer) -> Resolver:
    return Resolver([dns.address], timeout=5)


def signed(message: bytes = LETTER, **options: object) -> bytes:
    """The message signed by dkimpy with signed.test's RSA key."""
    given: dict[str, object] = {
        "selector": b"rsa", "domain": b"signed.test", "privkey": keys.pem(keys.rsa()),
        "include_headers": [b"from", b"to", b"subject", b"date", b"message-id"],
        **options,
    }  # fmt: skip
    return dkim.sign(message, **given) + message
