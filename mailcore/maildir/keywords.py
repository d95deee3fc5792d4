"""Keywords that lie in a folder: Courier's `courierimapkeywords/`, Dovecot's `dovecot-keywords`.

Read when an index is first built.  Courier's design is lock-free: `:list` is the
consolidated state, a file named like a message replaces that message's keywords, and
`.<n>.<message>` is such a replacement already taken into some `:list`.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from mailcore.maildir import names

COURIER = "courierimapkeywords"
DOVECOT = "dovecot-keywords"
_LARGEST = 1 << 20
_USED = re.compile(r"\.(\d+)\.(.+)", re.DOTALL)


def read(folder: Path, listed: list[str]) -> dict[str, frozenset[str]]:
    """Base name → keywords, for messages that have any; `listed` are the file names in cur/."""
    found = {**_read_dovecot(folder, listed), **_read_courier(folder / COURIER)}
    return {base: words for base, words in found.items() if words}


def write(folder: Path, words: Mapping[str, Iterable[str]]) -> None:
    """Replace Courier's consolidated list by these (base name → keywords)."""
    directory = folder / COURIER
    directory.mkdir(mode=0o700, exist_ok=True)
    every = sorted({word for some in words.values() for word in some})
    number = {word: at for at, word in enumerate(every)}
    lines = [
        f"{base}:{' '.join(str(number[word]) for word in sorted(some))}"
        for base, some in words.items()
    ]
    temporary = folder / "tmp" / f"{COURIER}.{names.unique()}"
    temporary.write_text(
        "\n".join([*every, "", *lines, ""]), encoding="utf-8", errors="surrogateescape"
    )
    temporary.replace(directory / ":list")
    for entry in directory.iterdir():
        if entry.name != ":list":
            entry.unlink(missing_ok=True)  # older than the list, and Courier would prefer it


def _text(file: str | Path) -> str:
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
            return opened.read(_LARGEST).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _read_courier(directory: Path) -> dict[str, frozenset[str]]:
    try:
        entries = os.listdir(directory)
    except OSError:
        return {}
    found = _consolidated(_text(directory / ":list"))
    newest: dict[str, tuple[float, str]] = {}
    for entry in entries:
        used = _USED.fullmatch(entry)
        base = used.group(2) if used else entry
        if entry == ":list" or (entry.startswith(".") and not used):
            continue
        rank = float(used.group(1)) if used else float("inf")
        if rank >= newest.get(base, (-1.0, ""))[0]:
            newest[base] = (rank, entry)
    for base, (_, entry) in newest.items():
        found[base] = frozenset(_text(directory / entry).split())
    return found


def _consolidated(text: str) -> dict[str, frozenset[str]]:
    """`:list`: keyword names, an empty line, then `<file name>:<index> <index> …`."""
    head, _, body = text.partition("\n\n")
    words = head.split("\n")
    found: dict[str, frozenset[str]] = {}
    for line in body.splitlines():
        base, _, numbers = line.rpartition(":")
        try:
            found[base] = frozenset(words[int(number)] for number in numbers.split())
        except (ValueError, IndexError):
            continue
    return found


def dovecot_letters(folder: Path) -> dict[str, str]:
    """Small letter → keyword, from `<n> <keyword>` lines."""
    words: dict[str, str] = {}
    for line in _text(folder / DOVECOT).splitlines():
        number, _, word = line.partition(" ")
        if number.isascii() and number.isdigit() and int(number) < 26 and word:
            words[chr(ord("a") + int(number))] = word
    return words


def name_dovecot_letters(folder: Path, words: Iterable[str]) -> dict[str, str]:
    """Keyword → small letter, giving letters to those of `words` that have none.

    There are 26; what comes later has none, for Dovecot neither.
    """
    known = dovecot_letters(folder)
    missing = sorted(set(words) - set(known.values()))
    free = [letter for letter in map(chr, range(ord("a"), ord("z") + 1)) if letter not in known]
    if missing and free:
        known.update(zip(free, missing, strict=False))
        lines = [f"{ord(letter) - ord('a')} {word}\n" for letter, word in sorted(known.items())]
        temporary = folder / "tmp" / f"{DOVECOT}.{names.unique()}"
        temporary.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
        temporary.replace(folder / DOVECOT)
    return {word: letter for letter, word in known.items()}


def _read_dovecot(folder: Path, listed: list[str]) -> dict[str, frozenset[str]]:
    """A message has the n-th keyword when its flags hold the n-th small letter."""
    words = dovecot_letters(folder)
    found: dict[str, frozenset[str]] = {}
    for name in listed if words else ():
        base, _, info = name.partition(":2,")
        letters = [words[letter] for letter in info if letter in words]
        if letters:
            found[base] = frozenset(letters)
    return found
