"""One server follows another at the same Maildir, and no client sees a change."""

import hashlib
import imaplib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders
from tests.mailcore.imapd.test_clients import MBSYNC
from tests.support import dovecot as dovecots

pytestmark = pytest.mark.interop

Listeners = dict[str, tuple[str, int]]
Folder = tuple[bytes, list[tuple[Any, ...]]]
State = dict[bytes, Folder]
_UID = rb"UID (\d+)"


@pytest.fixture
def reachable(alice: Path) -> Path:
    """Alice's Maildir, empty and unknown to us, where a Dovecot that is not root can go."""
    shutil.rmtree(alice)
    folders.make(alice, folder=False)
    for parent in alice.parents:
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(0o755)
    return alice


@contextmanager
def client_at(port: int) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", port)
    client.login(dovecots.USER, dovecots.PASSWORD)
    yield client
    client.logout()


def listed(answer: Any) -> list[bytes]:
    return sorted(line.rpartition(b' "." ')[2].strip(b'"') for line in answer[1] if line)


def state(port: int) -> State:
    """UIDVALIDITY, and UID, flags, date and contents of each message, for each mailbox."""
    with client_at(port) as client:
        names = [
            line.rpartition(b' "." ')[2].strip(b'"')
            for line in client.list()[1]
            if isinstance(line, bytes) and b"Non" not in line and b"Nos" not in line
        ]
        found: State = {b"subscribed": (b"", [(name,) for name in listed(client.lsub())])}
        for name in names:
            client.select(f'"{name.decode()}"', readonly=True)
            validity = client.response("UIDVALIDITY")[1][0]
            found[name] = (validity, list(messages(client)))
    return found


def messages(client: imaplib.IMAP4) -> Iterator[tuple[Any, ...]]:
    uids = client.uid("SEARCH", "ALL")[1][0].split()
    for uid in uids:
        answer = client.uid("FETCH", uid.decode(), "(FLAGS INTERNALDATE BODY.PEEK[])")[1]
        head, body = answer[0]
        flags = imaplib.ParseFlags(head) or imaplib.ParseFlags(answer[1])
        yield (
            int(uid),
            tuple(sorted(flag for flag in flags if flag != b"\\Recent")),
            imaplib.Internaldate2tuple(head) or imaplib.Internaldate2tuple(answer[1]),
            hashlib.sha256(body).hexdigest(),
        )


def lost(before: State, now: State, only: set[bytes] | None = None) -> list[Any]:
    """What was there before and is not now, or not as it was."""
    return [
        (name, validity, message)
        for name, (validity, many) in before.items()
        if only is None or name in only - {b"subscribed"}
        for message in many
        if now.get(name, (b"", []))[0] != validity or message not in now[name][1]
    ]


def act(port: int, turn: int) -> None:
    """What a user does in one server's time."""
    with client_at(port) as client:
        folder = f"INBOX.B&APw-ro{turn}"
        client.create(folder)
        client.subscribe(folder)
        for at in range(4):
            date = f'"{turn + 1:02d}-Nov-2026 10:0{at}:00 +0000"'
            text = f"Subject: {turn} {at}\r\nMessage-ID: <{turn}.{at}@x>\r\n\r\nHello\r\n".encode()
            client.append("INBOX", r"(\Seen $Label1)" if at % 2 else "(older)", date, text)
            client.append(folder, r"(\Answered)", date, text)
        client.select("INBOX")
        uids = client.uid("SEARCH", "ALL")[1][0].split()
        first, second, last = (uid.decode() for uid in (uids[0], uids[1], uids[-1]))
        client.uid("STORE", last, "+FLAGS", rf"(\Flagged word{turn})")
        client.uid("STORE", second, "-FLAGS", r"(\Seen $Label1)")
        client.uid("STORE", first, "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.close()


class Mbsync:
    """A client that remembers UIDs from one run to the next."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.near = home / "near"
        self.near.mkdir()

    def run(self, port: int) -> None:
        version = subprocess.run(["mbsync", "-v"], capture_output=True, text=True, check=True)
        word = "SSLType" if version.stdout.split()[1] < "1.5" else "TLSType"
        config = self.home / "mbsyncrc"
        config.write_text(MBSYNC.format(host="127.0.0.1", port=port, near=self.near, ssl=word))
        done = subprocess.run(
            ["mbsync", "-c", str(config), "-a"], capture_output=True, text=True, timeout=60,
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "UIDVALIDITY" not in done.stderr

    def files(self) -> set[str]:
        """The messages it has, each of which it named when it fetched it."""
        boxes = (self.near / "INBOX", *(self.near / "INBOX").glob(".*"))
        return {
            f"{box.name} {file.name}"
            for box in boxes
            for part in ("new", "cur")
            for file in (box / part).glob("*")
        }


@pytest.mark.parametrize("first", ["dovecot", "ours"])
def test_clients_see_no_change_when_servers_take_turns(
    imap: Listeners, reachable: Path, tmp_path: Path, first: str
) -> None:
    mbsync = Mbsync(tmp_path)
    before: State = {}
    for turn in range(4):
        is_dovecot = (turn % 2 == 0) == (first == "dovecot")
        with serving(imap, reachable, is_dovecot) as port:
            now = state(port)
            assert lost(before, now) == []
            assert lost(now, before, only=set(before)) == []
            had = mbsync.files()
            mbsync.run(port)
            assert not before or mbsync.files() == had
            act(port, turn)
            mbsync.run(port)
            before = state(port)


@contextmanager
def serving(imap: Listeners, maildir: Path, is_dovecot: bool) -> Iterator[int]:
    """The port of one of the two servers; ours settles at the end, as `mailbox settle --dovecot` does."""
    if is_dovecot:
        with dovecots.dovecot(maildir, options=":UTF-8") as one:
            yield one.port
        return
    yield imap["imap"][1]
    with MailStore(maildir) as store:
        store.settle(dovecot=True)
