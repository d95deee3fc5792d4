"""Variable envelope return paths: the recipient written into the reverse-path.  Courier XVERP."""

import re

from mailcore.envelope import quote_local

_SPECIAL = frozenset("@:%!-[]+")


def encode(reverse_path: str, forward_path: str) -> str:
    """`list-return@here` + `j+k@host.tld` → `list-return-j+2Bk=host.tld@here`.

    Without a domain in the reverse-path there is nothing to encode into.
    """
    local, at, domain = reverse_path.rpartition("@")
    if not at:
        return reverse_path
    to, _, host = forward_path.rpartition("@")
    encoded = f"{_plain(local)}-{_escaped(_plain(to))}={_escaped(host)}"
    return f"{quote_local(encoded)}@{domain}"


def decode(local: str) -> tuple[str, str] | None:
    """The reverse-path's own local part and the recipient, from an encoded local part.

    Splits at the last `=`; None when it isn't encoded.
    """
    head, equals, host = local.rpartition("=")
    own, dash, to = head.rpartition("-")
    if not (equals and dash and own and to and host):
        return None
    return own, f"{quote_local(_unescaped(to))}@{_unescaped(host)}"


def _plain(local: str) -> str:
    """A local part without its quotes."""
    return re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local


def _escaped(text: str) -> str:
    return "".join(f"+{ord(c):02X}" if c in _SPECIAL else c for c in text)


def _unescaped(text: str) -> str:
    first, *rest = text.split("+")
    return first + "".join(_character(part[:2]) + part[2:] for part in rest)


def _character(hexadecimal: str) -> str:
    try:
        found = chr(int(hexadecimal, 16))
    except ValueError:
        return "+" + hexadecimal
    return found if found in _SPECIAL else "+" + hexadecimal
