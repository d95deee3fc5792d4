"""The part tree of a message with byte offsets.  RFC 2045, RFC 2046.

One pass from delimiter line to delimiter line, no recursion.  Beyond the limits of depth
and number, a composite part is a leaf: its octets are all there, only not taken apart.
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailcore.message import header, parameters
from mailcore.message.charset import to_text
from mailcore.message.encoded_words import base64_octets
from mailcore.message.encoded_words import decode as decode_words
from mailcore.message.header import Field
from mailcore.message.limits import DEFAULT, Limits

_DELIMITER = re.compile(rb"\n--([^\r\n]*)")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~0-9a-z-]+")
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(slots=True, eq=False)
class Part:
    """One part.  Offsets are into the scanned message; `end` excludes the delimiter's CRLF.

    `type`, `subtype`, `encoding` and `disposition` are lower case; `children` of a
    multipart, `embedded` for the message inside message/rfc822.  `lines` counts line ends
    of text and message parts.  `problems` names what was broken, on the root.
    """

    type: str = "text"
    subtype: str = "plain"
    parameters: dict[str, str] = field(default_factory=dict)
    raw_parameters: tuple[tuple[str, str], ...] = ()
    disposition: str = ""
    disposition_parameters: dict[str, str] = field(default_factory=dict)
    raw_disposition_parameters: tuple[tuple[str, str], ...] = ()
    encoding: str = ""
    id: bytes = b""
    description: bytes = b""
    language: bytes = b""
    location: bytes = b""
    md5: bytes = b""
    header_start: int = 0
    body_start: int = 0
    end: int = 0
    lines: int = 0
    fields: list[Field] = field(default_factory=list)
    children: list["Part"] = field(default_factory=list)
    embedded: "Part | None" = None
    declared: bool = False  # it has a Content-Type that could be read
    problems: list[str] = field(default_factory=list)

    @property
    def content_type(self) -> str:
        return f"{self.type}/{self.subtype}"

    @property
    def filename(self) -> str:
        """The name its sender gave it, with no directory; empty when there is none."""
        name = self.disposition_parameters.get("filename") or self.parameters.get("name") or ""
        return re.split(r"[/\\]", name)[-1] if name else ""

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)

    @property
    def is_attachment(self) -> bool:
        return self.disposition == "attachment" or bool(self.filename)


def scan(message: bytes, limits: Limits = DEFAULT) -> Part:
    """The tree of `message`; CRLF and LF line ends alike.  Never raises."""
    return _Scanner(message, limits).run()


class _Scanner:
    """Walks the delimiter lines once; lives for one message."""

    def __init__(self, message: bytes, limits: Limits) -> None:
        self.message = message
        self.limits = limits
        self.open: list[tuple[Part, bytes]] = []  # enclosing parts and their boundaries
        self.boundaries: dict[bytes, int] = {}  # how many open parts wait for this one
        self.blank = (-1, -1)  # the next empty line: (start, end); found once, used by many
        self.count = 0
        self.problems: list[str] = []

    def run(self) -> Part:
        root = self._begin(0, "text/plain")
        root.problems = self.problems
        if self.boundaries:
            self._walk()
        else:
            self._close(0, len(self.message))
        return root

    def _walk(self) -> None:
        message = self.message
        at = self.open[-1][0].body_start
        while self.boundaries:
            match = _DELIMITER.search(message, max(at - 1, 0))
            if match is None:
                break
            at = match.end()
            level, closing = self._level(match[1])
            if level < 0:
                continue
            if not closing and self.count >= self.limits.parts:
                self.problems.append("too many parts")
                break
            self._close(level + 1, _before_line_end(message, match.start() + 1))
            parent, boundary = self.open[level]
            if closing:
                self._forget(boundary)
                self.open[level] = (parent, b"")
            else:
                newline = message.find(b"\n", at)
                at = self._child(parent, newline + 1 if newline >= 0 else len(message))
        if self.boundaries and not self.problems:
            self.problems.append("a multipart is not closed")
        self._close(0, len(message))

    def _child(self, parent: Part, at: int) -> int:
        inherited = "message/rfc822" if parent.subtype == "digest" else "text/plain"
        child = self._begin(at, inherited)
        parent.children.append(child)
        return self.open[-1][0].body_start

    def _begin(self, at: int, inherited: str) -> Part:
        """Open the part whose header starts at `at`, and the messages embedded in it."""
        first = part = self._header(at, inherited)
        while True:
            boundary = self._boundary(part)
            self.open.append((part, boundary))
            if boundary:
                self.boundaries[boundary] = self.boundaries.get(boundary, 0) + 1
            if not self._embeds(part):
                return first
            part.embedded = self._header(part.body_start, "text/plain")
            part = part.embedded

    def _embeds(self, part: Part) -> bool:
        if part.type != "message" or part.subtype not in ("rfc822", "global"):
            return False
        if part.encoding not in _IDENTITY:
            self.problems.append("an encoded message/rfc822")
            return False
        if len(self.open) >= self.limits.depth or self.count >= self.limits.parts:
            self._too_deep()
            return False
        return True

    def _boundary(self, part: Part) -> bytes:
        if part.type != "multipart":
            return b""
        boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        if part.encoding not in _IDENTITY:
            self.problems.append("an encoded multipart")
        if not boundary or len(boundary) > 500:
            self.problems.append("a multipart without a boundary")
            return b""
        if len(self.open) >= self.limits.depth:
            self._too_deep()
            return b""
        if boundary in self.boundaries:
            self.problems.append("a boundary used twice")
        return boundary

    def _too_deep(self) -> None:
        if "nested too deeply" not in self.problems:
            self.problems.append("nested too deeply")

    def _level(self, line: bytes) -> tuple[int, bool]:
        """Whose delimiter a line is: an index into `open`, -1 for nobody's."""
        line = line.rstrip()
        closing = False
        if line not in self.boundaries:
            if not line.endswith(b"--") or line[:-2] not in self.boundaries:
                return -1, False
            line, closing = line[:-2], True
        for level in range(len(self.open) - 1, -1, -1):
            if self.open[level][1] == line:
                return level, closing
        return -1, False  # pragma: no cover - the two tables agree

    def _close(self, level: int, end: int) -> None:
        """End every open part from `level` inwards at `end`."""
        while len(self.open) > level:
            part, boundary = self.open.pop()
            if boundary:
                self._forget(boundary)
            part.end = max(end, part.body_start)
            if part.type in ("text", "message"):
                part.lines = self.message.count(b"\n", part.body_start, part.end)

    def _forget(self, boundary: bytes) -> None:
        left = self.boundaries[boundary] - 1
        if left:
            self.boundaries[boundary] = left
        else:
            del self.boundaries[boundary]

    def _header(self, at: int, inherited: str) -> Part:
        self.count += 1
        header_end, body_start = self._header_end(at)
        part = Part(header_start=at, body_start=body_start)
        block = self.message[at : min(header_end, at + self.limits.header_bytes)]
        part.fields = header.fields(block, self.limits)
        part.type, part.subtype = inherited.split("/")
        _describe(part, self.limits)
        return part

    def _header_end(self, at: int) -> tuple[int, int]:
        """Where the header ends and the body starts: an empty line, or a delimiter."""
        message = self.message
        if message.startswith(b"\n", at):
            return at, at + 1
        if message.startswith(b"\r\n", at):
            return at, at + 2
        if self.blank[0] < at:
            found = _BLANK_LINE.search(message, at)
            self.blank = found.span() if found else (len(message), len(message))
        end, body = self.blank
        if self.boundaries:
            for match in _DELIMITER.finditer(message, max(at - 1, 0), end):
                if self._level(match[1])[0] >= 0:
                    return match.start() + 1, match.start() + 1
        return end + 1, body


def _before_line_end(message: bytes, at: int) -> int:
    """`at` without the CRLF or LF before it, which belongs to the delimiter."""
    if at and message[at - 1] == 10:
        at -= 1
        if at and message[at - 1] == 13:
            at -= 1
    return at


def _describe(part: Part, limits: Limits) -> None:
    """Fill in what the part's own fields say; the first of each counts."""
    seen: set[bytes] = set()
    for entry in part.fields:
        name = entry.name
        if not name.startswith(b"content-") or name in seen:
            continue
        seen.add(name)
        if name == b"content-type":
            _content_type(part, entry.value, limits)
        elif name == b"content-transfer-encoding":
            part.encoding = to_text(entry.value[:80]).partition(";")[0].strip().lower()
        elif name == b"content-disposition":
            parsed = parameters.parse(entry.value, limits)
            part.disposition = parsed.value
            part.disposition_parameters = parsed.parameters
            part.raw_disposition_parameters = parsed.raw
        elif name in _PLAIN:
            setattr(part, _PLAIN[name], entry.value)


_PLAIN = {
    b"content-id": "id",
    b"content-description": "description",
    b"content-language": "language",
    b"content-location": "location",
    b"content-md5": "md5",
}


def _content_type(part: Part, value: bytes, limits: Limits) -> None:
    parsed = parameters.parse(value, limits)
    kind, _, subtype = parsed.value.partition("/")
    kind, subtype = kind.strip(), subtype.strip()
    if not _TOKEN.fullmatch(kind) or not _TOKEN.fullmatch(subtype):
        return  # unreadable: text/plain, as RFC 2045 §5.2 advises
    part.type, part.subtype = kind, subtype
    part.parameters, part.raw_parameters = parsed.parameters, parsed.raw
    part.declared = True


def walk(part: Part) -> Iterator[Part]:
    """The part and everything in it, outermost first."""
    waiting = [part]
    while waiting:
        current = waiting.pop()
        yield current
        if current.embedded is not None:
            waiting.append(current.embedded)
        waiting.extend(reversed(current.children))


def find(root: Part, numbers: Sequence[int]) -> Part | None:
    """The part an IMAP section such as 2.1.3 names.  RFC 9051 §6.4.5.1."""
    part = root
    for index, number in enumerate(numbers):
        inside = part.embedded if index else None
        if inside is not None:
            part = inside
        if part.children:
            if not 1 <= number <= len(part.children):
                return None
            part = part.children[number - 1]
        elif number != 1 or (index and inside is None):
            return None  # part 1 of a message that is no multipart is its own body
    return part


def decoded(message: bytes, part: Part) -> bytes:
    """The part's octets without their transfer encoding."""
    return _decode(message[part.body_start : part.end], part.encoding)


def text(message: bytes, part: Part, max_bytes: int = 1_048_576) -> str:
    """The beginning of a text part as text with LF line ends, from at most `max_bytes`."""
    raw = message[part.body_start : min(part.end, part.body_start + max_bytes)]
    return to_text(_decode(raw, part.encoding), part.parameters.get("charset", "")).replace(
        "\r\n", "\n"
    )


def _decode(raw: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64_octets(raw)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    return raw


def description(part: Part) -> str:
    """The Content-Description for people."""
    return decode_words(part.description)
