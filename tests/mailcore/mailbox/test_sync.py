"""The Maildir belongs to everybody: what others do to it arrives, what we do reaches it."""

import os
import subprocess
import time
from pathlib import Path

from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders, uidlist
from tests.support import mailboxes


def names(folder: Path, part: str = "cur") -> list[str]:
    return sorted(entry.name for entry in (folder / part).iterdir())


def test_a_foreign_delivery_is_found(maildir: Path, inbox: Folder) -> None:
    (maildir / "new/1700000000.foreign.host").write_bytes(mailboxes.PLAIN.replace(b"\r\n", b"\n"))
    assert inbox.sync()
    (row,) = inbox.page()
    assert (row.subject, row.size) == ("Plain words", len(mailboxes.PLAIN))


def test_foreign_flags_and_moves_are_found(maildir: Path, inbox: Folder) -> None:
    mailboxes.fill(maildir)
    inbox.set_flags([1], add=["\\Flagged"])
    (first, second, third) = names(maildir, "new")
    (maildir / "new" / first).rename(maildir / "cur" / f"{first}:2,S")
    (maildir / "new" / third).unlink()
    assert inbox.sync()
    flags = {row.uid: row.flags for row in inbox.page()}
    assert flags == {1: {"\\Seen", "\\Flagged"}, 2: frozenset()}
    assert inbox.summary().unseen == 1
    assert second


def test_flags_that_a_reader_left_in_new_count(maildir: Path, inbox: Folder) -> None:
    (maildir / "new" / "9.reader:2,FR").write_bytes(b"Subject: unread\n\nx\n")
    inbox.sync()
    row = next(row for row in inbox.page() if row.subject == "unread")
    assert sorted(row.flags) == ["\\Answered", "\\Flagged"]
    assert (maildir / "cur" / "9.reader:2,FR").exists()
    inbox.expunge([row.uid])
    assert not list(maildir.glob("*/9.reader*"))


def test_a_foreign_change_and_our_pending_one_are_merged(maildir: Path, inbox: Folder) -> None:
    mailboxes.fill(maildir, (mailboxes.PLAIN,))
    inbox.set_flags([1], add=["\\Seen"])
    inbox.write_back()
    inbox.set_flags([1], add=["\\Answered"])
    (name,) = names(maildir)
    (maildir / "cur" / name).rename(maildir / "cur" / name.replace(":2,S", ":2,FS"))
    inbox.sync()
    row = inbox.row(1)
    assert row is not None
    assert row.flags == {"\\Seen", "\\Answered", "\\Flagged"}
    inbox.write_back()
    assert names(maildir)[0].endswith(":2,FRS")


def test_flags_reach_the_file_names_later(maildir: Path, inbox: Folder) -> None:
    mailboxes.fill(maildir)
    inbox.set_flags([1, 2], add=["\\Seen"])
    assert names(maildir) == []
    assert inbox.write_back() == 3
    assert [name.partition(":2,")[2] for name in names(maildir)] == ["S", "S", ""]
    assert names(maildir, "new") == []
    assert inbox.write_back() == 0
    assert not inbox.sync()


def test_our_own_work_makes_nobody_list_the_directory(
    maildir: Path, inbox: Folder, store: MailStore
) -> None:
    mailboxes.fill(maildir)
    time.sleep(0.05)
    inbox.sync()
    mailboxes.fill(maildir, seconds=1_768_000_000)
    row = inbox.row_now()
    assert (row.new_mtime, row.cur_mtime) == (
        (maildir / "new").stat().st_mtime_ns, (maildir / "cur").stat().st_mtime_ns,
    )  # fmt: skip


def test_a_message_whose_name_changed_is_still_read(maildir: Path, inbox: Folder) -> None:
    mailboxes.fill(maildir, (mailboxes.PLAIN,))
    (name,) = names(maildir, "new")
    (maildir / "new" / name).rename(maildir / "cur" / f"{name}:2,RS")
    assert inbox.read(1) == mailboxes.PLAIN


def test_a_planted_link_or_pipe_is_no_message(maildir: Path, inbox: Folder) -> None:
    (maildir / "secret").write_text("Subject: secret\n\n")
    (maildir / "cur/1.link.host:2,").symlink_to(maildir / "secret")
    os.mkfifo(maildir / "cur/2.pipe.host:2,")
    inbox.sync()
    assert inbox.page() == []


def test_courier_uids_and_keywords_are_adopted(maildir: Path) -> None:
    folders.make(maildir, folder=False)
    for name in ("10.a.host:2,S", "11.b.host:2,", "12.c.host:2,T"):
        (maildir / "cur" / name).write_bytes(b"Subject: " + name.encode() + b"\n\n")
    uidlist.write(maildir, 777, 50, [(9, "11.b.host"), (40, "10.a.host")])
    (maildir / "courierimapkeywords").mkdir()
    (maildir / "courierimapkeywords/11.b.host").write_text("Work\n")
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        info = inbox.summary()
        assert info.uidvalidity == 777
        assert list(inbox.uids())[:2] == [9, 40]
        assert list(inbox.uids())[2] >= 50
        row = inbox.row(9)
    assert row is not None
    assert row.flags == {"Work"}


def test_dovecot_uids_and_keywords_are_adopted(maildir: Path) -> None:
    folders.make(maildir, folder=False)
    (maildir / "cur/10.a.host:2,Sa").write_bytes(b"Subject: a\n\n")
    (maildir / "dovecot-uidlist").write_text("3 V555 N30 Gabc\n12 :10.a.host:2,S\n")
    (maildir / "dovecot-keywords").write_text("0 $Label1\n")
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        row = inbox.row(12)
        assert inbox.summary().uidvalidity == 555
    assert row is not None
    assert row.flags == {"\\Seen", "$Label1"}


def test_our_uid_list_is_what_courier_reads(maildir: Path, inbox: Folder, store: MailStore) -> None:
    mailboxes.fill(maildir)
    store.checkpoint()
    kept = uidlist.read(maildir)
    assert kept is not None
    assert sorted(kept.uids.values()) == [1, 2, 3]
    assert kept.uidnext > 3


def test_folders_that_others_make_and_remove_come_and_go(maildir: Path, store: MailStore) -> None:
    folders.make(maildir / ".Foreign", folder=True)
    (maildir / ".Foreign/new/1.x.host").write_bytes(b"Subject: x\n\n")
    assert [(info.name, info.exists) for info in store.folders()] == [
        ("INBOX", 0),
        ("INBOX.Foreign", 1),
    ]
    subprocess.run(["rm", "-r", str(maildir / ".Foreign")], check=True)
    assert store.names() == ["INBOX"]


def test_concurrent_writers_agree(maildir: Path) -> None:
    with MailStore(maildir):
        pass
    children = []
    for child in range(4):
        pid = os.fork()
        if pid == 0:
            for step in range(10):
                mailboxes.fill(
                    maildir,
                    (b"Subject: %d %d\r\n\r\n" % (child, step),),
                    seconds=1_700_000_000 + child * 100 + step,
                )
                (maildir / f"new/{step}.child{child}.host").write_bytes(b"Subject: foreign\n\n")
                with MailStore(maildir) as store:
                    inbox = store.folder("INBOX")
                    inbox.sync()
                    inbox.set_flags(inbox.uids(), add=[f"Child{child}"])
                    inbox.write_back()
            os._exit(0)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync(thorough=True)
        uids = list(inbox.uids())
        assert len(uids) == 80
        assert len(set(uids)) == 80
        assert inbox.summary().exists == 80
