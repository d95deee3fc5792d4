"""What Dovecot and Courier leave at a Maildir, and find there when they come back."""

import os
import shutil
import time
from pathlib import Path

import pytest

from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders, keywords, subscriptions, uidlist

NAMES = ("1.a.host", "2.b.host", "3.c.host")


@pytest.fixture
def theirs(maildir: Path) -> Path:
    """A Maildir as Dovecot leaves it."""
    folders.make(maildir, folder=False)
    for name, letters in zip(NAMES, ("a", "Sab", ""), strict=True):
        (maildir / "cur" / f"{name}:2,{letters}").write_bytes(b"Subject: x\n\nx\n")
    (maildir / "dovecot-keywords").write_text("0 $Forwarded\n1 later\n")
    (maildir / "dovecot-uidlist").write_text(
        "3 V77 N40 Gabc\n"
        + "".join(f"{uid} W20 :{name}\n" for uid, name in zip((5, 9, 31), NAMES, strict=True))
    )
    (maildir / "subscriptions").write_text("V\t2\n\nINBOX\nOld\tPost\n")
    return maildir


def later(file: Path) -> None:
    """Give a file a time stamp that is surely another one."""
    stamp = time.time_ns() + 1_000_000_000
    os.utime(file, ns=(stamp, stamp))


def names_in(maildir: Path) -> set[str]:
    return {path.name for path in (maildir / "cur").iterdir()}


def test_dovecots_uids_keywords_and_subscriptions_are_adopted(theirs: Path) -> None:
    with MailStore(theirs) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        assert list(inbox.uids()) == [5, 9, 31]
        assert inbox.summary().uidvalidity == 77
        assert [row.flags for row in inbox.rows([5, 9, 31])] == [
            {"$Forwarded"}, {"\\Seen", "$Forwarded", "later"}, set(),
        ]  # fmt: skip
        assert store.subscribed() == {"INBOX", "INBOX.Old.Post"}


def test_what_we_change_dovecot_finds_in_its_files(theirs: Path) -> None:
    with MailStore(theirs) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        inbox.set_flags([5], add=["new"], remove=["$Forwarded"])
        inbox.set_flags([9], add=["\\Flagged"])
        inbox.expunge([31])
        uid = inbox.append(b"Subject: y\r\n\r\n", ["later"])
        store.subscribe("INBOX.Neu", True)
        store.settle()
        base = store.index.row("SELECT base FROM messages WHERE uid = ?", uid)
        assert base is not None
    assert names_in(theirs) == {"1.a.host:2,c", "2.b.host:2,FSab", f"{base[0]}:2,b"}
    assert (theirs / "dovecot-keywords").read_text() == "0 $Forwarded\n1 later\n2 new\n"
    head, *lines = (theirs / "dovecot-uidlist").read_text().splitlines()
    assert head.split()[:2] == ["3", "V77"]
    assert head.split()[3:] == ["Gabc"]
    assert lines == ["5 W20 :1.a.host", "9 W20 :2.b.host", f"{uid} :{base[0]}"]
    assert (theirs / "subscriptions").read_text() == "V\t2\n\nINBOX\nNeu\nOld\tPost\n"


def test_uids_that_dovecot_gave_while_we_were_away_stay(theirs: Path) -> None:
    with MailStore(theirs) as store:
        store.settle()
    (theirs / "cur" / "4.d.host:2,b").write_bytes(b"Subject: new\n\n")
    with (theirs / "dovecot-uidlist").open("a") as file:
        file.write("2000 :4.d.host\n")
    later(theirs / "dovecot-uidlist")
    with MailStore(theirs) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        assert list(inbox.uids()) == [5, 9, 31, 2000]
        assert inbox.rows([2000])[0].flags == {"later"}
        assert inbox.append(b"Subject: y\r\n\r\n") > 2000


def test_keywords_that_dovecot_changed_are_taken(theirs: Path) -> None:
    with MailStore(theirs) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        (theirs / "cur" / "2.b.host:2,Sab").rename(theirs / "cur" / "2.b.host:2,Fa")
        later(theirs / "cur")
        inbox.sync()
        assert inbox.rows([9])[0].flags == {"\\Flagged", "$Forwarded"}


def test_while_dovecot_holds_its_lock_its_list_is_left_alone(theirs: Path) -> None:
    before = (theirs / "dovecot-uidlist").read_bytes()
    (theirs / "dovecot-uidlist.lock").touch()
    with MailStore(theirs) as store:
        store.folder("INBOX").append(b"Subject: y\r\n\r\n")
        store.settle()
    assert (theirs / "dovecot-uidlist").read_bytes() == before


def test_where_dovecot_never_was_nothing_of_it_is_written(maildir: Path) -> None:
    with MailStore(maildir) as store:
        store.folder("INBOX").append(b"Subject: y\r\n\r\n", ["later"])
        store.subscribe("INBOX", True)
        store.settle()
    assert not [path for path in maildir.iterdir() if path.name.startswith("dovecot")]
    assert not (maildir / "subscriptions").exists()


def test_courier_finds_keywords_and_uids(maildir: Path) -> None:
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        uid = inbox.append(b"Subject: y\r\n\r\n", ["later", "$Forwarded"])
        (maildir / keywords.COURIER).mkdir()
        (maildir / keywords.COURIER / ".5.old").write_text("stale\n")
        store.settle()
    [words] = keywords.read(maildir, []).values()
    assert words == {"later", "$Forwarded"}
    kept = uidlist.read(maildir)
    assert kept is not None
    assert list(kept.uids.values()) == [uid]


@pytest.mark.parametrize("text", ["", "V\t2\n\n", "Old.Post\nINBOX\n"])
def test_older_and_empty_lists_of_subscriptions_are_read(maildir: Path, text: str) -> None:
    folders.make(maildir, folder=False)
    (maildir / "subscriptions").write_text(text)
    assert subscriptions.read(maildir) <= {"INBOX", "INBOX.Old.Post"}


def test_our_own_writing_of_lists_wastes_no_uids(maildir: Path) -> None:
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        inbox.append(b"Subject: y\r\n\r\n")
        (maildir / "new" / "7.foreign.host").write_bytes(b"Subject: z\n\n")
        inbox.sync()
        assert list(inbox.uids()) == [1, 2]


def test_dovecots_new_uids_outlive_an_append_that_comes_before_the_look(theirs: Path) -> None:
    with MailStore(theirs) as store:
        store.settle()
        inbox = store.folder("INBOX")
        store.index.execute("UPDATE folders SET reserved = uidnext")
        (theirs / "cur" / "4.d.host:2,").write_bytes(b"Subject: new\n\n")
        with (theirs / "dovecot-uidlist").open("a") as file:
            file.write("2000 :4.d.host\n")
        later(theirs / "dovecot-uidlist")
        inbox.append(b"Subject: y\r\n\r\n")
        later(theirs / "cur")
        inbox.sync()
        assert 2000 in inbox.uids()


def test_a_maildir_copied_into_an_account_that_was_opened_keeps_its_uids(
    theirs: Path, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    with MailStore(opened) as store:
        store.folder("INBOX").sync()
        assert store.folder("INBOX").summary().uidvalidity != 77
        os.utime(theirs / "dovecot-uidlist", (1_000_000_000, 1_000_000_000))
        shutil.copytree(theirs, opened, dirs_exist_ok=True)
        later(opened / "cur")
        inbox = store.folder("INBOX")
        inbox.sync()
        assert inbox.summary().uidvalidity == 77
        assert list(inbox.uids()) == [5, 9, 31]
