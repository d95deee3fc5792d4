"""What other programs do to a Maildir while a session has it open (RFC 3501 §7)."""

import imaplib
from pathlib import Path

import pytest

from tests.support.dovecot import dovecot
from tests.support.imap_client import ImapClient
from tests.support.programs import neomutt

Listeners = dict[str, tuple[str, int]]


def test_a_plain_mv_is_a_change_of_flags_or_of_folders(imap: Listeners, alice: Path) -> None:
    client = ImapClient(imap["imap"])
    client.do("SELECT INBOX")
    first, second, _ = sorted((alice / "new").iterdir())
    first.rename(alice / "cur" / f"{first.name.partition(':')[0]}:2,FS")
    second.rename(alice / ".Archive" / "new" / second.name)
    told = client.do("NOOP")
    assert "* 2 EXPUNGE" in told
    assert "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen \\Recent))" in told
    assert client.do("UID SEARCH ALL")[0] == "* SEARCH 1 3"
    assert client.do("STATUS INBOX.Archive (MESSAGES UNSEEN)")[0].endswith("(MESSAGES 1 UNSEEN 1)")


@pytest.mark.interop
def test_neomutt_works_in_a_maildir_that_is_open(
    imap: Listeners, alice: Path, tmp_path: Path
) -> None:
    client = ImapClient(imap["imap"])
    client.do("SELECT INBOX")
    neomutt(
        str(alice),
        "1<enter><flag-message>2<enter><delete-message>3<enter><set-flag>r",
        tmp_path,
    )
    told = client.do("NOOP")
    assert told.count("* 2 EXPUNGE") == 1
    assert client.do("FETCH 1:* (UID FLAGS)")[:-1] == [
        "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent))",
        "* 2 FETCH (UID 3 FLAGS (\\Answered \\Seen \\Recent))",
    ]


@pytest.mark.interop
def test_dovecot_works_in_a_maildir_that_is_open(imap: Listeners, alice: Path) -> None:
    client = ImapClient(imap["imap"])
    client.do("SELECT INBOX")
    for above in alice.parents[:4]:
        above.chmod(0o755)  # Dovecot is somebody else
    with dovecot(alice) as serving:
        other = serving.login()
        other.select("INBOX")
        other.store("1", "+FLAGS", "(\\Flagged)")
        other.store("2", "+FLAGS", "(\\Deleted)")
        other.expunge()
        date = imaplib.Time2Internaldate(1_768_700_000)
        other.append("INBOX", "", date, b"Subject: four\r\n\r\nx\r\n")
        other.copy("1", "INBOX.Archive")
        other.logout()
        told = client.do("NOOP")
        assert told.count("* 2 EXPUNGE") == 1
        assert "* 3 EXISTS" in told
        assert client.do("UID SEARCH ALL")[0] == "* SEARCH 1 3 4"
        assert client.do("UID SEARCH FLAGGED")[0] == "* SEARCH 1"
        assert client.do("STATUS INBOX.Archive (MESSAGES)")[0].endswith("(MESSAGES 1)")
