"""Atoms, strings, literals, lists: the arguments of a command.  RFC 3501 §9.

`Arguments` walks once over a command's bytes.  Whatever does not fit raises GrammarError,
nothing else ever escapes, and nesting is bounded.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from mailcore.errors import GrammarError
from mailcore.protocol.imap import mailbox_name

MAX_DEPTH = 100

_TAG = re.compile(rb"([!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]{1,100}) ")
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_ASTRING = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_LIST_ATOM = re.compile(rb"[!#$%&'*+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_EIGHT_BIT_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~\x80-\xff]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\0]|\\["\\])*+)"')
_LITERAL = re.compile(rb"\{(\d{1,20})\+?\}\r?\n")
_NUMBER = re.compile(rb"\d{1,20}")
_SEQUENCE = re.compile(rb"[0-9*:,]+")
_FLAG = re.compile(rb"\\?[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+")
_DATE = re.compile(rb'"?(\d{1,2})-([A-Za-z]{3})-(\d{4})"?')
_DATE_TIME = re.compile(
    rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
         b"dec"), 1
    )
}  # fmt: skip


class Arguments:
    """A cursor over one command; each method takes what it names or raises GrammarError.

    `utf8`: mailbox names are UTF-8, because the client has said so (RFC 6855, RFC 9051).
    """

    __slots__ = ("at", "data", "depth", "utf8")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.utf8 = False
        self.data = data
        self.at = at
        self.depth = 0

    def fail(self, text: str = "Syntax error in the arguments.") -> GrammarError:
        return GrammarError(text)

    def _take(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        found = pattern.match(self.data, self.at)
        if found is None:
            raise GrammarError(f"Expected {what}.")
        self.at = found.end()
        return found.group()

    def tag(self) -> bytes:
        return self._take(_TAG, "a tag")[:-1]

    def at_end(self) -> bool:
        return self.at >= len(self.data)

    def end(self) -> None:
        """Nothing more may follow."""
        if self.at < len(self.data):
            raise GrammarError("Unexpected text after the arguments.")

    def peek(self) -> bytes:
        """The next octet, empty at the end."""
        return self.data[self.at : self.at + 1]

    def skip(self, octets: bytes) -> bool:
        """Take `octets` if they come next."""
        if self.data.startswith(octets, self.at):
            self.at += len(octets)
            return True
        return False

    def expect(self, octets: bytes) -> None:
        if not self.skip(octets):
            raise GrammarError(f"Expected {octets.decode()!r}.")

    def space(self) -> None:
        if not self.skip(b" "):
            raise GrammarError("Expected a space.")

    def atom(self) -> bytes:
        return self._take(_ATOM, "an atom")

    def keyword(self) -> bytes:
        """An atom in capitals: a word of the protocol."""
        return self.atom().upper()

    def number(self, largest: int = 0xFFFFFFFF) -> int:
        value = int(self._take(_NUMBER, "a number"))
        if value > largest:
            raise GrammarError("The number is too large.")
        return value

    def string(self) -> bytes:
        """A quoted string or a literal."""
        first = self.peek()
        if first == b'"':
            found = _QUOTED.match(self.data, self.at)
            if found is None:
                raise GrammarError("The quoted string is malformed.")
            self.at = found.end()
            value = found.group(1)
            if b"\\" in value:
                value = value.replace(b'\\"', b'"').replace(b"\\\\", b"\\")
            return value
        if first == b"{":
            return self.literal()
        raise GrammarError("Expected a string.")

    def literal(self) -> bytes:
        head = self._take(_LITERAL, "a literal")
        size = int(head[1 : head.index(b"}")].removesuffix(b"+"))
        value = self.data[self.at : self.at + size]
        if len(value) != size:
            raise GrammarError("The literal is cut short.")
        self.at += size
        return value

    def literal8(self) -> tuple[bytes, bool]:
        """A literal, and whether it may have any octet (RFC 3516: `~{…}`)."""
        binary = self.skip(b"~")
        return self.literal(), binary

    def astring(self) -> bytes:
        """An atom or a string; raw 8-bit atoms are taken as clients do send them."""
        if self.peek() in (b'"', b"{"):
            return self.string()
        return self._take(_EIGHT_BIT_ATOM, "a string")

    def list_pattern(self) -> bytes:
        """A mailbox name with wildcards."""
        if self.peek() in (b'"', b"{"):
            return self.string()
        return self._take(_LIST_ATOM, "a mailbox pattern")

    def mailbox(self) -> str:
        """A mailbox name, decoded."""
        return mailbox_name.decode(self.astring(), utf8=self.utf8)

    def sequence_text(self) -> bytes:
        return self._take(_SEQUENCE, "message numbers")

    def flag(self) -> str:
        """A flag or keyword."""
        return self._take(_FLAG, "a flag").decode("ascii")

    def flags(self) -> list[str]:
        """Flags in parentheses."""
        self.expect(b"(")
        found: list[str] = []
        while not self.skip(b")"):
            if found:
                self.space()
            found.append(self.flag())
        return found

    def open(self) -> None:
        """A parenthesis that may nest; pair it with `close`."""
        self.expect(b"(")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise GrammarError("Nested too deeply.")

    def close(self) -> None:
        self.expect(b")")
        self.depth -= 1

    def date(self) -> int:
        """A day as a proleptic ordinal."""
        found = _DATE.match(self.data, self.at)
        if found is None:
            raise GrammarError("Expected a date.")
        self.at = found.end()
        day, month, year = found.groups()
        return _moment(day, month, year).toordinal()

    def date_time(self) -> int:
        """A date and time as seconds since the epoch."""
        found = _DATE_TIME.match(self.data, self.at)
        if found is None:
            raise GrammarError("Expected a date and time.")
        self.at = found.end()
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
        offset = int(zone_hours) * 60 + int(zone_minutes)
        if offset >= 24 * 60:
            raise GrammarError("No such time zone.")
        zone = timezone(timedelta(minutes=-offset if sign == b"-" else offset))
        try:
            moment = _moment(day, month, year).replace(
                hour=int(hour), minute=int(minute), second=min(int(second), 59), tzinfo=zone
            )
        except ValueError:
            raise GrammarError("No such time.") from None
        return max(int(moment.timestamp()), 0)


def _moment(day: bytes, month: bytes, year: bytes) -> datetime:
    number = _MONTHS.get(month.lower())
    if number is None:
        raise GrammarError("No such month.")
    try:
        return datetime(int(year), number, int(day), tzinfo=UTC)
    except ValueError:
        raise GrammarError("No such day.") from None
