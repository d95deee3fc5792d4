"""POP3: written sessions, the standard library as a client, large mailboxes."""

import poplib
import ssl
import time
from pathlib import Path

import pytest

from mailcore.mailbox.store import MailStore
from tests.mailcore.pop3d.conftest import ALICE, MESSAGES, PASSWORD
from tests.support.transcript import Connection, play

SCRIPTS = sorted((Path(__file__).parents[2] / "transcripts" / "pop3").glob("*.txt"))

pytestmark = pytest.mark.django_db(transaction=True)

Addresses = dict[str, tuple[str, int]]


@pytest.mark.transcript
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_pop3_session(script: Path, pop3: Addresses) -> None:
    """The first word of the file's name says which listener it is for."""
    listener = script.stem.partition("_")[0]
    play(script, pop3[listener], tls=listener == "pop3s")


def client(pop3: Addresses) -> poplib.POP3:
    found = poplib.POP3(*pop3["pop3"], timeout=10)
    found.user(ALICE)
    found.pass_(PASSWORD)
    return found


def uids(maildir: Path) -> list[int]:
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        return list(inbox.uids())


def test_the_standard_library_fetches_everything(pop3: Addresses) -> None:
    session = client(pop3)
    count, octets = session.stat()
    assert (count, octets) == (3, sum(map(len, MESSAGES)))
    for number, message in enumerate(MESSAGES, 1):
        _, lines, _ = session.retr(number)
        assert b"\r\n".join(lines) + b"\r\n" == message
    session.quit()


def test_tls_from_the_first_octet_and_by_stls(pop3: Addresses) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    session: poplib.POP3 = poplib.POP3_SSL(*pop3["pop3s"], context=context, timeout=10)
    session.user(ALICE)
    session.pass_(PASSWORD)
    session.quit()
    session = poplib.POP3(*pop3["pop3"], timeout=10)
    assert "STLS" in session.capa()
    session.stls(context)
    assert "STLS" not in session.capa()
    session.user(ALICE)
    session.pass_(PASSWORD)
    session.quit()


def test_messages_are_deleted_at_quit_and_others_are_told(
    pop3: Addresses, alice: Path, changed: list[Path]
) -> None:
    before = uids(alice)
    session = client(pop3)
    session.dele(1)
    session.dele(3)
    assert uids(alice) == before
    session.quit()
    assert uids(alice) == [before[1]]
    assert alice in changed


def test_a_lost_connection_deletes_nothing(pop3: Addresses, alice: Path) -> None:
    before = uids(alice)
    session = client(pop3)
    session.dele(1)
    session.close()
    time.sleep(0.1)
    assert uids(alice) == before


def test_fetching_marks_as_seen(pop3: Addresses, alice: Path) -> None:
    session = client(pop3)
    session.retr(2)
    session.quit()
    with MailStore(alice) as store:
        seen = [row.flags for row in store.folder("INBOX").rows(uids(alice))]
    assert ["\\Seen" in flags for flags in seen] == [False, True, False]


def test_a_message_that_vanished_is_an_error_and_no_more(pop3: Addresses, alice: Path) -> None:
    session = client(pop3)
    with MailStore(alice) as store:
        store.folder("INBOX").expunge(uids(alice)[:1])
    with pytest.raises(poplib.error_proto):
        session.retr(1)
    assert session.retr(2)[1]
    session.dele(1)
    session.quit()


def test_large_messages_are_streamed_whole(pop3: Addresses, alice: Path) -> None:
    body = b"".join(b".%d %s\r\n" % (number, b"x" * 70) for number in range(60_000))
    with MailStore(alice) as store:
        store.folder("INBOX").append(b"Subject: large\r\n\r\n" + body)
    session = client(pop3)
    octets = int(session.list(4).split()[2])
    _, lines, _ = session.retr(4)
    assert b"\r\n".join(lines[2:]) + b"\r\n" == body
    assert octets == len(body) + 18
    session.quit()


def test_ten_thousand_messages_are_listed_quickly(pop3: Addresses, alice: Path) -> None:
    with MailStore(alice) as store:
        inbox = store.folder("INBOX")
        new = alice / "new"
        for number in range(10_000):
            (new / f"1700000000.M{number}P1.host").write_bytes(b"Subject: x\n\nbody\n")
        inbox.sync()
    client(pop3).quit()  # the password is known from now on
    started = time.perf_counter()
    session = client(pop3)
    session.stat()
    assert len(session.uidl()[1]) == 10_003
    assert time.perf_counter() - started < 1
    session.quit()


def test_pipelined_commands_are_answered_in_order(pop3: Addresses) -> None:
    connection = Connection(pop3["pop3"])
    connection.line()
    connection.send(
        f"USER {ALICE}\r\nPASS {PASSWORD}\r\nSTAT\r\nNOOP\r\nRETR 1\r\nQUIT\r\n".encode()
    )
    answers = [connection.line() for _ in range(10)]
    assert answers[2].startswith("+OK 3 ")
    assert answers[-1] == "+OK Bye."
    connection.close()
