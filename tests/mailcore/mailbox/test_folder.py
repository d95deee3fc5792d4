"""Messages of one mailbox: rows, pages, flags, search."""

from datetime import date
from pathlib import Path

import pytest

from mailcore.errors import GrammarError, StoreError
from mailcore.mailbox import search as q
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore
from tests.support import mailboxes


@pytest.fixture
def filled(maildir: Path, inbox: Folder) -> Folder:
    mailboxes.fill(maildir)
    return inbox


def test_rows_show_what_a_list_needs(filled: Folder) -> None:
    newest, mixed, plain = filled.page()
    assert [row.uid for row in (newest, mixed, plain)] == [3, 2, 1]
    assert mixed.subject == "Grüße aus Köln"
    assert mixed.from_ == "Jürgen <juergen@example.net>"
    assert mixed.to == "Alice, A. <alice@example.com>, bob@example.com, carol@example.org"
    assert mixed.has_attachment
    assert mixed.preview == "Schöne Brücke"
    assert mixed.message_id == "<mixed@example.net>"
    assert mixed.thread_id == plain.thread_id != newest.thread_id
    assert not plain.has_attachment
    assert plain.date == 1767603600


def test_pages_follow_one_another(filled: Folder) -> None:
    first = filled.page(limit=2)
    second = filled.page(first[-1].position, limit=2)
    assert [row.uid for row in first + second] == [3, 2, 1]
    assert filled.page(second[-1].position) == []
    assert [row.uid for row in filled.page(limit=2, newest_first=False)] == [1, 2]


def test_a_page_of_unseen_messages(filled: Folder) -> None:
    filled.set_flags([3], add=["\\Seen"])
    assert [row.uid for row in filled.page(unseen_only=True)] == [2, 1]
    assert filled.summary().unseen == 2


def test_keywords_come_and_go(filled: Folder) -> None:
    filled.set_flags([1, 2], add=["Work", "\\Flagged"])
    filled.set_flags([2], add=["Home"], remove=["Work"])
    assert filled.row(1).flags == {"Work", "\\Flagged"}  # type: ignore[union-attr]
    assert filled.row(2).flags == {"Home", "\\Flagged"}  # type: ignore[union-attr]
    with pytest.raises(GrammarError):
        filled.set_flags([1], add=["two words"])
    with pytest.raises(GrammarError):
        filled.set_flags([1], add=["\\Invented"])


def test_only_real_changes_move_the_mod_sequence(filled: Folder) -> None:
    filled.set_flags([1], add=["\\Seen"])
    before = filled.summary().highestmodseq
    assert filled.set_flags([1], add=["\\Seen"]) == 0
    assert filled.summary().highestmodseq == before
    assert filled.set_flags([1, 2], add=["\\Seen"]) == 1
    assert filled.summary().highestmodseq == before + 1


def test_messages_are_read_with_crlf(filled: Folder) -> None:
    assert filled.read(2) == mailboxes.MIXED
    assert filled.open(3).read() == mailboxes.FORWARD
    with pytest.raises(StoreError):
        filled.read(99)


def test_counters_follow_every_change(filled: Folder, store: MailStore) -> None:
    store.create("INBOX.A")
    filled.set_flags([1], add=["\\Seen", "\\Deleted"])
    filled.copy([1, 2], "INBOX.A")
    filled.move([2], "INBOX.A")
    filled.expunge([1, 77])
    target = store.folder("INBOX.A").summary()
    here = filled.summary()
    assert (here.exists, here.unseen, here.deleted, here.size) == (1, 1, 0, len(mailboxes.FORWARD))
    assert (target.exists, target.unseen, target.deleted) == (3, 2, 1)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("query", "uids"),
    [
        (q.Subject("PLAIN"), [1, 3]),
        (q.Subject("grüße"), [2]),
        (q.From("jürgen"), [2]),
        (q.Cc("dave"), [2]),
        (q.Bcc("dave"), []),
        (q.And((q.To("alice"), q.Not(q.Subject("plain")))), [2]),
        (q.Or((q.Larger(400), q.Smaller(200))), [1, 2]),
        (q.Body("schöne"), [2]),
        (q.Body("juergen"), []),
        (q.Text("juergen"), [2]),
        (q.SentSince(day("2026-01-07")), [3]),
        (q.HasAttachment(), [2]),
        (q.Uids(((2, 9),)), [2, 3]),
        (q.Header("references", "plain"), [2]),
        (q.Header("x-none", ""), []),
        (q.Header("mime-version", ""), [2, 3]),
        (q.Flag("\\Seen"), []),
        (q.And(()), [1, 2, 3]),
        (q.Or(()), []),
    ],
)
def test_search(filled: Folder, query: q.Query, uids: list[int]) -> None:
    assert filled.search(query) == uids


def test_search_results_by_arrival(filled: Folder) -> None:
    assert filled.search(q.All(), newest_first=True) == [3, 2, 1]


def test_new_messages_are_found_by_text_too(filled: Folder) -> None:
    assert filled.search(q.Body("bridge")) == [1, 3]
    filled.append(b"Subject: another\r\n\r\nA BRIDGE too far\r\n")
    filled.expunge([1])
    assert filled.search(q.Body("bridge")) == [3, 4]


def test_a_search_beyond_reason_is_refused(filled: Folder) -> None:
    with pytest.raises(StoreError):
        filled.search(q.Or(tuple(q.Subject("x") for _ in range(5000))))
