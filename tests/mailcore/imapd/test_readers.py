"""Programs that read mail: neomutt at a terminal, curl and getmail in scripts."""

from pathlib import Path

import pytest

from mailcore.mailbox.store import MailStore
from tests.support import mailboxes
from tests.support.programs import getmail, neomutt, run

Listeners = dict[str, tuple[str, int]]


@pytest.mark.interop
def test_neomutt_flags_copies_and_deletes(imap: Listeners, alice: Path, tmp_path: Path) -> None:
    host, port = imap["imap"]
    neomutt(
        f"imap://{host}:{port}/INBOX",
        "<first-entry><flag-message><copy-message>=INBOX.Archive<enter>"
        "<next-entry><delete-message><next-entry><set-flag>r",
        tmp_path,
        "set imap_user = 'alice@example.com'\nset imap_pass = 'wonderland'\n"
        f"set folder = 'imap://{host}:{port}/'",
    )
    with MailStore(alice) as store:
        inbox, archive = store.folder("INBOX"), store.folder("INBOX.Archive")
        assert {row.subject: sorted(row.flags) for row in inbox.page()} == {
            "Plain words": ["\\Flagged"],
            "Fwd: Plain words": ["\\Answered", "\\Seen"],
        }
        assert [row.subject for row in archive.page()] == ["Plain words"]


@pytest.mark.interop
def test_curl_lists_adds_finds_and_fetches(imap: Listeners, tmp_path: Path) -> None:
    host, port = imap["imap"]
    curl = ["curl", "-sS", "--user", "alice@example.com:wonderland"]
    place = f"imap://{host}:{port}/"
    assert '* LIST (\\HasNoChildren \\Sent) "." INBOX.Sent' in run([*curl, place], tmp_path)
    (tmp_path / "new").write_bytes(mailboxes.MIXED)
    run([*curl, "-T", str(tmp_path / "new"), place + "INBOX.Sent"], tmp_path)
    assert run([*curl, place + "INBOX.Sent?FROM%20juergen"], tmp_path).split() == [
        "*", "SEARCH", "1",
    ]  # fmt: skip
    found = run([*curl, place + "INBOX.Sent;UID=1;SECTION=HEADER.FIELDS%20(SUBJECT)"], tmp_path)
    assert found.split() == ["Subject:", "=?utf-8?b?R3LDvMOfZSBhdXMgS8O2bG4=?="]


@pytest.mark.interop
def test_getmail_takes_each_message_once(imap: Listeners, alice: Path, tmp_path: Path) -> None:
    def fetched() -> int:
        taken = getmail("SimpleIMAPRetriever", imap["imap"], tmp_path)
        return taken.count("\nMessage-ID:")

    assert fetched() == 4  # one is forwarded
    assert fetched() == 4
    with MailStore(alice) as store:
        store.folder("INBOX").append(mailboxes.PLAIN)
    assert fetched() == 5
