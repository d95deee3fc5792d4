"""POP3 as a client speaks it until it is logged in: enough for the proxy and the tests.

RFC 1939 §4, RFC 2449, RFC 5034.  What is made here is one command whatever octets the name and
the password have; everything raises GrammarError and nothing else.
"""

import binascii
import re
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.protocol.pop3.commands import MAX_LINE

MOST_CAPABILITIES = 100
_CODE = re.compile(rb"\[([A-Za-z0-9/_-]{1,40})\] ?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Reply:
    """`code` is RFC 2449's, without its brackets; empty when there is none."""

    ok: bool
    code: str
    text: str


def reply(line: bytes) -> Reply:
    """A status line without its end."""
    word, _, rest = line.partition(b" ")
    if word not in (b"+OK", b"-ERR"):
        raise GrammarError("not a POP3 reply")
    found = _CODE.match(rest)
    code = found[1].decode("ascii").upper() if found else ""
    text = rest[found.end() :] if found else rest
    return Reply(word == b"+OK", code, text.decode("utf-8", "replace"))


def is_prompt(line: bytes) -> bool:
    """Whether the server waits for a SASL response.  RFC 5034 §4."""
    return line.rstrip() == b"+" or line.startswith(b"+ ")


def user(name: str) -> bytes:
    return _command("USER", name)


def password(text: str) -> bytes:
    return _command("PASS", text)


def _command(verb: str, argument: str) -> bytes:
    """One line: nothing in the argument may end it."""
    if not argument or _CONTROL.search(argument):
        raise GrammarError(f"POP3 can't say this after {verb}")
    line = f"{verb} {argument}\r\n".encode("utf-8", "surrogatepass")
    if len(line) > MAX_LINE:
        raise GrammarError(f"too long after {verb}")
    return line


def auth_plain(response: bytes) -> list[bytes]:
    """AUTH PLAIN in pieces: wait for `+` before the second.  RFC 5034 §4.

    The response goes along where the line's 255 octets allow it.
    """
    line = b"AUTH PLAIN %b\r\n" % (encoded := binascii.b2a_base64(response, newline=False))
    return [line] if len(line) <= MAX_LINE else [b"AUTH PLAIN\r\n", encoded + b"\r\n"]
