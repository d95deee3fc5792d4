"""SMTP replies with enhanced status codes.  RFC 5321 §4.2, RFC 2034."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.status import Status

_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]")
_LINE = re.compile(rb"([2-5][0-9]{2})(?:[ -]([^\r\n]*))?")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)")
_LONGEST_LINE = 900  # octets of text; RFC 5321 §4.5.3.1.5 asks for 512, everybody takes more


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; lines of `text` are separated by LF.  `status` goes on every line."""

    code: int
    status: Status | None
    text: str

    @property
    def is_success(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_temporary(self) -> bool:
        return 400 <= self.code < 500

    def __str__(self) -> str:
        status = f"{self.status} " if self.status else ""
        return f"{self.code} {status}{self.text}"

    def encode(self) -> bytes:
        """The reply as it goes over the wire.

        Text of strangers may be in it: control characters become blanks, long lines are cut.
        """
        prefix = f"{self.status} ".encode() if self.status else b""
        lines = [
            _UNSAFE.sub(" ", line).encode("utf-8", "replace")[:_LONGEST_LINE]
            for line in self.text.split("\n")
        ]
        code = b"%d" % self.code
        out = b"".join(code + b"-" + prefix + line + b"\r\n" for line in lines[:-1])
        return out + code + b" " + prefix + lines[-1] + b"\r\n"


def parse(lines: Iterable[bytes]) -> Reply:
    """Read a whole reply from its lines (line ends optional), as a client does.

    Raises GrammarError when they are no reply or their codes differ.
    """
    code = 0
    status: Status | None = None
    texts: list[str] = []
    for line in lines:
        found = _LINE.fullmatch(line.rstrip(b"\r\n"))
        if found is None or (code and int(found[1]) != code):
            raise GrammarError("not an SMTP reply")
        code = int(found[1])
        text = (found[2] or b"").decode("utf-8", "replace")
        enhanced = _ENHANCED.match(text)
        if enhanced is not None:
            status = status or Status.parse(enhanced[1])
            text = text[enhanced.end() :]
        texts.append(text)
    if not code:
        raise GrammarError("not an SMTP reply")
    return Reply(code, status, "\n".join(texts))


def is_last(line: bytes) -> bool:
    """Whether a line ends its reply; a line that is no reply line ends it too."""
    return line[3:4] != b"-"
