"""Deliver a batch of messages into accounts, durably, at most once each.

Steps: write all to tmp/, flush them together, then for each account in one index
transaction rename into new/ and index; flush all new/ together; return.  A crash before
the rename leaves rubbish in tmp/; one after it leaves a message that the next sync finds,
whose name carries the arrival's token, so that a repeat of the batch knows it is there.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mailcore.errors import MailError
from mailcore.mailbox import flags, quota_warning, sync
from mailcore.mailbox.directories import Stamps, own_change, stamps
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.message_rows import IN_NEW, NewMessage
from mailcore.mailbox.quota_warning import QuotaWarning
from mailcore.mailbox.render import identifier, render, with_crlf, with_lf
from mailcore.mailbox.store import MailStore, nobody
from mailcore.mailbox.stores import Stores
from mailcore.maildir import delivery as maildir_delivery
from mailcore.maildir import folders, names
from mailcore.maildir import quota as maildir_quota
from mailcore.maildir.delivery import Written
from mailcore.maildir.quota import NO_QUOTA, Quota, Usage

__all__ = [
    "NO_QUOTA",
    "Answer",
    "Arrival",
    "Consignment",
    "Delivered",
    "OverQuota",
    "Quota",
    "deliver",
    "deliver_all",
    "has_arrived",
]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message for one recipient.

    `unique` is the same whenever this delivery is tried again.  `data` has CRLF or LF line
    ends; `prefix` holds header lines to put before it.  `internal_date` in seconds, 0 for now.
    """

    unique: str
    data: bytes | BinaryIO
    prefix: bytes = b""
    folder: str = folders.INBOX
    flags: frozenset[str] = frozenset()
    internal_date: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """It is there and will stay; `repeat` when an earlier attempt had brought it."""

    unique: str
    folder: str
    uid: int
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class OverQuota:
    """It was not taken in; the others of the batch are not concerned."""

    unique: str
    octets: int


@dataclass(slots=True)
class _Ready:
    at: int
    arrival: Arrival
    message: NewMessage
    written: Written
    octets: int


@dataclass(frozen=True, slots=True)
class Consignment:
    """What one account gets in a batch.  `maildir` is made when missing.

    `warning`: who is nearly full by it is told so, in INBOX.
    """

    maildir: Path
    arrivals: Sequence[Arrival]
    quota: Quota = NO_QUOTA
    warning: QuotaWarning | None = None


Answer = Delivered | OverQuota


def deliver(maildir: Path, arrivals: Sequence[Arrival], *, quota: Quota = NO_QUOTA) -> list[Answer]:
    """Deliver to one account; see `deliver_all`.  Raises what that returns as a failure."""
    with contextlib.closing(Stores(nobody)) as stores:
        [answers] = deliver_all([Consignment(maildir, arrivals, quota)], stores)
    if isinstance(answers, Exception):
        raise answers
    return answers


def deliver_all(
    consignments: Sequence[Consignment], stores: Stores
) -> list[list[Answer] | OSError | MailError | sqlite3.Error]:
    """Deliver to several accounts, flushing the disk for all of them together.

    For each consignment one answer per arrival, in order, or why nothing of it is promised
    (disk full, no permission, damaged index); one account's trouble is not another's.  When it
    returns, everything it calls delivered survives a power cut.  A folder that does not exist is
    created; one that cannot exist is replaced by INBOX.
    """
    parcels = [_Parcel(each) for each in consignments]
    for parcel in parcels:
        parcel.guard(_write, parcel, stores)
    _settle(parcels)
    for parcel in parcels:
        parcel.guard(_publish_all, parcel, stores)
    touched = {folder / "new" for each in parcels for folder in each.touched}
    try:
        maildir_delivery.flush(touched)
    except OSError as error:
        for parcel in parcels:
            if parcel.touched:
                parcel.failure = error
    for parcel in parcels:
        parcel.guard(_note_room, parcel)
    for parcel in parcels:
        if parcel.consignment.warning is not None and parcel.failure is None:
            _warn(parcel, parcel.consignment.warning, stores)
    return [each.failure or each.in_order() for each in parcels]


def _warn(parcel: "_Parcel", warning: QuotaWarning, stores: Stores) -> None:
    """Tell who is nearly full, once a day; the quota lets that in, and its failure is nobody's."""
    full = parcel.room.percent()
    maildir = parcel.consignment.maildir
    with contextlib.suppress(OSError):
        if full >= warning.percent and quota_warning.claim(maildir, time.time()):
            letter = quota_warning.message(warning, full)
            unique = f"quotawarn{time.time_ns()}"
            [answers] = deliver_all([Consignment(maildir, [Arrival(unique, letter)])], stores)
            if isinstance(answers, Exception):
                quota_warning.unclaim(maildir)


def _settle(parcels: Sequence["_Parcel"]) -> None:
    """Flush and close all that was written; when the disk refuses, nobody has anything."""
    try:
        maildir_delivery.settle([one.written for each in parcels for one in each.waiting()])
    except OSError as error:
        failure: OSError | None = error
    else:
        failure = None
    for parcel in parcels:
        parcel.settled = True
        if failure is not None and parcel.ready:
            parcel.fail(failure)


class _Parcel:
    """One consignment on its way."""

    def __init__(self, consignment: Consignment) -> None:
        self.consignment = consignment
        self.answers: dict[int, Answer] = {}
        self.ready: dict[str, list[_Ready]] = {}
        self.room = _Room(consignment.maildir, consignment.quota)
        self.touched: set[Path] = set()
        self.settled = False
        self.failure: OSError | MailError | sqlite3.Error | None = None

    def guard(self, step: Callable[..., None], *arguments: object) -> None:
        """Take a step unless an earlier one failed; a failure is this parcel's alone."""
        if self.failure is not None:
            return
        try:
            step(*arguments)
        except (OSError, MailError, sqlite3.Error) as error:
            self.fail(error)

    def waiting(self) -> list["_Ready"]:
        """What is written and not yet in place."""
        return [one for many in self.ready.values() for one in many]

    def fail(self, error: OSError | MailError | sqlite3.Error) -> None:
        """Nothing of it is promised any more; files not yet in place go."""
        self.failure = error
        waiting = [one.written for one in self.waiting()]
        self.ready.clear()
        if not self.settled:
            maildir_delivery.close(waiting)
        maildir_delivery.discard(waiting)

    def in_order(self) -> list[Answer]:
        return [self.answers[at] for at in range(len(self.consignment.arrivals))]


def _write(parcel: _Parcel, stores: Stores) -> None:
    """Put everything that is to be delivered into tmp/."""
    with stores.borrow(parcel.consignment.maildir) as store:
        parcel.room.look()
        for at, arrival in enumerate(parcel.consignment.arrivals):
            done = _earlier(store, arrival)
            if done is not None:
                parcel.answers[at] = done
                continue
            name = store.usable(arrival.folder)
            ready = _prepare(store, name, at, arrival, parcel.room)
            if ready is None:
                parcel.answers[at] = OverQuota(arrival.unique, parcel.room.refused)
            else:
                parcel.ready.setdefault(name, []).append(ready)


def _publish_all(parcel: _Parcel, stores: Stores) -> None:
    """Rename and index what lies settled in tmp/."""
    if not parcel.ready:
        return
    with stores.borrow(parcel.consignment.maildir) as store:
        for name in list(parcel.ready):
            _publish(store, name, parcel)
            del parcel.ready[name]


def _note_room(parcel: _Parcel) -> None:
    parcel.room.note()


class _Room:
    """What the quota still allows, while a batch is filling it."""

    def __init__(self, maildir: Path, quota: Quota) -> None:
        self.maildir = maildir
        self.quota = quota
        self.used: Usage | None = None
        self.octets = self.messages = 0
        self.refused = 0

    def look(self) -> None:
        """How much is there already; only asked when there is a limit."""
        if self.quota.is_limited:
            self.used = maildir_quota.usage(self.maildir, self.quota)

    def take(self, octets: int) -> bool:
        if self.used is not None and not self.quota.allows(
            self.used, self.octets + octets, self.messages + 1
        ):
            self.refused = octets
            return False
        self.octets += octets
        self.messages += 1
        return True

    def percent(self) -> int:
        """How full it is with what has come."""
        if self.used is None:
            return 0
        now = Usage(self.used.octets + self.octets, self.used.messages + self.messages)
        return quota_warning.percent(self.quota, now)

    def note(self) -> None:
        if self.messages:
            maildir_quota.add(self.maildir, self.octets, self.messages)


def has_arrived(store: MailStore, unique: str) -> bool:
    """Whether this delivery was made within the last 30 days, wherever the message is now."""
    token = names.arrival_part(unique)[1:]
    return store.index.row("SELECT 1 FROM arrivals WHERE token = ?", token) is not None


def _earlier(store: MailStore, arrival: Arrival) -> Delivered | None:
    """The message, if an earlier attempt at this delivery brought it."""
    token = names.arrival_part(arrival.unique)[1:]
    row = store.index.row(
        "SELECT folders.name, arrivals.uid FROM arrivals JOIN folders"
        " ON folders.id = arrivals.folder WHERE token = ?",
        token,
    )
    return Delivered(arrival.unique, row[0], row[1], repeat=True) if row else None


def _prepare(store: MailStore, name: str, at: int, arrival: Arrival, room: _Room) -> _Ready | None:
    data = arrival.data if isinstance(arrival.data, bytes) else arrival.data.read()
    wire = with_crlf(arrival.prefix + data)
    on_disk = with_lf(wire)
    if not room.take(len(on_disk)):
        return None
    now = int(time.time())
    date = arrival.internal_date or now
    part = names.arrival_part(arrival.unique)
    base = names.base_name(date, part, len(on_disk), len(wire))
    written = maildir_delivery.write(store.path(name), base, (on_disk,))
    if arrival.internal_date:
        os.utime(written.descriptor, (date, date))
    bits, keywords = flags.parse(arrival.flags)
    message = NewMessage(
        base=base,
        file_flags=IN_NEW,
        flags=bits,
        keywords=keywords,
        internal_date=date,
        save_date=now,
        email_id=identifier(b"M", base.encode()),
        rendered=render(wire),
    )
    return _Ready(at, arrival, message, written, len(on_disk))


def _publish(store: MailStore, name: str, parcel: _Parcel) -> None:
    """Rename and index the messages of one folder; durable once its new/ is flushed."""
    row = store.row(name)
    folder = store.path(name)
    index = store.index
    seen = _catch_up(store, name, parcel, folder)
    batch = parcel.ready[name]

    def insert(first: int) -> None:
        pairs: list[tuple[int, NewMessage]] = []
        with own_change(index, row.id, folder, seen):
            for ready in batch:
                maildir_delivery.publish(folder, ready.written, ready.message.base)
                pairs.append((first + len(pairs), ready.message))
                parcel.answers[ready.at] = Delivered(ready.arrival.unique, name, pairs[-1][0])
        modseq = folder_rows.next_modseq(index, row.id)
        message_rows.insert(index, row.id, pairs, modseq)
        sync.note_arrivals(index, row.id, pairs)

    if batch:
        parcel.touched.add(folder)
        sync.with_uids(index, row.id, len(batch), insert)


def _catch_up(store: MailStore, name: str, parcel: _Parcel, folder: Path) -> Stamps:
    """Let the index see what is in the folder; the stamps of which that is true.

    When new/ changed behind the index's back, an earlier attempt may have got as far as the
    rename: what it brought is known now, and goes from the batch.
    """
    seen = stamps(folder)
    row = store.row(name)
    if seen == (row.new_mtime, row.cur_mtime):
        return seen
    sync.sync(store.index, row.id)
    fresh = []
    for ready in parcel.ready[name]:
        done = _earlier(store, ready.arrival)
        if done is None:
            fresh.append(ready)
        else:
            parcel.answers[ready.at] = done
            maildir_delivery.discard([ready.written])
    parcel.ready[name] = fresh
    return seen
