"""What has vanished: exactly the difference between then and now, however much was forgotten."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailbox import vanished
from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.store import MailStore

UIDS = st.lists(st.integers(1, 40), unique=True, max_size=30).map(sorted)


@given(UIDS, st.data())
def test_property_where_numbers_still_fit_nothing_has_gone(uids: list[int], data: object) -> None:
    gone = data.draw(st.sets(st.sampled_from(uids))) if uids else set()  # type: ignore[attr-defined]
    pairs = list(enumerate(uids, 1))  # as the client remembers them
    now = [uid for uid in uids if uid not in gone]
    sure = vanished.agreed(pairs, now)
    assert all(uid > sure for uid in gone)


@pytest.mark.parametrize("kept", [0, 1, 2, 100])
def test_forgetting_makes_the_answer_longer_but_never_wrong(
    tmp_path: Path, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_rows, "KEPT_EXPUNGES", kept)
    with MailStore(tmp_path / "Maildir") as store:
        inbox = store.folder("INBOX")
        for _ in range(8):
            inbox.append(b"Subject: x\r\n\r\n")
        then = inbox.row_now().modseq
        for uid in (2, 5, 8):
            inbox.expunge([uid])
        between = inbox.row_now().modseq
        inbox.expunge([7])
        store.checkpoint()
        uids = inbox.uids()
        everything = [(1, 8)]
        assert vanished.since(inbox, then, everything, uids) == [(2, 2), (5, 5), (7, 8)]
        late = vanished.since(inbox, between, everything, uids)
        assert (7, 7) in late or (7, 8) in late
        if kept >= 1:
            assert late == [(7, 7)]
        assert vanished.since(inbox, inbox.row_now().modseq, everything, uids) == []
        assert vanished.since(inbox, 1, [(1, 4)], uids) == [(2, 2)]
