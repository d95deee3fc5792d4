"""Carry all mail of one store into another; done again, it goes on where it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mailcore.migration.mail.letters import FolderRefused, Letter, Source, Target, batches

MOST_TOLD = 1000


@dataclass(slots=True)
class Tally:
    """What became of the messages; `skipped` names what was left and why."""

    brought: int = 0
    known: int = 0
    octets: int = 0
    skipped: list[str] = field(default_factory=list)


Report = Callable[[str, int, int, Tally], None]
"""Called with the folder, messages done, messages in all, and the tally so far."""


def carry(
    source: Source, target: Target, *, largest: int, only: Sequence[str], report: Report
) -> Tally:
    """Bring each message that the target has not; messages of more octets than `largest` stay.

    `only` names the folders to carry, empty for all.  Raises what source and target raise; what
    was brought until then stays.
    """
    tally = Tally()
    folders = [name for name in source.folders() if not only or name in only]
    for folder in folders:
        try:
            total, done = source.open(folder), 0
            target.begin(folder)
        except FolderRefused as refused:
            tally.skipped.append(f"{folder}: {refused}")
            continue
        report(folder, 0, total, tally)
        for batch in batches(source.letters()):
            _batch(source, target, folder, batch, largest, tally)
            done += len(batch)
            report(folder, done, max(total, done), tally)
        target.finish()
    target.subscribe(source.subscribed() & set(folders))
    return tally


def _batch(
    source: Source, target: Target, folder: str, batch: list[Letter], largest: int, tally: Tally
) -> None:
    wanted = []
    for letter in batch:
        if letter.size > largest:
            if len(tally.skipped) < MOST_TOLD:
                tally.skipped.append(f"{folder} {letter.place}: {letter.size} octets")
        elif target.has(letter):
            tally.known += 1
        else:
            wanted.append(letter)
    loaded = list(source.load(wanted)) if wanted else []
    if loaded:
        target.put(loaded)
    tally.brought += len(loaded)
    tally.octets += sum(len(data) for _, data in loaded)
