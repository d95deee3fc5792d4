"""Mailboxes of an account."""

import os
import time
from pathlib import Path

import pytest

from mailcore.errors import StoreError
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.refusals import MailboxExists, MailboxMissing, QuotaExceeded
from mailcore.mailbox.store import MailStore
from mailcore.maildir.quota import Quota
from tests.support import mailboxes


def test_standard_folders_are_made_once(store: MailStore) -> None:
    store.ensure_standard_folders()
    uses = {info.name: info.special_use for info in store.folders()}
    assert uses == {
        "INBOX": None, "INBOX.Archive": "\\Archive", "INBOX.Drafts": "\\Drafts",
        "INBOX.Junk": "\\Junk", "INBOX.Sent": "\\Sent", "INBOX.Trash": "\\Trash",
    }  # fmt: skip
    store.delete("INBOX.Junk")
    store.ensure_standard_folders()
    assert "INBOX.Junk" not in store.names()
    assert "INBOX.Sent" in store.subscribed()


def test_a_recreated_folder_is_another_folder(store: MailStore) -> None:
    store.create("INBOX.A")
    first = store.folder("INBOX.A").summary().uidvalidity
    store.delete("INBOX.A")
    store.create("INBOX.A")
    assert store.folder("INBOX.A").summary().uidvalidity > first


def test_renaming_takes_children_along_and_keeps_uids(store: MailStore) -> None:
    for name in ("INBOX.A", "INBOX.A.B", "INBOX.AB"):
        store.create(name)
    uid = store.folder("INBOX.A.B").append(mailboxes.PLAIN)
    before = store.folder("INBOX.A.B").summary()
    store.rename("INBOX.A", "INBOX.C")
    assert store.names() == ["INBOX", "INBOX.AB", "INBOX.C", "INBOX.C.B"]
    after = store.folder("INBOX.C.B")
    assert after.summary().uidvalidity == before.uidvalidity
    assert after.read(uid) == mailboxes.PLAIN


def test_renames_that_cannot_be(store: MailStore) -> None:
    store.create("INBOX.A")
    store.create("INBOX.B")
    with pytest.raises(MailboxExists):
        store.rename("INBOX.A", "INBOX.B")
    with pytest.raises(StoreError):
        store.rename("INBOX.A", "INBOX.A.C")
    with pytest.raises(MailboxMissing):
        store.rename("INBOX.X", "INBOX.Y")


def test_renaming_inbox_moves_its_messages(maildir: Path, store: MailStore) -> None:
    mailboxes.fill(maildir)
    store.rename("INBOX", "INBOX.Old")
    assert store.folder("INBOX").summary().exists == 0
    assert store.folder("INBOX.Old").summary().exists == 3


def test_inbox_cannot_be_deleted(store: MailStore) -> None:
    with pytest.raises(StoreError):
        store.delete("INBOX")


def test_subscriptions_outlive_their_folder(store: MailStore) -> None:
    store.create("INBOX.A")
    store.subscribe("INBOX.A", True)
    store.delete("INBOX.A")
    assert store.subscribed() == {"INBOX.A"}
    store.subscribe("INBOX.A", False)
    assert store.subscribed() == set()


def test_changes_are_announced(maildir: Path) -> None:
    heard: list[Path] = []
    with MailStore(maildir, announce=heard.append) as store:
        store.create("INBOX.A")
        folder = store.folder("INBOX.A")
        uid = folder.append(mailboxes.PLAIN)
        folder.set_flags([uid], add=["\\Seen"])
        folder.set_flags([uid], add=["\\Seen"])
        folder.expunge([uid])
    assert heard == [maildir] * 4


def test_a_mailbox_over_quota_takes_no_copies(
    maildir: Path, store: MailStore, inbox: Folder
) -> None:
    mailboxes.fill(maildir)
    store.create("INBOX.A")
    limit = Quota(messages=4)
    with pytest.raises(QuotaExceeded):
        inbox.copy([1, 2], "INBOX.A", quota=limit)
    assert inbox.copy([1], "INBOX.A", quota=limit) == [(1, 1)]
    assert store.quota(limit).messages == 4
    with pytest.raises(QuotaExceeded):
        inbox.append(mailboxes.PLAIN, quota=limit)
    store.create("INBOX.Trash")
    inbox.move([1, 2], "INBOX.Trash")
    assert store.quota(limit).messages == 2


def test_who_hears_of_a_change_can_see_it(maildir: Path) -> None:
    seen: list[int] = []

    def look(_: Path) -> None:
        with MailStore(maildir) as other:
            seen.append(other.folder("INBOX").summary().unseen)

    mailboxes.fill(maildir)
    with MailStore(maildir, announce=look) as store, store.index.writing():
        store.folder("INBOX").set_flags([1], add=["\\Seen"])
    assert seen == [2]


def test_housekeeping_sweeps_old_rubbish_only(maildir: Path, store: MailStore) -> None:
    for name, age in (("old", 40 * 3600), ("young", 3600)):
        (maildir / "tmp" / name).touch()
        os.utime(maildir / "tmp" / name, (time.time() - age,) * 2)
    store.checkpoint()
    assert [entry.name for entry in (maildir / "tmp").iterdir()] == ["young"]


def test_several_processes_may_meet_at_a_new_mailbox(tmp_path: Path) -> None:
    for round_ in range(20):
        maildir, begin = tmp_path / str(round_), time.time() + 0.02
        children = [_open_in_a_child(maildir, begin) for _ in range(3)]
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 3


def _open_in_a_child(maildir: Path, begin: float) -> int:
    """A process that makes and opens the mailbox at `begin`, as near as it can; its id."""
    child = os.fork()
    if child:
        return child
    try:
        time.sleep(max(0.0, begin - time.time()))
        with MailStore(maildir) as store:
            store.ensure_standard_folders()
    except BaseException:
        os._exit(1)
    os._exit(0)
