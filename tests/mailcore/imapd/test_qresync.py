"""Quick resynchronisation: what a client that was away is told.  RFC 7162 §3.2."""

from pathlib import Path

import pytest

from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.store import MailStore
from tests.support.imap_client import ImapClient, code

Listeners = dict[str, tuple[str, int]]


def enabled(imap: Listeners) -> ImapClient:
    client = ImapClient(imap["imap"])
    assert client.do("ENABLE QRESYNC")[0] == "* ENABLED QRESYNC"
    return client


def remembered(imap: Listeners) -> tuple[str, str]:
    """UIDVALIDITY and HIGHESTMODSEQ as they are now."""
    client = ImapClient(imap["imap"])
    lines = client.do("EXAMINE INBOX")
    client.close()
    return code(lines, "UIDVALIDITY"), code(lines, "HIGHESTMODSEQ")


def append(client: ImapClient, count: int) -> None:
    for at in range(count):
        client.do(f"APPEND INBOX {{14+}}\r\nSubject: {at:03}\r\n")


def news(lines: list[str]) -> list[str]:
    return [line for line in lines if "VANISHED" in line or " FETCH " in line]


def test_selecting_again_tells_what_vanished_and_what_changed(imap: Listeners) -> None:
    uidvalidity, modseq = remembered(imap)
    other = ImapClient(imap["imap"])
    append(other, 3)
    other.do("SELECT INBOX")
    other.do("STORE 1,5 +FLAGS.SILENT (\\Deleted)")
    other.do("EXPUNGE")
    other.do("UID STORE 3 +FLAGS (\\Flagged)")

    client = enabled(imap)
    lines = client.do(f"SELECT INBOX (QRESYNC ({uidvalidity} {modseq}))")
    found = news(lines)
    assert found[0] == "* VANISHED (EARLIER) 1,5"
    assert [line.split(" MODSEQ")[0] for line in found[1:]] == [
        "* 2 FETCH (UID 3 FLAGS (\\Flagged)",
        "* 3 FETCH (UID 4 FLAGS ()",
        "* 4 FETCH (UID 6 FLAGS ()",
    ]
    assert lines.index(found[0]) > next(at for at, line in enumerate(lines) if "EXISTS" in line)


def test_only_what_the_client_knows_is_told(imap: Listeners) -> None:
    uidvalidity, modseq = remembered(imap)
    other = ImapClient(imap["imap"])
    other.do("SELECT INBOX")
    other.do("STORE 1:3 +FLAGS (\\Deleted)")
    other.do("UID EXPUNGE 1:2")
    client = enabled(imap)
    lines = client.do(f"SELECT INBOX (QRESYNC ({uidvalidity} {modseq} 2,7:9))")
    assert news(lines) == ["* VANISHED (EARLIER) 2"]


def test_another_uidvalidity_says_nothing_of_the_past(imap: Listeners) -> None:
    _, modseq = remembered(imap)
    client = enabled(imap)
    assert news(client.do("SELECT INBOX (QRESYNC (7 1 1:100))")) == []
    assert int(modseq) > 1


def test_expunges_are_vanished_uids_once_enabled_and_carry_the_mod_sequence(
    imap: Listeners,
) -> None:
    client, plain = enabled(imap), ImapClient(imap["imap"])
    client.do("SELECT INBOX")
    plain.do("SELECT INBOX")
    client.do("STORE 1,3 +FLAGS.SILENT (\\Deleted)")
    lines = client.do("EXPUNGE")
    assert lines[0] == "* VANISHED 1,3"
    assert lines[-1].startswith("OK [HIGHESTMODSEQ ")
    told = plain.do("NOOP")
    assert told[:2] == ["* 1 EXPUNGE", "* 2 EXPUNGE"]
    moved = client.do("UID MOVE 2 INBOX.Archive")
    assert moved[0].startswith("* OK [COPYUID ")
    assert moved[1] == "* VANISHED 2"
    assert moved[-1].startswith("OK [HIGHESTMODSEQ ")


def test_others_expunges_wait_while_numbers_are_in_use(imap: Listeners) -> None:
    client, other = enabled(imap), ImapClient(imap["imap"])
    client.do("SELECT INBOX")
    other.do("SELECT INBOX")
    other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    other.do("EXPUNGE")
    assert not any("VANISHED" in line for line in client.do("FETCH 2 FLAGS"))
    assert not any("VANISHED" in line for line in client.do("SEARCH ALL"))
    assert client.do("NOOP")[0] == "* VANISHED 1"


def test_uid_fetch_tells_what_vanished_since(imap: Listeners) -> None:
    client = enabled(imap)
    modseq = code(client.do("SELECT INBOX"), "HIGHESTMODSEQ")
    client.do("STORE 2 +FLAGS.SILENT (\\Deleted)")
    client.do("EXPUNGE")
    client.do("UID STORE 3 +FLAGS.SILENT (\\Seen)")
    lines = client.do(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {modseq} VANISHED)")
    assert lines[0] == "* VANISHED (EARLIER) 2"
    assert lines[1].startswith("* 2 FETCH (UID 3 FLAGS (\\Seen \\Recent) MODSEQ (")
    assert len(lines) == 3


@pytest.mark.parametrize(
    "command",
    [
        "SELECT INBOX (QRESYNC (1 0))",
        "SELECT INBOX (QRESYNC (0 1))",
        "SELECT INBOX (QRESYNC (1 2 1:*))",
        "SELECT INBOX (QRESYNC (1 2 1:3 (1:2 1:3)))",
        "SELECT INBOX (QRESYNC (1 2) QRESYNC (1 2))",
        "SELECT INBOX (QRESYNC)",
        "SELECT INBOX (QRESYNC (1 99999999999999999999))",
    ],
)
def test_malformed_resynchronisation_is_refused(imap: Listeners, command: str) -> None:
    assert enabled(imap).refused(command).startswith("BAD")


def test_without_enable_it_is_not_understood(imap: Listeners) -> None:
    client = ImapClient(imap["imap"])
    assert client.refused("SELECT INBOX (QRESYNC (1 2))").startswith("BAD")
    client.do("SELECT INBOX")
    assert client.refused("UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)").startswith("BAD")
    client.do("ENABLE QRESYNC")
    assert client.refused("FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)").startswith("BAD")
    assert client.refused("UID FETCH 1 (FLAGS) (VANISHED)").startswith("BAD")


def test_a_client_away_for_too_long_is_told_all_that_is_not_there(
    imap: Listeners, alice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ImapClient(imap["imap"])
    append(other, 7)
    other.do("SELECT INBOX")
    other.do("UID STORE 2 +FLAGS.SILENT (\\Deleted)")
    other.do("EXPUNGE")
    uidvalidity, modseq = remembered(imap)
    for uid in (5, 6, 9):
        other.do(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        other.do("EXPUNGE")
    monkeypatch.setattr(folder_rows, "KEPT_EXPUNGES", 1)
    with MailStore(alice) as store:
        store.checkpoint()
        assert store.index.rows("SELECT uid FROM expunged ORDER BY uid") == [(6,), (9,)]
    client = enabled(imap)
    lines = client.do(f"SELECT INBOX (QRESYNC ({uidvalidity} {modseq} 1:10))")
    assert news(lines)[0] == "* VANISHED (EARLIER) 2,5:6,9"
    # Numbers that still go with their UIDs say that nothing before them has vanished.
    lines = client.do(f"SELECT INBOX (QRESYNC ({uidvalidity} {modseq} 1:10 (1,3,6 1,4,8)))")
    assert news(lines)[0] == "* VANISHED (EARLIER) 5:6,9"


def test_a_lost_index_makes_no_expunge_unheard(imap: Listeners, alice: Path) -> None:
    uidvalidity, modseq = remembered(imap)
    with MailStore(alice) as store:
        inbox = store.folder("INBOX")
        inbox.expunge([2])
        folder_rows.save_uids(store.index, inbox.id)
        folder_rows.forget(store.index, inbox.id)
        store.index.put("root", "")
        store.refresh()
    client = enabled(imap)
    lines = client.do(f"SELECT INBOX (QRESYNC ({uidvalidity} {modseq} 1:3))")
    assert code(lines, "UIDVALIDITY") == uidvalidity
    assert news(lines)[0] == "* VANISHED (EARLIER) 2"


def test_a_huge_memory_costs_no_more_than_the_mailbox(imap: Listeners) -> None:
    uidvalidity, modseq = remembered(imap)
    client = enabled(imap)
    pairs = "1:4294967295"
    lines = client.do(
        f"SELECT INBOX (QRESYNC ({uidvalidity} {int(modseq) - 1} 1:4294967295 ({pairs} {pairs})))"
    )
    assert [line for line in news(lines) if "VANISHED" in line] == []
