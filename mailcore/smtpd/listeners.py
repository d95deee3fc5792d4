"""The kinds of listener, and those an administrator adds: by address, name and certificate."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address

from mailcore.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener.  `submission`: users only, who log in first, RFC 6409.  `lmtp`: RFC 2033.

    `kind` names one of the four there always are; `certificate` the pair of files in tls/ that
    is used when a client names none.
    """

    name: str
    implicit_tls: bool = False
    submission: bool = False
    lmtp: bool = False
    kind: str = ""
    certificate: str = ""

    @property
    def scope(self) -> str:
        """Where the settings of this listener alone are kept."""
        return f"listener:{self.name}"


LISTENERS = {
    listener.name: listener
    for listener in (
        Listener("smtp", kind="smtp"),
        Listener("submission", submission=True, kind="submission"),
        Listener("submissions", implicit_tls=True, submission=True, kind="submissions"),
        Listener("lmtp", lmtp=True, kind="lmtp"),
    )
}

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_PLACE = re.compile(
    r"\[(?P<six>[0-9A-Fa-f:.]+)\](?::(?P<a>\d{1,5}))?|(?P<four>[0-9.]+)(?::(?P<b>\d{1,5}))?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and the port of its own that it is bound to; 0: where the kind listens anyway."""

    address: str
    port: int = 0


@dataclass(frozen=True, slots=True)
class Extra:
    """A listener that the settings add."""

    listener: Listener
    places: tuple[Place, ...]


def parse(line: str) -> Extra:
    """`NAME KIND ADDRESS[:PORT][,…] [CERTIFICATE]`.  Raises ConfigError.

    An address alone takes the connections that come to it on the ports of its kind.
    """
    words = line.split()
    if not 3 <= len(words) <= 4:
        raise ConfigError(f"{line!r}: write name, kind, addresses, and perhaps a certificate")
    name, kind, places, *certificate = words
    if not _NAME.fullmatch(name) or name in LISTENERS:
        raise ConfigError(f"{name!r} can't be a listener's name")
    if kind not in LISTENERS:
        raise ConfigError(f"{kind!r} is no kind of listener: choose from {', '.join(LISTENERS)}")
    if certificate and not _NAME.fullmatch(certificate[0]):
        raise ConfigError(f"{certificate[0]!r} can't be the name of a certificate")
    made = replace(LISTENERS[kind], name=name, certificate="".join(certificate))
    return Extra(made, tuple(_place(place) for place in places.split(",")))


def _place(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ConfigError(
            f"{text!r} is no address: write 192.0.2.1, 192.0.2.1:25 or [2001:db8::1]:25"
        )
    try:
        address = ip_address(found["four"] or found["six"])
    except ValueError:
        raise ConfigError(f"{text!r} is no address") from None
    port = int(found["a"] or found["b"] or 0)
    if port > 65_535:
        raise ConfigError(f"{text!r}: there is no such port")
    return Place(str(address), port)


@lru_cache(maxsize=8)
def extras(lines: tuple[str, ...]) -> Mapping[str, Extra]:
    """The listeners that the settings add, by name; lines that can't be read are left out."""
    found: dict[str, Extra] = {}
    for line in lines:
        try:
            extra = parse(line)
        except ConfigError:
            continue
        found[extra.listener.name] = extra
    return found


def problems(lines: Iterable[str]) -> list[str]:
    """What is wrong with the lines that are left out."""
    found = []
    for line in lines:
        try:
            parse(line)
        except ConfigError as error:
            found.append(str(error))
    return found


def check(lines: Iterable[str]) -> None:
    """Raises ConfigError for a line that can't be read or a name or place that is there twice."""
    names: set[str] = set()
    places: set[tuple[str, Place]] = set()
    for line in lines:
        extra = parse(line)
        taken = {(extra.listener.kind if not place.port else "", place) for place in extra.places}
        if extra.listener.name in names or taken & places:
            raise ConfigError(f"{line!r}: the name or an address is there twice")
        names.add(extra.listener.name)
        places |= taken


@lru_cache(maxsize=8)
def _by_address(lines: tuple[str, ...]) -> Mapping[tuple[str, str], Listener]:
    return {
        (extra.listener.kind, place.address): extra.listener
        for extra in extras(lines).values()
        for place in extra.places
        if not place.port
    }


def at(standard: Listener, address: str, lines: tuple[str, ...]) -> Listener:
    """The listener whose a connection is that came to `address` on a standard listener's port."""
    if not lines or standard.name != standard.kind:
        return standard
    return _by_address(lines).get((standard.kind, address), standard)
