"""A large folder is answered for by name; what needs the messages renders them first."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailcore.mailbox import drop, fetch, files, rendering, sorting, sync
from mailcore.mailbox import search as q
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders
from mailcore.protocol.imap import fetch_items
from mailcore.protocol.imap.lexer import Arguments
from tests.support import mailboxes

COUNT = 120


def fill(maildir: Path) -> None:
    """Messages of several kinds, some in new/, half of them with honest sizes in their names."""
    folders.make(maildir, folder=False)
    for at in range(COUNT):
        data = (mailboxes.PLAIN, mailboxes.MIXED)[at % 2]
        data = data.replace(b"Message-ID: <", b"Message-ID: <%d." % at).replace(b"\r\n", b"\n")
        lines = data.count(b"\n")
        size = f",S={len(data)},W={len(data) + lines}" if at % 4 < 2 else ""
        place = "new/{}" if at % 3 == 0 else "cur/{}:2,S"
        (maildir / place.format(f"{1000 + at}.x{at}.host{size}")).write_bytes(data)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[MailStore]:
    """INBOX is known by name, nothing is rendered."""
    fill(tmp_path / "bare")
    with MailStore(tmp_path / "bare") as store:
        store.folder("INBOX").sync()
        yield store


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailStore]:
    """The same mail, all of it rendered at the first look."""
    fill(tmp_path / "full")
    with monkeypatch.context() as eager, MailStore(tmp_path / "full") as store:
        eager.setattr(sync, "_RENDERED_AT_ONCE", 1000)
        store.folder("INBOX").sync()
        yield store


def rendered(store: MailStore) -> int:
    found = store.index.row("SELECT count(*) FROM listings")
    assert found is not None
    return int(found[0])


def fetched(items: bytes) -> Callable[[Folder], Any]:
    def lines(folder: Folder) -> list[bytes]:
        uids = folder.uids()[10:20]
        plan = fetch.plan(fetch_items.parse(Arguments(items)), uid=True, modseq=False)
        return fetch.lines(folder, plan, range(11, 21), uids, recent_from=1000)

    return lines


def searched(query: q.Query) -> Callable[[Folder], Any]:
    return lambda folder: folder.search(query)


READERS: dict[str, Callable[[Folder], Any]] = {
    "envelope": fetched(b"ENVELOPE"),
    "bodystructure": fetched(b"BODYSTRUCTURE"),
    "size": fetched(b"RFC822.SIZE"),
    "fields": fetched(b"BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)]"),
    "threadid": fetched(b"THREADID"),
    "body": fetched(b"(BODY.PEEK[TEXT] ENVELOPE)"),
    "page": lambda folder: folder.page(limit=7),
    "next page": lambda folder: folder.page(folder.page(limit=7)[-1].position, 7),
    "unseen page": lambda folder: folder.page(limit=7, unseen_only=True, newest_first=False),
    "rows": lambda folder: folder.rows([3, 99, 4]),
    "row": lambda folder: folder.row(50),
    "subject": searched(q.Header("Subject", "grüße")),
    "larger": searched(q.Larger(400)),
    "smaller": searched(q.Smaller(400)),
    "attachment": searched(q.HasAttachment()),
    "sent": searched(q.SentSince(700_000)),
    "sort": lambda folder: sorting.ordered(
        folder.index, folder.id, set(folder.uids()), [(b"SUBJECT", False), (b"SIZE", True)], {}
    ),
    "threads": lambda folder: sorting.entries(folder.index, folder.id, set(folder.uids())),
}


def told(answer: Any) -> Any:
    """Without the times at which the two Maildirs were made."""
    if isinstance(answer, list) and answer and hasattr(answer[0], "modseq"):
        return [(one.uid, one.flags, one.size, one.subject, one.preview) for one in answer]
    if hasattr(answer, "modseq"):
        return answer.uid, answer.size, answer.subject, answer.thread_id, answer.from_
    return answer


@pytest.mark.parametrize("name", READERS)
def test_whoever_reads_gets_what_a_rendered_folder_gives(
    bare: MailStore, full: MailStore, name: str
) -> None:
    read = READERS[name]
    assert rendered(bare) == 0
    assert rendered(full) == COUNT
    assert told(read(bare.folder("INBOX"))) == told(read(full.folder("INBOX")))


def test_names_flags_dates_and_uids_need_no_message(bare: MailStore, full: MailStore) -> None:
    for path in (bare.maildir / "cur").iterdir():
        path.chmod(0)
    lines = fetched(b"(FLAGS UID)")
    assert lines(bare.folder("INBOX")) == lines(full.folder("INBOX"))
    search = searched(q.Flag("\\Seen"))
    assert search(bare.folder("INBOX")) == search(full.folder("INBOX"))
    bare.folder("INBOX").set_flags([5], add=["\\Flagged"])
    assert rendered(bare) == 0


def test_a_page_renders_itself_and_no_more(bare: MailStore) -> None:
    bare.folder("INBOX").page(limit=7)
    assert rendered(bare) == 7


def test_where_nobody_may_wait_nothing_is_rendered(bare: MailStore) -> None:
    folder = bare.folder("INBOX")
    plan = fetch.plan(fetch_items.parse(Arguments(b"ENVELOPE")), uid=True, modseq=False)
    with pytest.raises(files.WouldWait):
        fetch.lines(folder, plan, [1], [1], recent_from=0, reader=files.read_at_once)
    assert rendered(bare) == 0


def test_sizes_are_exact_for_pop3_and_in_the_sum_once_rendered(
    bare: MailStore, full: MailStore
) -> None:
    assert drop.take(bare).sizes == drop.take(full).sizes
    assert bare.folder("INBOX").summary().size == full.folder("INBOX").summary().size


def test_copies_and_moves_are_rendered_when_read(bare: MailStore) -> None:
    bare.create("INBOX.A")
    bare.folder("INBOX").copy([1, 2], "INBOX.A")
    bare.folder("INBOX").move([3], "INBOX.A")
    assert [row.subject for row in bare.folder("INBOX.A").rows([1, 2, 3])] == [
        row.subject for row in bare.folder("INBOX").rows([1, 2])
    ] + ["Plain words"]  # fmt: skip


def test_what_went_meanwhile_leaves_no_rows(bare: MailStore) -> None:
    folder = bare.folder("INBOX")
    next((bare.maildir / "cur").iterdir()).unlink()
    rendering.ensure(bare.index, folder.id)
    assert rendered(bare) == COUNT - 1
    folder.sync(thorough=True)
    bare.index.execute("UPDATE folders SET cur_mtime = 0")
    folder.sync()
    rendering.ensure(bare.index, folder.id)
    assert len(folder.uids()) == COUNT - 1
    assert not rendering.is_pending(bare.index, folder.id)


_KILLED = """
import os, sys
from pathlib import Path
from mailcore.mailbox import rendering
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.index import message_rows

steps = int(sys.argv[2])
real = message_rows.insert_rendered

def dying(*arguments):
    global steps
    real(*arguments)
    steps -= 1
    if steps < 0:
        os._exit(9)

message_rows.insert_rendered = dying
with MailStore(Path(sys.argv[1])) as store:
    folder = store.folder("INBOX")
    folder.sync()
    rendering.ensure(store.index, folder.id)
os._exit(9)
"""


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_killed_at_any_step_uids_stay_and_the_rest_is_rendered(
    tmp_path: Path, full: MailStore, steps: int
) -> None:
    maildir = tmp_path / "bare"
    fill(maildir)
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(maildir), str(steps)])
    assert ended.returncode == 9
    with MailStore(maildir) as store:
        folder = store.folder("INBOX")
        folder.sync()
        known, wanted = (
            set(one.index.rows("SELECT uid, base FROM messages")) for one in (store, full)
        )
        assert {base for _, base in known} == {base for _, base in wanted}
        assert [row.subject for row in folder.page(limit=COUNT)] == [
            row.subject for row in full.folder("INBOX").page(limit=COUNT)
        ]
        assert len(folder.uids()) == rendered(store) == COUNT
