"""Deliveries are durable, happen once, and survive a crash at any step."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailcore.mailbox import sync
from mailcore.mailbox.delivery import Arrival, Delivered, OverQuota, deliver
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore
from mailcore.maildir.quota import Quota
from tests.support import mailboxes

LF = bytes([10])
BATCH = [Arrival(f"00abc-{n}", b"Subject: number %d\r\n\r\nbody\r\n" % n) for n in range(3)]


def subjects(maildir: Path) -> list[str]:
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        return sorted(row.subject for row in inbox.page(limit=100))


def files(maildir: Path, part: str) -> list[str]:
    return sorted(entry.name for entry in (maildir / part).iterdir())


def test_a_batch_arrives_in_order(maildir: Path) -> None:
    answers = deliver(maildir, BATCH)
    assert answers == [Delivered(f"00abc-{n}", "INBOX", n + 1) for n in range(3)]
    assert subjects(maildir) == ["number 0", "number 1", "number 2"]
    assert files(maildir, "tmp") == []
    assert len(files(maildir, "new")) == 3


def test_files_have_bare_line_feeds_and_honest_sizes(maildir: Path) -> None:
    deliver(maildir, [Arrival("x", mailboxes.PLAIN, prefix=b"Return-Path: <bob@example.com>\n")])
    (name,) = files(maildir, "new")
    data = (maildir / "new" / name).read_bytes()
    assert b"\r" not in data
    assert data.startswith(b"Return-Path: <bob@example.com>\nDate:")
    assert f",S={len(data)},W={len(data) + data.count(LF)}" in name


def test_the_same_arrival_is_delivered_once(maildir: Path) -> None:
    deliver(maildir, BATCH[:2])
    answers = deliver(maildir, BATCH)
    assert answers[:2] == [
        Delivered("00abc-0", "INBOX", 1, repeat=True), Delivered("00abc-1", "INBOX", 2, repeat=True),
    ]  # fmt: skip
    assert subjects(maildir) == ["number 0", "number 1", "number 2"]


def test_a_repeat_is_known_even_after_its_message_was_moved_away(maildir: Path) -> None:
    deliver(maildir, BATCH[:1])
    with MailStore(maildir) as store:
        store.create("INBOX.Done")
        store.folder("INBOX").move([1], "INBOX.Done")
    (answer,) = deliver(maildir, BATCH[:1])
    assert isinstance(answer, Delivered)
    assert answer.repeat
    assert subjects(maildir) == []


def test_a_missing_folder_is_made_and_an_impossible_one_is_inbox(maildir: Path) -> None:
    answers = deliver(
        maildir,
        [Arrival("a", b"x: y\n\n", folder="INBOX.Lists.Python"), Arrival("b", b"x: y\n\n", folder="../etc")],
    )  # fmt: skip
    assert [answer.folder for answer in answers if isinstance(answer, Delivered)] == [
        "INBOX.Lists.Python", "INBOX",
    ]  # fmt: skip


def test_a_full_account_takes_what_fits(maildir: Path) -> None:
    answers = deliver(maildir, BATCH, quota=Quota(messages=2))
    assert [type(answer) for answer in answers] == [Delivered, Delivered, OverQuota]
    assert isinstance(
        deliver(maildir, [Arrival("z", b"a: b\n\n")], quota=Quota(messages=2))[0], OverQuota
    )
    assert files(maildir, "tmp") == []


def test_flags_and_dates_are_kept(maildir: Path) -> None:
    deliver(
        maildir,
        [
            Arrival(
                "a", b"x: y\n\n", flags=frozenset({"\\Seen", "Work"}), internal_date=1_600_000_000
            )
        ],
    )
    with MailStore(maildir) as store:
        row = store.folder("INBOX").row(1)
    assert row is not None
    assert row.flags == {"\\Seen", "Work"}
    assert row.internal_date == 1_600_000_000


class Crash(BaseException):
    """The process dies here."""


@contextmanager
def crashing(at: int) -> Iterator[list[str]]:
    """Die at the `at`-th call that touches the disk, before or after it took effect."""
    calls: list[str] = []
    originals: dict[str, Callable[..., object]] = {
        name: getattr(os, name) for name in ("open", "write", "fsync", "rename")
    }

    def wrap(name: str) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            calls.append(name)
            if len(calls) * 2 == at:
                raise Crash
            found = originals[name](*args, **kwargs)
            if len(calls) * 2 + 1 == at:
                raise Crash
            return found

        return call

    for name in originals:
        setattr(os, name, wrap(name))
    try:
        yield calls
    finally:
        for name, original in originals.items():
            setattr(os, name, original)


@pytest.mark.crash
@pytest.mark.parametrize("at", range(2, 60))
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(maildir: Path, at: int) -> None:
    with MailStore(maildir):
        pass
    try:
        with crashing(at):
            deliver(maildir, BATCH)
    except Crash:
        pass
    deliver(maildir, BATCH)
    assert subjects(maildir) == ["number 0", "number 1", "number 2"]


def _die_after_renames(count: int) -> None:
    rename, left = os.rename, iter(range(count - 1))

    def killed(*args: object, **kwargs: object) -> None:
        rename(*args, **kwargs)  # type: ignore[arg-type]
        if next(left, None) is None:
            os._exit(9)

    os.rename = killed  # type: ignore[assignment]


@pytest.mark.crash
def test_a_process_killed_between_rename_and_commit_doubles_nothing(maildir: Path) -> None:
    with MailStore(maildir):
        pass
    for step in range(1, 5):
        if os.fork() == 0:
            _die_after_renames(step)
            deliver(maildir, BATCH)
            os._exit(0)
        os.wait()
        deliver(maildir, BATCH)
        assert subjects(maildir) == ["number 0", "number 1", "number 2"]
        with MailStore(maildir) as store:
            inbox = store.folder("INBOX")
            inbox.expunge(inbox.uids())
            store.index.execute("DELETE FROM arrivals")


def test_the_index_can_be_lost(maildir: Path) -> None:
    deliver(maildir, BATCH)
    with MailStore(maildir) as store:
        before = store.folder("INBOX").summary()
        store.checkpoint()
    for file in (maildir / "courierindex").iterdir():
        file.unlink()
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        after = inbox.summary()
        assert list(inbox.uids()) == [1, 2, 3]
    assert after.uidvalidity == before.uidvalidity
    assert after.uidnext >= before.uidnext
    assert after.highestmodseq > before.highestmodseq
    assert deliver(maildir, BATCH[:1])[0] == Delivered("00abc-0", "INBOX", 1, repeat=True)


def test_a_damaged_index_is_built_again(maildir: Path) -> None:
    deliver(maildir, BATCH)
    with MailStore(maildir) as store:
        store.checkpoint()
    for file in (maildir / "courierindex").iterdir():
        file.unlink() if file.suffix != ".sqlite3" else file.write_bytes(b"garbage" * 1000)
    assert subjects(maildir) == ["number 0", "number 1", "number 2"]


def test_no_uid_is_given_out_twice_after_a_power_cut(
    maildir: Path, inbox: Folder, store: MailStore
) -> None:
    deliver(maildir, BATCH)
    highest = inbox.summary().highestmodseq
    # What the last unflushed commits said is lost, and the machine has started anew.
    store.index.execute("UPDATE folders SET uidnext = 2")
    store.index.execute("DELETE FROM messages WHERE uid > 1")
    store.index.execute("UPDATE account SET value = 'another boot' WHERE name = 'boot'")
    with MailStore(maildir) as again:
        found = again.folder("INBOX")
        sync.sync(again.index, found.id)
        uids = list(found.uids())
    assert uids[0] == 1
    assert len(uids) == 3
    assert min(uids[1:]) > 1000
    assert found.path.exists()
    with MailStore(maildir) as again:
        assert again.folder("INBOX").summary().highestmodseq > highest
