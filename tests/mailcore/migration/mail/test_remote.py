"""The other server may be anything."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailcore.migration.mail import remote
from mailcore.migration.mail.imap import ImapSource
from mailcore.migration.mail.remote import Login, Remote, RemoteError
from tests.support.moving import contents, into

Talk = Callable[[bytes], bytes]
_GREETING = b"* OK [CAPABILITY IMAP4rev1] hello\r\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is known for what it is sooner than in earnest."""
    monkeypatch.setattr(remote, "TIMEOUT", 2.0)


@contextmanager
def talking(answer: Talk, greeting: bytes = _GREETING) -> Iterator[int]:
    """A server that answers each line as told; after b"" it hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def serve() -> None:
        connection, _ = listening.accept()
        accepted.append(connection)
        with connection, connection.makefile("rb") as lines:
            try:
                connection.sendall(greeting)
                for line in lines:
                    told = answer(line)
                    if not told:
                        return
                    connection.sendall(told)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    for one in accepted:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(10)


def obliging(**special: bytes) -> Talk:
    """OK to everything; before it, for some commands, what is told."""

    def answer(line: bytes) -> bytes:
        tag, _, rest = line.strip().partition(b" ")
        words = rest.upper().split()
        name = b" ".join(words[:2]) if words[0] == b"UID" else words[0]
        told = special.get(name.decode().replace(" ", "_"), b"")
        if name == b"CAPABILITY":
            told = told or b"* CAPABILITY IMAP4rev1\r\n"
        return told + tag + b" OK done\r\n"

    return answer


def login(port: int) -> Login:
    return Login("127.0.0.1", port, "alice", "wonderland", "plain")


_ONE_BOX = {
    "LIST": b'* LIST () "." INBOX\r\n',
    "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n",
    "UID_SEARCH": b"* SEARCH 1\r\n",
}
_FACTS = b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "01-Jan-2026 00:00:00 +0000" RFC822.SIZE 9)\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n",
        b"* 1 FETCH (UID 1 BODY[] {9}\r\nshort",
        b"* 1 FETCH (UID 2 BODY[] {9}\r\nA: b\r\n\r\nx)\r\n",
        b"* 1 FETCH (UID 1 BODY[] NIL)\r\n",
        b'* 1 FETCH (UID 1 BODY[] "unended\r\n',
        b"* 1 FETCH ((((((((\r\n",
        b"* 1 FETCH (BODY[] {0}\r\n)\r\n",
        b"* " + b"9" * 2_000_000 + b"\r\n",
        b"\x00\xff\r\n",
    ],
)
def test_nonsense_brings_nothing_and_ends(tmp_path: Path, body: bytes) -> None:
    answers = dict(_ONE_BOX)
    turns = [_FACTS, body]

    def answer(line: bytes) -> bytes:
        if b"UID FETCH" in line:
            return turns.pop(0) + line.split()[0] + b" OK done\r\n"
        return obliging(**answers)(line)

    with talking(answer) as port:
        try:
            connection = Remote(login(port))
            into(tmp_path / "here", ImapSource(connection, "a"))
            connection.close()
        except RemoteError:
            pass
    assert contents(tmp_path / "here") == []


@pytest.mark.parametrize(
    "listing",
    [
        b'* LIST () "/" "../../etc"\r\n',
        b'* LIST () "/" INBOX/../../x\r\n',
        b'* LIST () NIL "a/b"\r\n',
        b'* LIST () "." {3}\r\na\x00b\r\n',
        b'* LIST () "." INBOX.&bad\r\n',
        b"* LIST\r\n",
        b"* LIST (" + b"\\x " * 5000 + b') "." x\r\n',
    ],
)
def test_names_never_lead_out_of_the_account(tmp_path: Path, listing: bytes) -> None:
    with talking(obliging(**{**_ONE_BOX, "LIST": listing, "UID_SEARCH": b""})) as port:
        connection = Remote(login(port))
        into(tmp_path / "here" / "Maildir", ImapSource(connection, "a"))
        connection.close()
    assert {path.name for path in tmp_path.iterdir()} <= {"here"}
    assert {path.name for path in (tmp_path / "here").iterdir()} <= {"Maildir"}


def test_a_server_that_never_stops_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_ANSWER", 100_000)
    flood = obliging(LIST=b'* LIST () "." x\r\n' * 10_000)
    with talking(flood) as port:
        connection = Remote(login(port))
        with pytest.raises(RemoteError, match="too much"):
            connection.listing()


def test_a_server_that_is_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "TIMEOUT", 0.2)
    with (
        talking(lambda _: b"", greeting=b"") as port,
        pytest.raises(RemoteError, match="timed out"),
    ):
        Remote(login(port))


def test_a_refusal_is_told_without_what_a_terminal_would_obey() -> None:
    def answer(line: bytes) -> bytes:
        tag = line.split()[0]
        if b"LOGIN" in line:
            return tag + b" NO \x1b[2Jgo away\r\n"
        return obliging()(line)

    with talking(answer) as port, pytest.raises(RemoteError, match="go away") as told:
        Remote(login(port))
    assert "\x1b" not in str(told.value)


def test_tls_is_not_left_out_when_it_was_asked_for() -> None:
    with talking(obliging()) as port, pytest.raises(RemoteError):
        Remote(Login("127.0.0.1", port, "alice", "wonderland", "starttls"))
