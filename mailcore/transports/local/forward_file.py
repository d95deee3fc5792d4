"""`|| dotforward`: follow the `.forward` of a home, as far as it may be followed.

It is carried out here, so it needs no program; what it lists may need one.
"""

import errno
import os
from collections.abc import Iterator

from mailcore import status
from mailcore.envelope import Path
from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.message import trace
from mailcore.routing import dotforward, homes
from mailcore.routing.dotcourier import Forward, Instruction
from mailcore.routing.dotforward import Include
from mailcore.transports import contents
from mailcore.transports.local import arrivals
from mailcore.transports.local.errand import Errand

FILE = ".forward"
_MOST_FILES = 100


def instructions(errand: Errand) -> tuple[list[Instruction], bool]:
    """What `.forward` lists, and whether the next instruction follows it.

    That is so when there is no such file, or the account's own address is in it.  Addresses
    that have had the message are left out.  Raises TemporaryFailure for a file that can't be
    used, OSError when the message can't be read.
    """
    reading = _Reading(errand)
    listed = list(reading.entries(FILE, 0))
    if not reading.files:
        return [], True
    own = {errand.account.address, arrivals.forward_path(errand.recipient).key}
    lower = contents.header(errand.message, errand.row).lower()
    addresses: dict[str, Path] = {}
    others: list[Instruction] = []
    goes_on = False
    for entry in listed:
        if not isinstance(entry, Forward):
            others.append(entry)
            continue
        [address] = entry.addresses
        if address.key in own:
            goes_on = True
        elif not trace.was_delivered_to(lower, address):
            addresses.setdefault(address.key, address)
    onward = [Forward(tuple(addresses.values()), 1)] if addresses else []
    return [*others, *onward], goes_on


class _Reading:
    """The files of one errand's list; lives while they are read."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self.files = 0

    def entries(self, name: str, depth: int) -> Iterator[Instruction]:
        """Entries of a file and of what it includes; from those, addresses only."""
        if depth > dotforward.DEEPEST:
            raise _unusable(f"lists include each other more than {dotforward.DEEPEST} deep")
        text = self._read(name, depth)
        if text is None:
            return
        try:
            found = dotforward.parse(text, self.errand.account.domain)
        except GrammarError as problem:
            raise _unusable(f"{name}: {problem}") from None
        for entry in found:
            if isinstance(entry, Include):
                yield from self.entries(entry.path, depth + 1)
            elif not depth or isinstance(entry, Forward):
                yield entry

    def _read(self, name: str, depth: int) -> bytes | None:
        """A file within the home; None when there is no `.forward`."""
        home = self.errand.home
        path = os.path.relpath(os.path.realpath(home / name), os.path.realpath(home))
        if path.startswith("..") or self.files >= _MOST_FILES:
            raise _unusable(f"{name} must not be included")
        try:
            text = homes.read(home, path, dotforward.LONGEST)
        except OSError as problem:
            if depth or problem.errno != errno.ENOENT:
                raise _unusable(f"{name} can't be read") from problem
            return None
        self.files += 1
        return text


def _unusable(why: str) -> TemporaryFailure:
    return TemporaryFailure(status.OTHER_SYSTEM, f"Forwarding list: {why}.")
