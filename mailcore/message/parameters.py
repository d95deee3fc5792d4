"""`value; name=value; …`: Content-Type and Content-Disposition.  RFC 2045 §5.1, RFC 2231."""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mailcore.message import encoded_words
from mailcore.message.charset import to_text
from mailcore.message.limits import DEFAULT, Limits

_PARAMETER = re.compile(
    r';\s*+(?P<name>[^\s=;"]{1,100})\s*+=\s*+'
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)[^;]*+|(?P<plain>[^;]*+))',
    re.DOTALL,
)
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"\([^()\"]*+\)")


class Parameterized(NamedTuple):
    """`value` lower case; `parameters` decoded, names lower case; `raw` as written."""

    value: str
    parameters: dict[str, str]
    raw: tuple[tuple[str, str], ...]


def parse(value: bytes, limits: Limits = DEFAULT) -> Parameterized:
    """Split a field's value into its main value and its parameters; never raises.

    Continuations and charsets of RFC 2231 are resolved; encoded words, which don't
    belong here but are common, are decoded too.
    """
    text = to_text(value)
    main, semicolon, _ = text.partition(";")
    if "(" in main:
        main = _COMMENT.sub(" ", main)
    main = main.strip().lower()
    if not semicolon:
        return Parameterized(main, {}, ())
    raw: list[tuple[str, str]] = []
    start = text.index(";")
    for match in _PARAMETER.finditer(text, start):
        if len(raw) >= limits.parameters:
            break
        plain = match["plain"]
        if plain is None:
            content = _ESCAPED.sub(r"\1", match["quoted"])
        else:
            content = (_COMMENT.sub(" ", plain) if "(" in plain else plain).strip()
        raw.append((match["name"].lower(), content))
    return Parameterized(main, _decoded(raw), tuple(raw))


def _decoded(raw: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, content in raw:
        if "*" not in name:
            if name not in found:
                found[name] = encoded_words.decode(content)
            continue
        match = _SECTION.fullmatch(name)
        if match is None:
            found.setdefault(name, encoded_words.safe(content))
            continue
        order = sections.setdefault(match[1], {})
        order.setdefault(int(match[2] or 0), (content, bool(match[3])))
    for name, order in sections.items():
        found[name] = _assembled(order)  # the extended form wins over a plain fallback
    return found


def _assembled(order: dict[int, tuple[str, bool]]) -> str:
    charset = ""
    octets = bytearray()
    for number, at in enumerate(sorted(order)):
        if number != at and number:  # a gap: what follows belongs to something else
            break
        content, encoded = order[at]
        if number == 0 and encoded and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        octets += unquote_to_bytes(content) if encoded else content.encode("utf-8", "replace")
    return encoded_words.safe(to_text(bytes(octets), charset))
