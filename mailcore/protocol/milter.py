"""The milter protocol, version 6, from the mail server's side: packets, commands, answers.

Sendmail's libmilter is the reference.  A packet is a length (four octets, of what follows),
a command octet and its data; strings end with NUL.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, IntFlag
from ipaddress import ip_address

from mailcore.errors import GrammarError

VERSION = 6
BODY_CHUNK = 65_535
MOST_PACKET = 1_048_576 + 64  # a filter may answer with chunks of up to a megabyte


class Action(IntFlag):
    """What a filter may ask for at the end of a message."""

    NONE = 0
    ADD_HEADER = 0x01
    CHANGE_BODY = 0x02
    ADD_RECIPIENT = 0x04
    DELETE_RECIPIENT = 0x08
    CHANGE_HEADER = 0x10
    QUARANTINE = 0x20
    CHANGE_SENDER = 0x40
    ADD_RECIPIENT_PARAMETERS = 0x80


class Step(IntFlag):
    """What a filter doesn't want to be told (NO_) or won't answer (SILENT_)."""

    NONE = 0
    NO_CONNECT = 0x01
    NO_HELO = 0x02
    NO_MAIL = 0x04
    NO_RCPT = 0x08
    NO_BODY = 0x10
    NO_HEADER = 0x20
    NO_EOH = 0x40
    SILENT_HEADER = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    SKIP = 0x400  # it may say that it has seen enough of the body
    SILENT_CONNECT = 0x1000
    SILENT_HELO = 0x2000
    SILENT_MAIL = 0x4000
    SILENT_RCPT = 0x8000
    SILENT_DATA = 0x10000
    SILENT_UNKNOWN = 0x20000
    SILENT_EOH = 0x40000
    SILENT_BODY = 0x80000


OFFERED_ACTIONS = Action(0xFF)
OFFERED_STEPS = Step(0xFF7FF)


class Kind(Enum):
    """An answer's command octet."""

    NEGOTIATED = b"O"
    ACCEPT = b"a"
    CONTINUE = b"c"
    DISCARD = b"d"
    REJECT = b"r"
    TEMPFAIL = b"t"
    REPLY = b"y"
    CLOSE = b"4"
    FAIL = b"f"
    SKIP = b"s"
    PROGRESS = b"p"
    ADD_HEADER = b"h"
    INSERT_HEADER = b"i"
    CHANGE_HEADER = b"m"
    REPLACE_BODY = b"b"
    ADD_RECIPIENT = b"+"
    ADD_RECIPIENT_PARAMETERS = b"2"
    DELETE_RECIPIENT = b"-"
    CHANGE_SENDER = b"e"
    QUARANTINE = b"q"


@dataclass(frozen=True, slots=True)
class Answer:
    """One packet of a filter.

    `name` and `value` are a header field's; an address or text is in `value` alone.  `index`
    is a header field's position.  `actions` and `steps` are a negotiation's.
    """

    kind: Kind
    name: bytes = b""
    value: bytes = b""
    index: int = 0
    actions: Action = Action.NONE
    steps: Step = Step.NONE


# What we say.


def packet(command: bytes, data: bytes = b"") -> bytes:
    return struct.pack("!I", len(data) + 1) + command + data


def negotiate() -> bytes:
    return packet(b"O", struct.pack("!III", VERSION, OFFERED_ACTIONS, OFFERED_STEPS))


def macros(command: bytes, values: Iterable[tuple[str, str]]) -> bytes:
    """Macros for the command that follows; those without a value are left out."""
    told = [text for name, value in values if value for text in (name, value)]
    return packet(b"D", command + b"".join(map(_string, told))) if told else b""


def connect(host: str, address: str, port: int = 0) -> bytes:
    """The peer; `address` "" is unknown."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return packet(b"C", _string(host or "unknown") + b"U")
    family, text = (b"4", str(parsed)) if parsed.version == 4 else (b"6", f"IPv6:{parsed}")
    name = _string(host or f"[{address}]")
    return packet(b"C", name + family + struct.pack("!H", port) + _string(text))


def helo(name: str) -> bytes:
    return packet(b"H", _string(name))


def mail(path: str, parameters: Iterable[str] = ()) -> bytes:
    return packet(b"M", b"".join(map(_string, (f"<{path}>", *parameters))))


def rcpt(path: str, parameters: Iterable[str] = ()) -> bytes:
    return packet(b"R", b"".join(map(_string, (f"<{path}>", *parameters))))


def header(name: bytes, value: bytes) -> bytes:
    """`value` may be folded; filters want LF alone."""
    return packet(b"L", name + b"\0" + value.replace(b"\r\n", b"\n").replace(b"\0", b"") + b"\0")


def body(octets: bytes) -> Iterator[bytes]:
    for at in range(0, len(octets), BODY_CHUNK):
        yield packet(b"B", octets[at : at + BODY_CHUNK])


DATA = packet(b"T")
END_OF_HEADER = packet(b"N")
END_OF_MESSAGE = packet(b"E")
ABORT = packet(b"A")
QUIT = packet(b"Q")


# What they say.


class Packets:
    """Octets as they come → answers.  Raises GrammarError for what is none."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        self._waiting += data
        found: list[Answer] = []
        while len(self._waiting) >= 5:
            (size,) = struct.unpack_from("!I", self._waiting)
            if not 0 < size <= MOST_PACKET:
                raise GrammarError("a packet of no possible size")
            if len(self._waiting) < size + 4:
                break
            found.append(parse(bytes(self._waiting[4:5]), bytes(self._waiting[5 : size + 4])))
            del self._waiting[: size + 4]
        return found


def parse(command: bytes, data: bytes) -> Answer:
    """The answer in one packet.  Raises GrammarError."""
    try:
        kind = Kind(command)
    except ValueError:
        raise GrammarError(f"unknown answer {command!r}") from None
    match kind:
        case Kind.NEGOTIATED:
            return _negotiated(data)
        case Kind.ADD_HEADER:
            name, value = _strings(data, 2)
            return Answer(kind, name, value)
        case Kind.INSERT_HEADER | Kind.CHANGE_HEADER:
            if len(data) < 4:
                raise GrammarError("a header change without its index")
            name, value = _strings(data[4:], 2)
            return Answer(kind, name, value, index=struct.unpack_from("!I", data)[0])
        case Kind.REPLACE_BODY:
            return Answer(kind, value=data)
        case Kind.REPLY | Kind.QUARANTINE | Kind.ADD_RECIPIENT | Kind.DELETE_RECIPIENT:
            return Answer(kind, value=_strings(data, 1)[0])
        case Kind.ADD_RECIPIENT_PARAMETERS | Kind.CHANGE_SENDER:
            return Answer(kind, value=_strings(data, 1)[0])
    return Answer(kind)


def _negotiated(data: bytes) -> Answer:
    if len(data) < 12:
        raise GrammarError("a negotiation that is too short")
    version, actions, steps = struct.unpack_from("!III", data)
    if not 2 <= version <= VERSION:
        raise GrammarError(f"milter version {version}")
    if actions & ~OFFERED_ACTIONS & 0xFF or steps & ~OFFERED_STEPS & 0xFFFFFF:
        raise GrammarError("it wants what was not offered")
    return Answer(
        Kind.NEGOTIATED,
        actions=Action(actions & OFFERED_ACTIONS),
        steps=Step(steps & OFFERED_STEPS),
    )


def _strings(data: bytes, least: int) -> list[bytes]:
    parts = data.split(b"\0")[:-1]
    if len(parts) < least:
        raise GrammarError("a string without its end")
    return parts[:least]


def _string(text: str) -> bytes:
    return text.encode("utf-8", "replace").replace(b"\0", b"") + b"\0"
