"""Path lines: into a Maildir that is there, else into an mbox file.  Courier dot-courier(5).

Accounts share one system user, so paths are kept within the account's home and its Maildir,
wherever links lead.
"""

import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path as FilePath

from mailcore import status
from mailcore.accounts.directory import AccountValue
from mailcore.errors import StoreError, TemporaryFailure
from mailcore.mailbox.delivery import Consignment, OverQuota, Quota, deliver_all
from mailcore.mailbox.render import with_lf
from mailcore.maildir import delivery as maildir_delivery
from mailcore.maildir import folders, mbox, names
from mailcore.transports.local import arrivals
from mailcore.transports.local.errand import Errand

NOWHERE = "/dev/null"
_PARTS = ("tmp", "new", "cur")
_INSTRUCTIONS = (".courier", ".qmail", ".mailfilter", ".forward")
TROUBLE = "The mailbox can't be written just now."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: a folder of the account's mail, or else a path of its home."""

    path: FilePath
    folder: str = ""


def deliver(errand: Errand, path: str) -> None:
    """Put the message where `path` leads.  Raises TemporaryFailure when it can't be there."""
    if path == NOWHERE:
        errand.kept.append(path)
        return
    found = place(errand.account, path)
    try:
        if found.folder:
            into_folder(errand, found.folder)
        elif found.path.is_dir():
            _into_maildir(errand, found.path)
        else:
            separator = mbox.from_line(errand.sender, time.time())
            mbox.append(str(found.path), separator, _whole(errand))
    except (OSError, StoreError) as problem:
        raise TemporaryFailure(status.OTHER_SYSTEM, TROUBLE) from problem
    errand.kept.append(path)


def place(account: AccountValue, path: str) -> Place:
    """What `path` means; a relative one is of the home.  Raises TemporaryFailure: not theirs."""
    home, mail = _real(account.home), _real(account.maildir)
    real = _real(account.home / path)
    if real == mail:
        return Place(real, folders.INBOX)
    if real.parent == mail and real.name.startswith("."):
        folder = folders.name_of(real.name)
        if folder is not None:
            return Place(real, folder)
    if home not in real.parents or mail in real.parents:
        raise _refused(path, "is not this account's to write")
    if real.parent == home and real.name.startswith(_INSTRUCTIONS):
        raise _refused(path, "is itself an instruction")
    return Place(real)


def _real(path: FilePath) -> FilePath:
    """Where it is once every link is followed; what isn't there, where it would be."""
    return FilePath(os.path.realpath(path))


def into_folder(errand: Errand, folder: str) -> None:
    """Into a folder of the account's own mail, made if it isn't there; a retry brings no second.

    Raises TemporaryFailure when there is no room, OSError and StoreError.
    """
    before = errand.copies[folder]
    errand.copies[folder] += 1
    mark = f"-{zlib.crc32(folder.encode()):08x}-{before}"
    account = errand.account
    found = arrivals.arrival(
        errand.message,
        errand.recipient,
        errand.rest(),
        folder=folder,
        copy="" if folder == folders.INBOX and not before else mark,
        flags=errand.flags,
    )
    quota = Quota(account.quota_bytes, account.quota_messages)
    consignment = Consignment(account.maildir, [found], quota, arrivals.warning(account))
    [answers] = deliver_all([consignment], arrivals.stores)
    if isinstance(answers, Exception):
        raise TemporaryFailure(status.OTHER_SYSTEM, TROUBLE) from answers
    if isinstance(answers[0], OverQuota):
        raise TemporaryFailure(status.MAILBOX_FULL.as_temporary(), "Maildir over quota.")


def _into_maildir(errand: Errand, path: FilePath) -> None:
    """Into a Maildir of the home that is not the account's mail: nobody keeps an index of it."""
    if not all((path / part).is_dir() for part in _PARTS):
        raise _refused(path.name, "is a directory and no Maildir")
    text = _whole(errand)
    octets = len(text) + text.count(b"\n")
    base = names.base_name(int(time.time()), names.unique(), len(text), octets)
    written = maildir_delivery.write(path, base, (text,))
    maildir_delivery.settle([written])
    maildir_delivery.publish(path, written, base)
    maildir_delivery.flush([path / "new"])


def _whole(errand: Errand) -> bytes:
    """The message as it lies in a mailbox of files."""
    return with_lf(arrivals.written_on_top(errand.message, errand.recipient)) + errand.text()


def _refused(path: str, why: str) -> TemporaryFailure:
    return TemporaryFailure(status.OTHER_SYSTEM, f"Delivery instructions: {path} {why}.")
