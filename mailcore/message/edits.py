"""Changes to a header, one field after another, as filters ask for them.  Works on CRLF form."""

import re

from mailcore.message import header

_NAME = re.compile(rb"[!-9;-~]+")


class Header:
    """A header's fields with their line ends, in order; what is no field stays where it is."""

    def __init__(self, block: bytes) -> None:
        self._fields: list[tuple[bytes, bytes]] = []  # (name in lower case, octets)
        self.changed = False
        done = 0
        for field in header.fields(block):
            if field.start > done:
                self._fields.append((b"", block[done : field.start]))
            self._fields.append((field.name, block[field.start : field.end]))
            done = field.end
        if done < len(block):
            self._fields.append((b"", block[done:]))

    def append(self, name: bytes, value: bytes) -> None:
        self.insert(len(self._fields), name, value)

    def insert(self, index: int, name: bytes, value: bytes) -> None:
        """Put a field before the one at `index`; behind the last if there are fewer."""
        if made := _field(name, value):
            self._fields.insert(index, (name.lower(), made))
            self.changed = True

    def change(self, name: bytes, occurrence: int, value: bytes) -> None:
        """Give the field that is the `occurrence`-th of its name (from 1) another value.

        An empty value removes it; where there is none it is added.
        """
        places = [at for at, (known, _) in enumerate(self._fields) if known == name.lower()]
        if 0 < occurrence <= len(places):
            at = places[occurrence - 1]
            made = _field(name, value) if value else b""
            self._fields[at : at + 1] = [(name.lower(), made)] if made else []
            self.changed = True
        elif value:
            self.append(name, value)

    @property
    def block(self) -> bytes:
        return b"".join(octets for _, octets in self._fields)


def _field(name: bytes, value: bytes) -> bytes:
    """A field with its line end, b"" for a name that is none; no line of it can be a new field."""
    if not _NAME.fullmatch(name):
        return b""
    lines = [line.rstrip(b"\r") for line in value.replace(b"\0", b"").split(b"\n")]
    lines = [line.replace(b"\r", b" ") for line in lines if line.strip()]
    folded = b"\r\n".join(
        line if at == 0 or line.startswith((b" ", b"\t")) else b"\t" + line
        for at, line in enumerate(lines)
    )
    blank = b"" if folded.startswith((b" ", b"\t")) else b" "
    return name + b":" + blank + folded + b"\r\n"
