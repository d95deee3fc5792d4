"""`python -m tests.bench.checks`: what each check of a message costs, in this process alone.

Milliseconds of one thread for a message of 4 KB, with DNS answers in the cache and with a
question to a server on this machine each time.  docs/benchmarks.md.
"""

import time
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

from mailcore.conf.schema.mailauth import Mailauth
from mailcore.dns.resolver import Answer, MxAnswer, Resolver
from mailcore.mailauth import authentication, verify
from mailcore.mailauth.authentication import SpfOutcome
from mailcore.mailauth.sign import sign
from mailcore.mailauth.text import SignedText
from mailcore.policy import blocklist, spf
from mailcore.queue.content import Content
from tests.support import dkim
from tests.support.dns import DnsServer

ROUNDS = 400
LETTER = (
    b"From: Ada <ada@signed.test>\r\nTo: alice@example.test\r\nSubject: load\r\n"
    b"Message-ID: <1@signed.test>\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n\r\n"
    + b"All work and no play makes for a dull message body, sixty-eight.\r\n"
    * 58
)
ZONE = {
    "rsa._domainkey.signed.test": {"TXT": [dkim.quoted(dkim.record(dkim.rsa()))]},
    "ed._domainkey.signed.test": {"TXT": [dkim.quoted(dkim.record(dkim.ed25519()))]},
    "_dmarc.signed.test": {"TXT": ['"v=DMARC1; p=reject"']},
    "signed.test": {"TXT": ['"v=spf1 mx ip4:192.0.2.0/24 -all"'], "MX": ["10 mx.signed.test."]},
    "mx.signed.test": {"A": ["198.51.100.7"]},
}


class Remembering(Resolver):
    """Every answer from memory, as a busy server's cache has it."""

    @cached_property
    def _texts(self) -> Callable[[str], Answer]:
        return lru_cache(1000)(super().txt)

    @cached_property
    def _hosts(self) -> Callable[[str], MxAnswer]:
        return lru_cache(1000)(super().mx)

    @cached_property
    def _addresses(self) -> Callable[..., Answer]:
        return lru_cache(1000)(super().addresses)

    def txt(self, name: str) -> Answer:
        return self._texts(name)

    def mx(self, domain: str) -> MxAnswer:
        return self._hosts(domain)

    def addresses(self, host: str, **families: Any) -> Answer:
        return self._addresses(host, **families)


def signed(*selectors: str) -> bytes:
    pairs = {"rsa": dkim.rsa(), "ed": dkim.ed25519()}
    made = [dkim.key_of("signed.test", one, pairs[one]) for one in selectors]
    return sign(SignedText.of(Content.of(LETTER)), made, time.time()) + LETTER


def text(message: bytes) -> SignedText:
    return SignedText.of(Content.of(message))


def checks(resolver: Resolver) -> dict[str, Callable[[], object]]:
    by_rsa, by_both, now = signed("rsa"), signed("rsa", "ed"), time.time()
    rules = Mailauth(dmarc="enforce", arc_verify=True)
    lists = blocklist.rules((), ("bl.one.test", "bl.two.test"))
    said = SpfOutcome("pass", "mailfrom", "ada@signed.test")
    return {
        "SPF, MAIL FROM": lambda: spf.check(
            "192.0.2.7", "ada@signed.test", "mx.signed.test", resolver=resolver
        ),
        "DNSBL, two lists": lambda: blocklist.consult("203.0.114.7", lists, resolver),
        "DKIM verify, RSA-2048": lambda: verify.verify(text(by_rsa), resolver, now=now),
        "DKIM verify, RSA and Ed25519": lambda: verify.verify(text(by_both), resolver, now=now),
        "DKIM, ARC, DMARC together": lambda: authentication.judge(
            text(by_rsa), said, rules, resolver, now
        ),
    }


def signing() -> dict[str, Callable[[], object]]:
    return {
        "DKIM sign, RSA-2048": lambda: signed("rsa"),
        "DKIM sign, RSA and Ed25519": lambda: signed("rsa", "ed"),
    }


def measure(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds each by the clock and by the processor; the first round is not counted."""
    work()
    began, used = time.perf_counter(), time.thread_time()
    for _ in range(ROUNDS):
        work()
    each = 1000 / ROUNDS
    return (time.perf_counter() - began) * each, (time.thread_time() - used) * each


def main() -> None:
    server = DnsServer(ZONE)
    print(f"{'check':<34}{'CPU, ms':>10}{'cached, ms':>12}{'asked, ms':>12}")
    try:
        cached = checks(Remembering([server.address], 5))
        asked = checks(Resolver([server.address], 5))
        for name, work in cached.items():
            wall, used = measure(work)
            away, _ = measure(asked[name])
            print(f"{name:<34}{used:>10.3f}{wall:>12.3f}{away:>12.3f}", flush=True)
        for name, work in signing().items():
            wall, used = measure(work)
            print(f"{name:<34}{used:>10.3f}{wall:>12.3f}", flush=True)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
