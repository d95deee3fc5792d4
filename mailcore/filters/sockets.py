"""Courier's global filters: programs that listen on a UNIX socket and judge whole messages.

A filter is told the absolute paths of the message and of its control files, one a line, then an
empty line; it answers with a reply in SMTP's form.  It reads those files and edits nothing.
"""

import contextlib
import os
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcore.errors import GrammarError

ALL, SCREENED = "allfilters", "filters"  # for every recipient; for those who asked for filters

_CONNECT = 10.0  # seconds
_TRIES, _PAUSE = 5, 1.0  # while the filter's queue is full
_LONGEST = 65_536  # octets of an answer
_LINE = re.compile(rb"([0-9]{3})(?:([ -])([^\r\n]*))?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a filter says; `code` as it was written, so 0xx is below 100."""

    code: int
    text: str

    @property
    def refuses(self) -> bool:
        return 400 <= self.code < 600

    @property
    def is_enough(self) -> bool:
        """Accepted, and no further filter of its directory is asked.  Courier: first digit 0."""
        return self.code < 100


def parse(octets: bytes) -> Answer:
    """A whole answer: lines of one code, each but the last with a hyphen behind it.

    Raises GrammarError for anything else.
    """
    lines = octets.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    texts, code = [], b""
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None or (code and found[1] != code):
            raise GrammarError("not a filter's answer")
        if (found[2] == b"-") != (number < len(lines)):
            raise GrammarError("a filter's answer that breaks off")
        code = found[1]
        texts.append((found[3] or b"").decode("utf-8", "replace"))
    return Answer(int(code), "\n".join(texts))


def listening(home: Path, directory: str) -> list[Path]:
    """The filters of a directory below `home`, in the order they are asked.

    Names that begin with a dot are filters on their way up.  Raises OSError when the directory
    can't be read; one that isn't there has none.
    """
    try:
        with os.scandir(f"{home}/{directory}") as entries:  # asked for each message
            names = sorted(entry.name for entry in entries if entry.name[0] != ".")
    except FileNotFoundError:
        return []
    return [home / directory / name for name in names]


def ask_all(filters: Sequence[Path], files: Sequence[Path], seconds: float) -> Answer | None:
    """Ask one filter after another; the first refusal, or None.  `seconds` for each.

    Raises OSError or GrammarError when one can't be asked: then nothing may pass (trap 17).
    """
    for each in filters:
        answer = ask(each, files, seconds)
        if answer.refuses:
            return answer
        if answer.is_enough:
            return None
    return None


def ask(place: Path, files: Sequence[Path], seconds: float) -> Answer:
    """One filter's answer about the message and control `files`, within so many seconds.

    Raises OSError (time-outs too) and GrammarError.
    """
    deadline = time.monotonic() + seconds
    told = b"".join(bytes(path) + b"\n" for path in files) + b"\n"
    with contextlib.closing(_connected(place, min(seconds, _CONNECT))) as wire:
        wire.settimeout(max(deadline - time.monotonic(), 0.001))
        wire.sendall(told)
        octets = b""
        while not _is_whole(octets):
            wire.settimeout(max(deadline - time.monotonic(), 0.001))
            more = wire.recv(_LONGEST + 1 - len(octets))
            if not more:
                break
            octets += more
            if len(octets) > _LONGEST:
                raise GrammarError("a filter's answer without an end")
    return parse(octets)


def _is_whole(octets: bytes) -> bool:
    """Whether the last line has come: one without a hyphen behind its code."""
    if not octets.endswith(b"\n"):
        return False
    last = octets[octets.rfind(b"\n", 0, -1) + 1 :]
    return last[3:4] != b"-"


def _connected(place: Path, seconds: float) -> socket.socket:
    """A connection; a filter that has too many just now is tried some more."""
    for left in reversed(range(_TRIES)):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(seconds)
        try:
            made.connect(str(place))
        except OSError as error:
            made.close()
            if not isinstance(error, BlockingIOError) or not left:
                raise
            time.sleep(_PAUSE)
        else:
            return made
    raise AssertionError("unreachable")
