"""mbox files: many messages in one file, each after a line `From sender date`.

Written as mboxrd: `>From `, `>>From ` … stand for themselves with one `>` more.  Flags are in
Status, X-Status and X-Keywords, as mutt, Dovecot and Courier's converters write them.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from mailcore.errors import ConfigError
from mailcore.message import date as dates
from mailcore.message import header
from mailcore.migration.mail.letters import Letter

_LONGEST_LINE = 1 << 20
_FROM = re.compile(
    rb"From \S+ {1,3}(\w{3} \w{3} [ \d]\d \d\d:\d\d(?::\d\d)?(?: [A-Z]{3,4})? \d{4})"
)
_OUR_FIELDS = re.compile(
    rb"^(?:status|x-status|x-keywords|x-keyword|x-uid|x-imap|x-imapbase|content-length):"
    rb"[^\n]*+\n(?:[ \t][^\n]*+\n)*+",
    re.I | re.M,
)
_QUOTED = re.compile(rb"^>(>*From )", re.M)
_UNQUOTED = re.compile(rb"^(>*From )", re.M)
_LETTERS = {"R": "\\Seen", "A": "\\Answered", "F": "\\Flagged", "T": "\\Draft", "D": "\\Deleted"}
_HEAD = 64 * 1024


class MboxSource:
    """One file for one folder, or a directory of files named after theirs."""

    def __init__(self, path: Path, folder: str) -> None:
        """Raises ConfigError when there is nothing to read."""
        if path.is_dir():
            self._files = {_folder_of(one): one for one in sorted(path.iterdir()) if one.is_file()}
        elif path.is_file():
            self._files = {folder: path}
        else:
            raise ConfigError(f"there is no {path}")
        self._file: BinaryIO | None = None
        self._folder = ""

    def folders(self) -> list[str]:
        return list(self._files)

    def subscribed(self) -> set[str]:
        return set(self._files)

    def open(self, folder: str) -> int:
        self.close()
        self._folder = folder
        self._file = self._files[folder].open("rb")
        if not self._file.read(5) == b"From " and os.fstat(self._file.fileno()).st_size:
            raise ConfigError(f"{self._files[folder]} is no mbox: it does not begin with “From ”")
        return sum(1 for _ in self._spans())

    def letters(self) -> Iterator[Letter]:
        seen: Counter[bytes] = Counter()
        for start, end in self._spans():
            first, data = self._cut(start, min(end, start + _HEAD))
            digest = blake2b(
                f"{end - start} ".encode() + first + _OUR_FIELDS.sub(b"", data), digest_size=16
            ).digest()
            seen[digest] += 1
            token = blake2b(
                f"{self._folder} {digest.hex()} {seen[digest]}".encode(), digest_size=16
            )
            head = data.partition(b"\n\n")[0] + b"\n\n"
            yield Letter(
                "mbox" + token.hexdigest(), _flags(head), _date(first, head), end - start,
                f"{start}-{end}",
            )  # fmt: skip

    def load(self, chosen: Sequence[Letter]) -> Iterator[tuple[Letter, bytes]]:
        for letter in chosen:
            start, _, end = letter.place.partition("-")
            _, data = self._cut(int(start), int(end))
            head, gap, body = data.partition(b"\n\n")
            yield letter, _OUR_FIELDS.sub(b"", head + b"\n") + gap[1:] + _QUOTED.sub(rb"\1", body)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ConfigError("no folder is open")
        return self._file

    def _spans(self) -> Iterator[tuple[int, int]]:
        """Where each message begins and ends, its From line included, the empty line after not."""
        file = self._opened
        file.seek(0)
        start, at, after_blank, whole = -1, 0, True, True
        while line := file.readline(_LONGEST_LINE):
            if whole and after_blank and line.startswith(b"From "):
                if start >= 0:
                    yield start, at
                    file.seek(at + len(line))
                start = at
            at += len(line)
            if whole:
                after_blank = line in (b"\n", b"\r\n")
            whole = line.endswith(b"\n")
        if start >= 0:
            yield start, at

    def _cut(self, start: int, end: int) -> tuple[bytes, bytes]:
        """The From line and what follows it, with LF line ends."""
        file = self._opened
        file.seek(start)
        data = file.read(end - start).replace(b"\r\n", b"\n")
        first, _, rest = data.partition(b"\n")
        return first, rest.removesuffix(b"\n") if rest.endswith(b"\n\n") else rest


def _folder_of(file: Path) -> str:
    stem = file.name.removesuffix(".mbox")
    return stem if stem.partition(".")[0].upper() == "INBOX" else f"INBOX.{stem}"


def _flags(head: bytes) -> frozenset[str]:
    found = {field.name: field.value for field in header.fields(head)}
    letters = (found.get(b"status", b"") + found.get(b"x-status", b"")).decode("latin-1")
    words = found.get(b"x-keywords", b"").decode("utf-8", "replace").replace(",", " ").split()
    return frozenset([_LETTERS[one] for one in letters if one in _LETTERS] + words)


def _date(first: bytes, head: bytes) -> int:
    """When it arrived: the From line says, else the message's own date, else nobody knows."""
    found = _FROM.match(first)
    if found is not None:
        words = found[1].split()
        clock = words[3] if words[3].count(b":") == 2 else words[3] + b":00"
        text = b" ".join([*words[:3], clock, words[-1]]).decode("latin-1")
        try:
            return int(
                datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()
            )
        except ValueError:
            pass
    for field in header.fields(head):
        if field.name == b"date":
            sent = dates.parse(field.value)
            return int(sent.timestamp()) if sent else 0
    return 0


class MboxTarget:
    """A directory with one file for each folder; a file that is there is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file: BinaryIO | None = None
        self._done: Path = path

    def begin(self, folder: str) -> None:
        self._done = self.path / f"{folder}.mbox"
        if not self._done.exists():
            part = self.path / "tmp.part"
            part.unlink(missing_ok=True)
            self._file = os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb"
            )

    def has(self, letter: Letter) -> bool:
        return self._file is None

    def put(self, letters: Iterable[tuple[Letter, bytes]]) -> None:
        for letter, data in letters:
            if self._file is not None:
                self._file.write(_written(letter, data))

    def finish(self) -> None:
        if self._file is None:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        (self.path / "tmp.part").rename(self._done)

    def subscribe(self, folders: Iterable[str]) -> None:
        """An mbox knows no subscriptions."""


def _written(letter: Letter, data: bytes) -> bytes:
    head, gap, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    stamp = datetime.fromtimestamp(letter.date, UTC).strftime("%a %b %d %H:%M:%S %Y")
    status = ("R" if "\\Seen" in letter.flags else "") + "O"
    more = "".join(one for one in "AFTD" if _LETTERS[one] in letter.flags)
    words = " ".join(sorted(one for one in letter.flags if not one.startswith("\\")))
    fields = f"Status: {status}\n" + (f"X-Status: {more}\n" if more else "")
    fields += f"X-Keywords: {words}\n" if words else ""
    return b"".join(
        [
            b"From MAILER-DAEMON " + stamp.encode() + b"\n",
            _OUR_FIELDS.sub(b"", head + b"\n") + fields.encode(),
            gap[1:] or b"\n",
            _UNQUOTED.sub(rb">\1", body),
            b"" if not body or body.endswith(b"\n") else b"\n",
            b"\n",
        ]
    )
