"""Values → IMAP: strings, dates, flags.  RFC 3501 §4, §9."""

import re
from datetime import UTC, datetime

from mailcore.protocol.imap import mailbox_name

_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]{0,2000}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~\[]{1,500}")


def string(value: bytes) -> bytes:
    """`value` quoted when it may be, as a literal otherwise.  NUL, which IMAP has not, goes."""
    if _QUOTABLE.fullmatch(value):
        if b'"' in value or b"\\" in value:
            value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return b'"' + value + b'"'
    value = value.replace(b"\0", b"")
    return b"{%d}\r\n%b" % (len(value), value)


def nstring(value: bytes | None) -> bytes:
    """NIL for None; the empty string is a string."""
    return b"NIL" if value is None else string(value)


def literal(value: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(value), value)


def astring(value: bytes) -> bytes:
    """Without quotes when that is allowed."""
    if _ATOM.fullmatch(value) and value.upper() != b"NIL":
        return value
    return string(value)


def literal8(value: bytes) -> bytes:
    """A literal, marked when it has NUL octets (RFC 3516 §4.2)."""
    return (b"~" if b"\0" in value else b"") + literal(value)


def mailbox(name: str, *, utf8: bool) -> bytes:
    """A mailbox name for a client that takes UTF-8, or for one that does not."""
    if not utf8:
        return astring(mailbox_name.encode_utf7(name))
    encoded = name.encode("utf-8")
    if encoded.isascii():
        return astring(encoded)
    return b'"' + encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def internal_date(seconds: int) -> bytes:
    """`"17-Jul-1996 02:44:25 +0000"` for seconds since the epoch."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return (
        f'"{moment.day:2d}-{_MONTHS[moment.month - 1]}-{moment.year:04d} {moment:%H:%M:%S} +0000"'
    ).encode()


def nstring_literal(value: bytes | None) -> bytes:
    """NIL, or the value as a literal whatever it is."""
    return b"NIL" if value is None else literal(value)
