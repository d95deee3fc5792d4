"""Mailbox names on the wire: modified UTF-7 and UTF-8.  RFC 3501 §5.1.3, RFC 6855.

Inside the server a mailbox name is a `str`; only the two ends of a connection and old
Maildir directory names know modified UTF-7.
"""

import binascii
import re

from mailcore.errors import GrammarError

_SHIFTED = re.compile(r"[^\x20-\x7e]+")
_ENCODED = re.compile(r"&([^-]*)-")


def encode_utf7(name: str) -> bytes:
    """`name` in modified UTF-7."""
    return _SHIFTED.sub(_shift, name.replace("&", "&-")).encode("ascii")


def decode_utf7(data: bytes) -> str:
    """The name that modified UTF-7 `data` stands for.

    Raises GrammarError for 8-bit octets, a shift that never ends, base64 that is not
    canonical and lone surrogates: two spellings of one name would be two mailboxes.
    """
    try:
        text = data.decode("ascii")
        decoded = _ENCODED.sub(_unshift, text)
        canonical = encode_utf7(decoded)
    except (UnicodeError, binascii.Error):
        raise GrammarError("Invalid mailbox name.") from None
    if canonical != data:
        raise GrammarError("Invalid mailbox name.")
    return decoded


def decode(data: bytes, *, utf8: bool) -> str:
    """A name as the peer sent it: UTF-8 once `ENABLE UTF8=ACCEPT` was said, else UTF-7.

    Plenty of clients send raw UTF-8 without asking; that is understood too, because a
    name with 8-bit octets cannot be anything else.
    """
    if utf8 or not data.isascii():
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise GrammarError("Invalid mailbox name.") from None
    return decode_utf7(data)


def _shift(found: re.Match[str]) -> str:
    octets = found.group().encode("utf-16-be")
    return (
        "&"
        + binascii.b2a_base64(octets, newline=False).decode().rstrip("=").replace("/", ",")
        + "-"
    )


def _unshift(found: re.Match[str]) -> str:
    coded = found.group(1)
    if not coded:
        return "&"
    padded = coded.replace(",", "/") + "=" * (-len(coded) % 4)
    return binascii.a2b_base64(padded, strict_mode=True).decode("utf-16-be")
