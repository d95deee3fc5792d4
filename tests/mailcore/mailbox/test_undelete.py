"""Expunged messages wait in the vault and come back."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from mailcore.mailbox import removal, undelete
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.refusals import QuotaExceeded
from mailcore.mailbox.store import MailStore
from mailcore.maildir import quota as maildir_quota
from mailcore.maildir import vault
from mailcore.maildir.quota import Quota

MESSAGE = b"From: Noor <noor@other.example>\r\nSubject: Proofs %d\r\n\r\nSee the proofs.\r\n"


@pytest.fixture
def store(maildir: Path) -> Iterator[MailStore]:
    with MailStore(maildir, keeps=lambda: True) as opened:
        yield opened


@pytest.fixture
def inbox(store: MailStore) -> Folder:
    return store.folder("INBOX")


def fill(folder: Folder, count: int, *flag_names: str) -> list[int]:
    return [folder.append(MESSAGE % at, flag_names, 1_600_000_000 + at) for at in range(count)]


def everything(store: MailStore) -> set[str]:
    return {kept.id for kept in vault.listing(store.maildir)}


def mail_files(maildir: Path) -> set[str]:
    return {path.name.partition(":")[0] for path in maildir.rglob("*,S=*")}


def test_an_expunged_message_comes_back_with_flags_keywords_and_date(
    store: MailStore, inbox: Folder
) -> None:
    [first, second] = fill(inbox, 2, "\\Seen", "\\Flagged", "$Forwarded", "later")
    before = inbox.read(first)
    inbox.set_flags([first], add=["\\Deleted"])
    assert inbox.expunge([first]) == [first]
    [kept] = vault.listing(store.maildir)
    assert undelete.restore(store, {kept.id}) == 1
    [_, returned] = inbox.uids()
    assert returned > second
    row = inbox.row(returned)
    assert row is not None
    assert row.flags == {"\\Seen", "\\Flagged", "$Forwarded", "later"}
    assert row.internal_date == 1_600_000_000
    assert row.subject == "Proofs 0"
    assert inbox.read(returned) == before
    assert vault.listing(store.maildir) == []


def test_a_list_shows_sender_subject_and_preview_and_what_went_last_comes_first(
    store: MailStore, inbox: Folder
) -> None:
    for uid in fill(inbox, 3):
        inbox.expunge([uid])
    shown = undelete.previews(vault.listing(store.maildir))
    assert [one.subject for one in shown] == ["Proofs 2", "Proofs 1", "Proofs 0"]
    assert shown[0].sender == "Noor <noor@other.example>"
    assert shown[0].preview == "See the proofs."
    assert shown[0].kept.folder == "INBOX"


def test_each_message_goes_back_to_its_folder_or_to_inbox_when_that_is_gone(
    store: MailStore, inbox: Folder
) -> None:
    for name in ("INBOX.Büro", "INBOX.Old"):
        store.create(name)
        fill(store.folder(name), 1)
    store.folder("INBOX.Büro").expunge([1])
    store.delete("INBOX.Old")
    assert len(vault.listing(store.maildir)) == 2
    assert undelete.restore(store, everything(store)) == 2
    assert len(store.folder("INBOX.Büro").uids()) == 1
    assert len(inbox.uids()) == 1


def test_the_vault_is_no_mail_and_no_quota(store: MailStore, inbox: Folder) -> None:
    limit = Quota(octets=10_000)
    store.quota(limit)
    fill(inbox, 2)
    inbox.expunge([1])
    assert store.names() == ["INBOX"]
    assert store.quota(limit).messages == 1
    (store.maildir / "maildirsize").unlink()
    assert maildir_quota.usage(store.maildir, limit).messages == 1
    hidden = [path for path in store.maildir.iterdir() if path.name == vault.DIRECTORY]
    assert not any((hidden[0] / part).exists() for part in ("cur", "new", "tmp"))


def test_what_would_exceed_the_quota_stays_in_the_vault(store: MailStore, inbox: Folder) -> None:
    fill(inbox, 2)
    inbox.expunge([1, 2])
    with pytest.raises(QuotaExceeded):
        undelete.restore(store, everything(store), quota=Quota(messages=1))
    assert len(vault.listing(store.maildir)) == 2
    assert len(inbox.uids()) == 0


def test_nothing_is_kept_when_the_setting_is_off_or_the_caller_says_so(maildir: Path) -> None:
    with MailStore(maildir) as off:
        fill(off.folder("INBOX"), 1)
        off.folder("INBOX").expunge([1])
    with MailStore(maildir, keeps=lambda: True) as on:
        fill(on.folder("INBOX"), 1)
        on.folder("INBOX").expunge([2], for_good=True)
    assert vault.listing(maildir) == []


def test_a_message_in_new_and_one_renamed_by_others_are_kept_too(
    store: MailStore, inbox: Folder
) -> None:
    for name in ("1.a.host", "2.b.host"):
        (store.maildir / "new" / name).write_bytes(b"Subject: x\n\nx\n")
    inbox.sync()
    (store.maildir / "new" / "2.b.host").rename(store.maildir / "cur" / "2.b.host:2,S")
    inbox.expunge([1, 2])
    assert {kept.name.partition(":")[0] for kept in vault.listing(store.maildir)} == {
        "1.a.host",
        "2.b.host",
    }


def test_days_are_emptied_when_they_are_over(store: MailStore, inbox: Folder) -> None:
    fill(inbox, 2)
    inbox.expunge([1])
    today = next((store.maildir / vault.DIRECTORY).iterdir())
    other = today.with_name((date.fromisoformat(today.name) - timedelta(days=15)).isoformat())
    today.rename(other)
    inbox.expunge([2])
    vault.expire(store.maildir, date.fromisoformat(today.name) - timedelta(days=14))
    assert len(vault.listing(store.maildir)) == 1
    vault.expire(store.maildir, date.fromisoformat(today.name) + timedelta(days=1))
    assert not (store.maildir / vault.DIRECTORY).exists()


def test_of_too_much_the_oldest_goes(store: MailStore, inbox: Folder) -> None:
    for uid in fill(inbox, 3):
        inbox.expunge([uid])
    newest, *_ = vault.listing(store.maildir)
    assert vault.shrink(store.maildir, newest.size + 1) == 2
    assert vault.listing(store.maildir) == [newest]


def test_links_in_the_vault_lead_nowhere(store: MailStore, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere" / "2026-11-22" / "INBOX"
    secret.mkdir(parents=True)
    (secret / "1.secret").write_bytes(b"Subject: not yours\n\n")
    (store.maildir / vault.DIRECTORY).symlink_to(tmp_path / "elsewhere")
    assert vault.listing(store.maildir) == []
    (store.maildir / vault.DIRECTORY).unlink()
    place = vault.place(store.maildir, "INBOX", 0.0)
    (place / "2.link").symlink_to(secret / "1.secret")
    assert vault.listing(store.maildir) == []


_KILLED = """
import os, sys
from pathlib import Path
from mailcore.mailbox import removal, undelete
from mailcore.mailbox.store import MailStore
from mailcore.maildir import vault

maildir, job, steps = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def die_after(event, arguments):
    global steps
    if event == "os.rename" and "couriervault" in str(arguments[0]) + str(arguments[1]):
        steps -= 1
        if steps < 0:
            os._exit(9)

sys.addaudithook(die_after)
with MailStore(maildir, keeps=lambda: True) as store:
    if job == "expunge":
        store.folder("INBOX").expunge([1, 2, 3])
    else:
        undelete.restore(store, {kept.id for kept in vault.listing(maildir)})
    os._exit(9)
"""


@pytest.mark.parametrize("job", ["expunge", "restore"])
@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_killed_at_any_step_each_message_is_in_the_folder_or_in_the_vault(
    store: MailStore, inbox: Folder, job: str, steps: int
) -> None:
    fill(inbox, 3)
    contents = {inbox.read(uid) for uid in inbox.uids()}
    if job == "restore":
        inbox.expunge([1, 2, 3])
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(store.maildir), job, str(steps)])
    assert ended.returncode == 9
    inbox.sync()
    in_vault = vault.listing(store.maildir)
    assert len(inbox.uids()) + len(in_vault) == 3
    assert len(in_vault) == (min(steps, 3) if job == "expunge" else 3 - min(steps, 3))
    undelete.restore(store, {kept.id for kept in in_vault})
    assert {inbox.read(uid) for uid in inbox.uids()} == contents


def test_on_a_full_disk_people_can_still_delete(
    store: MailStore, inbox: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(inbox, 2)
    real = os.rename

    def full(before: str, after: str) -> None:
        if vault.DIRECTORY in after:
            raise OSError(28, "No space left on device")
        real(before, after)

    monkeypatch.setattr(removal.os, "rename", full)
    assert inbox.expunge([1]) == [1]
    assert len(mail_files(store.maildir)) == 1
