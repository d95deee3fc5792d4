"""IMAP as a client speaks it until it is logged in: enough for the proxy and the tests.

RFC 3501 §6.1-6.2, §7.1.  What is made here is one command whatever octets the name and the
password have; what is read here raises GrammarError and nothing else.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.protocol.imap.responses import string

MAX_LINE = 8_192
_TAGGED = re.compile(rb"([A-Za-z0-9]{1,20}) (OK|NO|BAD)(?: (.*))?", re.I | re.S)
_GREETING = re.compile(rb"\* OK(?: (.*))?", re.I | re.S)
_CODE = re.compile(rb"\[([A-Za-z0-9-]{1,40})(?: ([^\]]*))?\] ?")
_CAPABILITY = re.compile(rb"\* CAPABILITY (.*)", re.I | re.S)
_WORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]{1,100}")
_LITERAL = re.compile(rb"\{(\d{1,9})\}")
_PRINTABLE = re.compile(r"[ -~]*")
_MOST_WORDS = 200
_LONGEST_VALUE = 1_000
_MOST_FIELDS = 30


@dataclass(frozen=True, slots=True)
class Status:
    """A response that ends a command, or the greeting (`tag` empty).

    `word` is OK, NO or BAD; `code` the name in the brackets, `data` what follows it there.
    """

    tag: bytes
    word: str
    code: str
    data: bytes
    text: str


def status(line: bytes) -> Status | None:
    """The tagged response in a line without its end; None for any other."""
    found = _TAGGED.fullmatch(line)
    if found is None:
        return None
    return _status(found[1], found[2].decode("ascii").upper(), found[3] or b"")


def greeting(line: bytes) -> Status:
    """The first line of a server that waits for a login.  Raises GrammarError for others."""
    found = _GREETING.fullmatch(line)
    if found is None:
        raise GrammarError("not the greeting of an IMAP server that takes logins")
    return _status(b"", "OK", found[1] or b"")


def _status(tag: bytes, word: str, rest: bytes) -> Status:
    found = _CODE.match(rest)
    if found is None:
        return Status(tag, word, "", b"", rest.decode("utf-8", "replace"))
    code, data = found[1].decode("ascii").upper(), found[2] or b""
    return Status(tag, word, code, data, rest[found.end() :].decode("utf-8", "replace"))


def capability_line(line: bytes) -> tuple[str, ...]:
    """The names in an untagged CAPABILITY response; none for any other line."""
    found = _CAPABILITY.fullmatch(line)
    return words(found[1]) if found else ()


def words(data: bytes) -> tuple[str, ...]:
    """The names of a capability list; what can't be one is left out."""
    found = data.decode("latin-1").split(" ", _MOST_WORDS)[:_MOST_WORDS]
    return tuple(word for word in found if _WORD.fullmatch(word))


def literal_size(line: bytes) -> int:
    """How many octets belong to this line beyond its end; 0 for an ordinary one."""
    if not line.endswith(b"}"):
        return 0
    at = line.rfind(b"{", -12)
    found = _LITERAL.fullmatch(line[at:]) if at >= 0 else None
    return int(found[1]) if found else 0


def login(tag: bytes, name: str, password: str) -> list[bytes]:
    """The LOGIN command, in pieces: wait for `+` between one and the next.

    Raises GrammarError for what IMAP can't say (NUL).
    """
    pieces = [tag + b" LOGIN"]
    for value in (name, password):
        octets = value.encode("utf-8", "surrogatepass")
        if b"\0" in octets:
            raise GrammarError("IMAP has no NUL")
        if octets.isascii() and octets.decode("ascii").isprintable():
            pieces[-1] += b" " + string(octets)
        else:
            pieces[-1] += b" {%d}\r\n" % len(octets)
            pieces.append(octets)
    pieces[-1] += b"\r\n"
    return pieces


def authenticate_plain(tag: bytes, response: bytes, *, at_once: bool) -> list[bytes]:
    """AUTHENTICATE PLAIN in pieces; `at_once`: the response goes along (RFC 4959)."""
    encoded = binascii.b2a_base64(response, newline=False)
    if at_once:
        return [b"%b AUTHENTICATE PLAIN %b\r\n" % (tag, encoded)]
    return [b"%b AUTHENTICATE PLAIN\r\n" % tag, encoded + b"\r\n"]


def identify(tag: bytes, fields: Mapping[str, str]) -> bytes:
    """ID with these fields; those that would not fit in a quoted string are left out.

    RFC 2971 §3.3.
    """
    kept = [
        string(text.encode("ascii"))
        for pair in list(fields.items())[:_MOST_FIELDS]
        if all(len(text) <= _LONGEST_VALUE and _PRINTABLE.fullmatch(text) for text in pair)
        for text in pair
    ]
    return b"%b ID (%b)\r\n" % (tag, b" ".join(kept))
