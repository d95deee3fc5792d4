"""Mail that leaves by a folder: sent and kept, or refused and nowhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.errors import ConfigError
from mailcore.imapd.server import Server
from mailcore.mailbox.store import MailStore
from mailcore.queue.models import Content, Message, Recipient
from tests.support.imap_client import ImapClient
from tests.support.transcript import play

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Listeners = dict[str, tuple[str, int]]

LETTER = (
    b"From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nBcc: carol@example.com,\r\n"
    b" far@elsewhere.example.org\r\nX-IMAP-Sender: eve@example.com\r\nSubject: news\r\n\r\ntext\r\n"
)


def append(client: ImapClient, letter: bytes = LETTER, box: str = "INBOX.Outbox") -> list[str]:
    return client.ask(b"APPEND %b {%d+}\r\n%b" % (box.encode(), len(letter), letter))


@pytest.fixture
def client(imap: Listeners) -> ImapClient:
    """alice's, who has an outbox."""
    settings_store.save("imap", {"outbox": ".Outbox"}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    client.do("CREATE INBOX.Outbox")
    return client


def kept(client: ImapClient) -> str:
    return client.do("STATUS INBOX.Outbox (MESSAGES)")[0].split()[-1].rstrip(")")


def queued() -> list[bytes]:
    found = []
    for message in Message.objects.all():
        data = bytes(Content.objects.get(id=message.id).data)
        found.append(bytes(message.prefix) + data[message.skip :])
    return found


@pytest.mark.transcript
def test_a_session_that_sends(imap: Listeners) -> None:
    settings_store.save("imap", {"outbox": "Outbox"}, by="test")
    current.refresh()
    play(Path(__file__).parents[2] / "transcripts/outbox/send.txt", imap["imap"])


def test_all_readers_get_it_and_none_sees_the_blind_ones(client: ImapClient, alice: Path) -> None:
    assert append(client)[-1].startswith("OK [APPENDUID")
    [message] = Message.objects.all()
    assert message.reverse_path == "alice@example.com"
    assert message.auth_identity == "alice@example.com"
    readers = {one.forward_path for one in Recipient.objects.all()}
    assert readers == {"bob@example.com", "carol@example.com", "far@elsewhere.example.org"}
    [sent] = queued()
    assert b"with IMAP" in sent
    assert b"carol@" not in sent
    assert b"eve@" not in sent
    assert b"X-IMAP-Sender: alice@example.com" in sent
    with MailStore(alice) as store:
        assert store.folder("INBOX.Outbox").read(1) == LETTER


def test_a_copy_is_sent_and_several_are_refused(client: ImapClient, alice: Path) -> None:
    append(client, box="INBOX.Drafts")
    append(client, box="INBOX.Drafts")
    client.do("SELECT INBOX.Drafts")
    assert client.refused("COPY 1:2 INBOX.Outbox").startswith("NO [CANNOT]")
    assert (Message.objects.count(), kept(client)) == (0, "0")
    assert "[COPYUID" in client.do("COPY 1 INBOX.Outbox")[-1]
    client.do("MOVE 2 INBOX.Outbox")
    assert (Message.objects.count(), kept(client)) == (2, "2")
    assert client.do("STATUS INBOX.Drafts (MESSAGES)")[0].endswith("(MESSAGES 1)")


def test_a_draft_is_replaced_by_what_is_sent(client: ImapClient) -> None:
    append(client, box="INBOX.Drafts")
    client.do("SELECT INBOX.Drafts")
    client.do(b"REPLACE 1 INBOX.Outbox {%d+}\r\n%b" % (len(LETTER), LETTER))
    assert (Message.objects.count(), kept(client)) == (1, "1")


def test_somebody_elses_from_is_refused_as_on_the_submission_port(client: ImapClient) -> None:
    settings_store.save("hygiene", {"check_from": True}, by="test")
    current.refresh()
    forged = LETTER.replace(b"alice@", b"bob@", 1)
    assert append(client, forged)[-1].startswith("NO [CANNOT] <bob@example.com> is not an address")
    assert append(client)[-1].startswith("OK")
    assert (Message.objects.count(), kept(client)) == (1, "1")


def test_rates_and_sizes_of_submissions_hold(client: ImapClient) -> None:
    settings_store.save("rates", {"messages_hour": 1}, by="test")
    settings_store.save("esmtp", {"size_limit": 1000}, by="test")
    current.refresh()
    assert append(client, LETTER + b"x" * 1000)[-1].startswith("NO [CANNOT] The message is too big")
    assert append(client)[-1].startswith("OK")
    assert append(client)[-1].startswith("NO [UNAVAILABLE] No more than 1 messages")
    assert (Message.objects.count(), kept(client)) == (1, "1")


def test_a_header_without_an_end_is_a_whole_message(client: ImapClient) -> None:
    assert append(client, b"From: alice@example.com\r\nTo: bob@example.com")[-1].startswith("OK")
    [sent] = queued()
    assert b"\r\nTo: bob@example.com\r\nX-IMAP-Sender: alice@example.com\r\n\r\n" in sent


def test_one_reader_that_is_no_address_refuses_the_message(client: ImapClient) -> None:
    broken = LETTER.replace(b"To: bob@", b"To: bob@example.com, b ob@")
    assert append(client, broken)[-1].startswith("NO [CANNOT]")
    assert (Message.objects.count(), kept(client)) == (0, "0")


def test_a_full_account_sends_nothing(imap: Listeners, client: ImapClient) -> None:
    carol = ImapClient(imap["imap"], "carol@example.com", "smallroom")
    carol.do("CREATE INBOX.Outbox")
    letter = b"From: carol@example.com\r\nTo: bob@example.com\r\n\r\n" + b"x" * 3000
    assert append(carol, letter)[-1].startswith("NO [OVERQUOTA]")
    assert Message.objects.count() == 0


def test_beside_another_mail_server_it_is_a_folder(server: Server, client: ImapClient) -> None:
    server.send = None
    alone = ImapClient(client.wire.socket.getpeername())
    assert not [word for word in alone.capabilities() if word.startswith("XCOURIEROUTBOX")]
    assert append(alone)[-1].startswith("OK [APPENDUID")
    assert (Message.objects.count(), kept(alone)) == (0, "1")


def test_a_copy_that_cannot_be_kept_is_not_taken_for_unsent(
    server: Server, client: ImapClient, alice: Path
) -> None:
    send = server.send
    assert send is not None

    def then_the_folder_goes(*given: object, **told: object) -> None:
        send(*given, **told)  # type: ignore[arg-type]
        with MailStore(alice) as store:
            store.delete("INBOX.Outbox")

    server.send = then_the_folder_goes
    second = ImapClient(client.wire.socket.getpeername())
    assert append(second)[-1].startswith("OK [ALERT] The message was sent")
    assert Message.objects.count() == 1


_KILLED = """
import os, sys
from pathlib import Path
from mailcore.mailbox.addition import Addition
from mailcore.mailbox.store import MailStore

def send():
    if sys.argv[3] == "after":
        with open(sys.argv[2], "a") as queue:
            queue.write("sent\\n")
    if sys.argv[3] != "never":
        os.kill(os.getpid(), 9)
    with open(sys.argv[2], "a") as queue:
        queue.write("sent\\n")

with MailStore(Path(sys.argv[1])) as store:
    store.folder("INBOX").append_all([Addition(b"Subject: x\\n\\n", (), 1)], first=send)
"""


@pytest.mark.parametrize(("when", "times"), [("before", 1), ("after", 2)])
def test_killed_around_the_queues_commit_it_is_sent_again_but_never_lost(
    tmp_path: Path, when: str, times: int
) -> None:
    maildir, queue = tmp_path / "Maildir", tmp_path / "queue"
    queue.touch()
    with MailStore(maildir):
        pass
    argv = [sys.executable, "-c", _KILLED, str(maildir), str(queue)]
    assert subprocess.run([*argv, when], check=False).returncode == -9
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync(thorough=True)
        assert inbox.summary().exists == 0  # so the client was not told OK, and tries again
    subprocess.run([*argv, "never"], check=True)
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync(thorough=True)
        assert inbox.summary().exists == 1
    assert queue.read_text().count("sent") == times


@pytest.mark.parametrize("name", ["a/b", "..", "INBOX."])
def test_an_impossible_outbox_is_refused_when_it_is_saved(name: str) -> None:
    with pytest.raises(ConfigError):
        settings_store.save("imap", {"outbox": name}, by="test")
