"""Maildirs (Maildir++: folders are `.A.B` inside), as others left them or will find them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from mailcore.errors import ConfigError
from mailcore.mailbox import files, flags
from mailcore.mailbox.render import with_lf
from mailcore.maildir import delivery, folders, keywords, names, subscriptions
from mailcore.migration.mail.letters import Letter


class MaildirSource:
    """Only read: what its owner's programs do meanwhile does no harm."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError when it is no Maildir."""
        if not folders.is_maildir(path):
            raise ConfigError(f"{path} is no Maildir")
        self.path = path
        self._entries = folders.listing(path)
        self._open = path

    def folders(self) -> list[str]:
        return list(self._entries)

    def subscribed(self) -> set[str]:
        return subscriptions.read(self.path)

    def open(self, folder: str) -> int:
        self._open = self.path / self._entries[folder]
        return sum(len(_listed(self._open / part)) for part in ("new", "cur"))

    def letters(self) -> Iterator[Letter]:
        listed = sorted(_listed(self._open / "cur"))
        words = keywords.read(self._open, listed)
        for part, entries in (("cur", listed), ("new", sorted(_listed(self._open / "new")))):
            for name in entries:
                base, bits = names.split(name)
                place = self._open / part / name
                try:
                    facts = place.lstat()
                except OSError:
                    continue
                token = f"{place.parent.parent.name} {base}".encode("utf-8", "surrogateescape")
                yield Letter(
                    "maildir" + blake2b(token, digest_size=16).hexdigest(),
                    flags.names_of(bits if part == "cur" else 0, "") | words.get(base, frozenset()),
                    int(facts.st_mtime), facts.st_size, str(place),
                )  # fmt: skip

    def load(self, chosen: Sequence[Letter]) -> Iterator[tuple[Letter, bytes]]:
        for letter in chosen:
            try:
                yield letter, files.read_named(letter.place)[0]
            except OSError:
                continue


class MaildirTarget:
    """A message keeps one file name for ever, so that it is found there when we come again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        folders.make(path, folder=False)
        self._folder = path
        self._there: set[str] = set()
        self._words: dict[str, frozenset[str]] = {}

    def begin(self, folder: str) -> None:
        self._folder = self.path / folders.directory(folder)
        if self._folder != self.path:
            folders.make(self._folder, folder=True)
        listed = _listed(self._folder / "cur")
        self._words = keywords.read(self._folder, listed)
        self._there = {names.split(name)[0].partition(",")[0] for name in listed}

    def has(self, letter: Letter) -> bool:
        return _stem(letter) in self._there

    def put(self, letters: Iterable[tuple[Letter, bytes]]) -> None:
        written = []
        for letter, data in letters:
            on_disk = with_lf(data)
            base = f"{_stem(letter)},S={len(on_disk)},W={letter.size}"
            one = delivery.write(self._folder, base, (on_disk,))
            os.utime(one.descriptor, (letter.date, letter.date))
            bits, words = flags.parse(letter.flags)
            written.append((one, names.with_flags(base, bits)))
            if words:
                self._words[base] = frozenset(words.split())
        delivery.settle([one for one, _ in written])
        for one, name in written:
            delivery.publish(self._folder, one, name, into="cur")
        delivery.flush([self._folder / "cur"])

    def finish(self) -> None:
        if self._words:
            keywords.write(self._folder, self._words)

    def subscribe(self, folders: Iterable[str]) -> None:
        subscriptions.write(self.path, subscriptions.read(self.path) | set(folders))


def _listed(directory: Path) -> list[str]:
    return [entry.name for entry in directory.iterdir() if not entry.name.startswith(".")]


def _stem(letter: Letter) -> str:
    return f"{letter.date}.{letter.token}.export"
