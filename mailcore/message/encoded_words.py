"""Encoded words: `=?utf-8?q?caf=C3=A9?=` to text and back.  RFC 2047, RFC 2231 §5."""

import binascii
import re

from mailcore.message.charset import to_text
from mailcore.message.limits import DEFAULT, Limits

_WORD = re.compile(r"=\?([!->@-~]{1,80})\?([bBqQ])\?([^?\r\n]{0,4000})\?=")
_CONTROLS = dict.fromkeys((*range(32), 127), "�")
_CONTROLS.update(dict.fromkeys((9, 10, 13, 133, 8232, 8233), " "))
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/"
_QUOTED = [bytes((octet,)) if octet in _PLAIN else b"=%02X" % octet for octet in range(256)]
_QUOTED[32] = b"_"
_WORD_OCTETS = 45  # of UTF-8 per encoded word: 12 + 60 characters in base64, below 75


def decode(value: bytes | str, limits: Limits = DEFAULT) -> str:
    """A header value as the text a person reads; never raises.

    Raw 8-bit octets are UTF-8 when they can be, else Windows-1252.  Control characters
    and line separators, also those hidden in encoded words, come out as spaces or U+FFFD.
    """
    text = to_text(value) if isinstance(value, bytes) else value
    if "=?" in text:
        text = _decode_words(text, limits)
    return _UNSAFE.sub(_harmless, text) if _UNSAFE.search(text) else text


def safe(text: str) -> str:
    """`text` without anything that could start a new line or hide in a log."""
    return _UNSAFE.sub(_harmless, text)


def _harmless(found: re.Match[str]) -> str:
    return _CONTROLS[ord(found[0])]


def _decode_words(text: str, limits: Limits) -> str:
    out: list[str] = []
    run = bytearray()  # neighbours in one charset are joined first: senders split characters
    charset = ""
    end = 0
    for count, word in enumerate(_WORD.finditer(text)):
        if count >= limits.encoded_words:
            break
        between = text[end : word.start()]
        name = word[1].partition("*")[0].lower()
        adjacent = count > 0 and not between.strip(" \t\r\n")
        if run and not (adjacent and name == charset):
            out.append(to_text(bytes(run), charset))
            run.clear()
        if not adjacent:
            out.append(between)
        run += _payload(word[2], word[3])
        charset = name
        end = word.end()
    if run:
        out.append(to_text(bytes(run), charset))
    out.append(text[end:])
    return "".join(out)


def _payload(encoding: str, text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    return base64_octets(octets)


def base64_octets(data: bytes) -> bytes:
    """Base64 as found in the wild: bad characters skipped, missing padding supplied."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        if len(clean) % 4 == 1:
            clean = clean[:-1]
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def encode(text: str) -> bytes:
    """`text` for a header: as it is when plain ASCII, otherwise with encoded words.

    Only the stretch from the first to the last word that needs it is encoded.  Control
    characters become spaces or U+FFFD, so the result never holds a line end.
    """
    text = safe(text)
    if text.isascii() and "=?" not in text:
        return text.encode("ascii")
    words = text.split(" ")
    needy = [at for at, word in enumerate(words) if not word.isascii() or "=?" in word]
    first, last = needy[0], needy[-1] + 1
    pieces = [word.encode("ascii") for word in words[:first]]
    pieces.append(b" ".join(_words_for(" ".join(words[first:last]))))
    pieces += [word.encode("ascii") for word in words[last:]]
    return b" ".join(pieces)


def encode_phrase(text: str) -> bytes:
    """`text` all as encoded words: a phrase where mere ASCII words could be misread."""
    return b" ".join(_words_for(safe(text)))


def _words_for(text: str) -> list[bytes]:
    octets = text.encode("utf-8", "replace")
    words: list[bytes] = []
    start = 0
    while start < len(octets) or not words:
        end = start + _WORD_OCTETS
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # not within a character
            end -= 1
        words.append(_word(octets[start:end]))
        start = end
    return words


def _word(octets: bytes) -> bytes:
    quoted = b"".join([_QUOTED[octet] for octet in octets])
    if len(quoted) <= 63 and len(quoted) <= len(octets) * 4 // 3 + 4:
        return b"=?utf-8?q?" + quoted + b"?="
    return b"=?utf-8?b?" + binascii.b2a_base64(octets, newline=False) + b"?="
