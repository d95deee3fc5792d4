"""Old configuration files, read within bounds: ordinary files only, and never too much.

The tree may be a copy: `root` is put before absolute paths that a file names.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

LARGEST = 8 << 20  # octets of one file
LONGEST_LINE = 65_536
MOST_FILES = 2_000  # of one directory
MOST_READ = 64 << 20  # octets in all

_REFUSED = re.compile(r"\.(?:rpmsave|rpmnew|rpmorig)$|\.dpkg-[a-z]+$|\.ucf-[a-z]+$")


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not read, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Text:
    """A file's content.  `name` is how the report calls it."""

    name: str
    text: str


class Files:
    """The files below `top`.  Nothing is read twice without need, and `MOST_READ` is the end."""

    def __init__(self, top: Path, root: Path = Path("/")) -> None:
        self.top = top
        self._root = root
        self._left = MOST_READ

    def names(self) -> list[str]:
        """Everything directly below `top`."""
        try:
            return sorted(entry.name for entry in os.scandir(self.top))[:MOST_FILES]
        except OSError:
            return []

    def is_directory(self, name: str) -> bool:
        return (self.top / name).is_dir()

    def read(self, name: str) -> Text | Refused | None:
        """The file `name`; None when there is none."""
        return self._open(self.top / name, name)

    def read_absolute(self, path: str) -> Text | Refused | None:
        """A file that another one names by its absolute path."""
        clean = os.path.normpath("/" + path).lstrip("/")
        return self._open(self._root / clean, path)

    def read_all(self, name: str) -> list[Text | Refused]:
        """The file `name`, or every file of the directory `name`, as Courier's make… did.

        Names with a tilde are passed over; what package managers leave behind is refused.
        """
        if not self.is_directory(name):
            one = self.read(name)
            return [] if one is None else [one]
        found: list[Text | Refused] = []
        inside = Files(self.top / name, self._root)
        present = inside.names()
        for entry in present:
            path = f"{name}/{entry}"
            if "~" in entry or entry.startswith(".") or inside.is_directory(entry):
                continue
            if _REFUSED.search(entry):
                found.append(Refused(path, "left behind by a package manager; Courier stops here"))
            elif entry.endswith(".dist") and entry[:-5] in present:
                continue
            else:
                one = self._open(self.top / name / entry, path)
                found += [] if one is None else [one]
        return found

    def _open(self, path: Path, name: str) -> Text | Refused | None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Refused(name, f"cannot be read: {error.strerror}")
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                return Refused(name, "not an ordinary file")
            if facts.st_size > min(LARGEST, self._left):
                return Refused(name, "too large")
            octets = file.read(LARGEST + 1)
        self._left -= len(octets)
        return _text(octets, name)


def _text(octets: bytes, name: str) -> Text | Refused:
    if len(octets) > LARGEST:
        return Refused(name, "too large")
    if b"\0" in octets:
        return Refused(name, "not text")
    octets = octets.replace(b"\r\n", b"\n")
    if max(map(len, octets.split(b"\n"))) > LONGEST_LINE:
        return Refused(name, "a line is too long")
    try:
        return Text(name, octets.decode())
    except UnicodeDecodeError:
        return Text(name, octets.decode("latin-1"))
