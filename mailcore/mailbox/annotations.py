"""Annotations of mailboxes and of the server: who may have which, and how many.  RFC 5464."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mailcore.errors import GrammarError
from mailcore.mailbox import rights
from mailcore.mailbox.refusals import NotPermitted, TooLong, TooMany
from mailcore.mailbox.store import MailStore
from mailcore.maildir import metadata
from mailcore.maildir.metadata import SHARED, Annotations

LONGEST_NAME = 200
PRIVATE_PREFIX, SHARED_PREFIX = "/private/", "/shared/"


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets of one value; annotations of one person, and as many shared ones, of one mailbox."""

    value: int
    entries: int


Values = Mapping[str, bytes | None]
"""Entry → its value, None for none."""


def entry_name(octets: bytes) -> str:
    """The one spelling of an entry's name; raises GrammarError when it can be none.

    RFC 5464 §3.2: /private/… or /shared/…, in any case, no wildcards, no empty parts.
    """
    text = octets.decode("latin-1").lower()
    is_plain = all("!" <= character <= "~" and character not in "*%" for character in text)
    parts = text.split("/")
    if not is_plain or len(text) > LONGEST_NAME or len(parts) < 3 or "" in parts[1:]:
        raise GrammarError("Invalid entry name.")
    if parts[0] or parts[1] not in ("private", "shared"):
        raise GrammarError("An entry begins with /private/ or /shared/.")
    return text


def mine(annotations: Annotations, address: str) -> dict[str, bytes]:
    """What one person sees of them: everybody's shared ones and their own private ones."""
    return {
        entry: value for (owner, entry), value in annotations.items() if owner in (SHARED, address)
    }


def wanted(have: Mapping[str, bytes], entry: str, depth: int) -> dict[str, bytes | None]:
    """The values of an entry and, `depth` levels down, of those below it.

    The entry itself is there even when it has no value.
    """
    found: dict[str, bytes | None] = {entry: have.get(entry)}
    if depth:
        below = entry + "/"
        found |= {
            name: value
            for name, value in have.items()
            if name.startswith(below) and name[len(below) :].count("/") < depth
        }
    return found


def require_set(had: frozenset[str], changes: Values) -> None:
    """Raises NotPermitted: shared annotations are for who may change shared flags (right w)."""
    needed = rights.READ
    if any(entry.startswith(SHARED_PREFIX) for entry in changes):
        needed += rights.WRITE
    if not had.issuperset(needed):
        raise NotPermitted("You have no right to do that.")


def change(
    store: MailStore,
    folder: Path,
    address: str,
    changes: Values,
    limits: Limits,
    *,
    file: str = metadata.FILE,
) -> None:
    """Set and remove annotations, all or none, for the person with `address`.

    Raises TooLong, TooMany.
    """
    if any(value is not None and len(value) > limits.value for value in changes.values()):
        raise TooLong("The value is too long.")
    with store.index.writing():
        after = metadata.read(folder, file)
        for entry, value in changes.items():
            key = (SHARED if entry.startswith(SHARED_PREFIX) else address, entry)
            if value is None:
                after.pop(key, None)
            else:
                after[key] = value
        for owner in (SHARED, address):
            if sum(1 for key in after if key[0] == owner) > limits.entries:
                raise TooMany("There are too many annotations.")
        if metadata.size(after) > metadata.LARGEST:
            raise TooMany("There are too many annotations.")
        metadata.write(folder, after, file)
