"""dnspython behind a small class: lookups as values, breakdowns as TemporaryFailure.

"There is no such name" is an answer; "nobody answered" is not.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.nameserver
import dns.rcode
import dns.resolver
import dns.reversename

from mailcore import status
from mailcore.errors import ConfigError, TemporaryFailure

CACHED = 20_000
_PER_TRY = 3.0  # seconds for one server to answer one question


@dataclass(frozen=True, slots=True)
class Answer:
    """Records as text, in the order given.  `exists` is False when the name itself is not there.

    `secure`: a validating resolver that we trust has found the signatures good.  `canonical` is
    the name that has the records when the one asked for is an alias, else empty.
    """

    exists: bool
    records: tuple[str, ...] = ()
    secure: bool = False
    canonical: str = ""


@dataclass(frozen=True, slots=True)
class MxAnswer:
    """(preference, host) pairs; host "." is a null MX.  RFC 7505."""

    exists: bool
    records: tuple[tuple[int, str], ...] = ()
    secure: bool = False


@dataclass(frozen=True, slots=True)
class TlsaAnswer:
    """(usage, selector, matching, data) of each record.  RFC 6698 §2.1."""

    secure: bool
    records: tuple[tuple[int, int, int, bytes], ...] = ()


class Resolver:
    """Asks `servers` ("address" or "address:port"), or the machine's own when there are none.

    Thread-safe; answers are cached as long as their TTL says.  `timeout` in seconds is for one
    lookup in all.  What a resolver says of signatures is believed when `trusted`, or when it is
    on this machine: anybody between could say it too.
    """

    def __init__(
        self, servers: Sequence[str] = (), timeout: float = 20.0, *, trusted: bool = False
    ) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.exception.DNSException as error:
            raise ConfigError(f"no usable DNS configuration: {error}") from None
        if servers:
            self._resolver.nameservers = [_server(one) for one in servers]
        self._resolver.lifetime = timeout
        self._resolver.timeout = min(_PER_TRY, timeout)
        self._resolver.cache = dns.resolver.LRUCache(CACHED)
        self._resolver.set_flags(dns.flags.RD | dns.flags.AD)  # RFC 6840 §5.7: tell us
        self._believed = trusted or all(map(_is_here, self._resolver.nameservers))

    def mx(self, domain: str) -> MxAnswer:
        """The MX records of `domain` (Unicode or ASCII)."""
        exists, records, secure, _ = self._ask_securely(domain, "MX")
        pairs = tuple((int(each.preference), _text(each.exchange)) for each in records)
        return MxAnswer(exists, pairs, secure)

    def tlsa(self, name: str) -> TlsaAnswer:
        """TLSA records of `name`, for instance `_25._tcp.mx.example.test`."""
        _, records, secure, _ = self._ask_securely(name, "TLSA")
        found = tuple((one.usage, one.selector, one.mtype, bytes(one.cert)) for one in records)
        return TlsaAnswer(secure, found)

    def addresses(self, host: str, *, ipv4: bool = True, ipv6: bool = True) -> Answer:
        """A and AAAA records of `host`.  One family failing is forgiven if the other answers."""
        found: list[str] = []
        exists = False
        secure = True
        canonical = ""
        failure: TemporaryFailure | None = None
        for wanted, kind in ((ipv4, "A"), (ipv6, "AAAA")):
            if not wanted:
                continue
            try:
                there, records, signed, name = self._ask_securely(host, kind)
            except TemporaryFailure as problem:
                failure = problem
                continue
            exists = exists or there
            secure = secure and signed
            found += [str(each.address) for each in records]
            canonical = name if records else canonical
        if failure and not found:
            raise failure
        return Answer(exists, tuple(found), secure, canonical)

    def txt(self, name: str) -> Answer:
        """TXT records, the strings of each joined.  RFC 7208 §3.3."""
        exists, records = self._ask(name, "TXT")
        texts = (b"".join(each.strings).decode("utf-8", "replace") for each in records)
        return Answer(exists, tuple(texts))

    def reverse(self, address: str) -> Answer:
        """The names an IP address has."""
        exists, records = self._ask(dns.reversename.from_address(address), "PTR")
        return Answer(exists, tuple(_text(each.target) for each in records))

    def pointers(self, name: str) -> Answer:
        """PTR records of a name that is a reverse name already."""
        exists, records = self._ask(name, "PTR")
        return Answer(exists, tuple(_text(each.target) for each in records))

    def services(self, name: str) -> Answer:
        """SRV records as `priority weight port target.`.  RFC 2782."""
        exists, records = self._ask(name, "SRV")
        found = (
            f"{each.priority} {each.weight} {each.port} {_text(each.target)}." for each in records
        )
        return Answer(exists, tuple(found))

    def _ask(self, name: str | dns.name.Name, kind: str) -> tuple[bool, list[Any]]:
        return self._ask_securely(name, kind)[:2]

    def _ask_securely(
        self, name: str | dns.name.Name, kind: str
    ) -> tuple[bool, list[Any], bool, str]:
        """Whether the name exists, its records, whether signatures prove that, and what the name
        is an alias of."""
        try:
            asked = name if isinstance(name, dns.name.Name) else _name(name)
            answer = self._resolver.resolve(asked, kind, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return False, [], False, ""
        except dns.resolver.NoNameservers as error:
            if _is_a_circle(error):
                return True, [], False, ""
            raise TemporaryFailure(status.DIRECTORY_FAILURE, "DNS lookup failed.") from None
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, UnicodeError):
            return False, [], False, ""
        except (dns.exception.DNSException, OSError):
            raise TemporaryFailure(status.DIRECTORY_FAILURE, "DNS lookup failed.") from None
        secure = self._believed and bool(answer.response.flags & dns.flags.AD)
        alias = "" if answer.canonical_name == asked else _text(answer.canonical_name)
        return True, list(answer.rrset or ()), secure, alias


def _is_a_circle(error: dns.resolver.NoNameservers) -> bool:
    """Whether all that servers had were aliases that lead nowhere: no breakdown, but no record."""
    attempts = error.kwargs.get("errors", ())
    return bool(attempts) and all(isinstance(one[3], dns.message.ChainTooLong) for one in attempts)


def _name(text: str) -> dns.name.Name:
    """IDNA 2008 where it can be, for what RFC 5890 calls U-labels."""
    if text.isascii():
        return dns.name.from_text(text)
    return dns.name.from_text(text, idna_codec=dns.name.IDNA_2003)


def _text(name: dns.name.Name) -> str:
    return str(name.to_text(omit_final_dot=True)).lower() or "."


def _is_here(server: str | dns.nameserver.Nameserver) -> bool:
    """Whether a resolver is on this machine, so that nobody is between it and us."""
    address = server if isinstance(server, str) else getattr(server, "address", "")
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _server(text: str) -> str | dns.nameserver.Nameserver:
    """`192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:5353`."""
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        host, _, port = text.rpartition(":")
    try:
        return dns.nameserver.Do53Nameserver(str(ipaddress.ip_address(host.strip("[]"))), int(port))
    except ValueError:
        raise ConfigError(f"queue.resolvers: {text!r} is no address or address:port") from None


@lru_cache(maxsize=8)
def shared(servers: tuple[str, ...], timeout: float, trusted: bool = False) -> Resolver:
    """This process's resolver for these settings, so that all its lookups share one cache."""
    return Resolver(servers, timeout, trusted=trusted)
