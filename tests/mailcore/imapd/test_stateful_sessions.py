"""Random work by three clients on one mailbox, against a model of it.

One client hears of expunges by number, one by VANISHED; the third is away most of the time and
catches up by QRESYNC, even when the server has forgotten what it would have to tell.
"""

import re
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.store import MailStore
from tests.support.imap_client import ImapClient, code

Listeners = dict[str, tuple[str, int]]
Flags = frozenset[str]

FLAGS = st.sampled_from(["\\Seen", "\\Flagged", "\\Deleted", "Work", "$Later"])
WHO = st.integers(0, 1)
AT = st.integers(0, 11)
_names = count()


def spelled(text: str) -> list[int]:
    """`1:3,7` → 1 2 3 7."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    return found


class Client:
    """What one client believes: UIDs by number (None where it was not told), flags by UID."""

    def __init__(self, address: tuple[str, int], *, qresync: bool) -> None:
        self.wire = ImapClient(address)
        if qresync:
            self.wire.do("ENABLE QRESYNC")
        self.uids: list[int | None] = []
        self.flags: dict[int, Flags] = {}

    def select(self, mailbox: str, parameters: str = "") -> list[str]:
        self.uids = []
        lines = self.wire.do(f"SELECT {mailbox}{parameters}")
        for line in lines:
            self.hear(line)
        return lines

    def do(self, text: str) -> list[str]:
        lines = self.wire.ask(text)
        for line in lines[:-1]:
            self.hear(line)
        return lines

    def hear(self, line: str) -> None:
        if found := re.fullmatch(r"\* (\d+) EXISTS", line):
            assert int(found[1]) >= len(self.uids)
            self.uids += [None] * (int(found[1]) - len(self.uids))
        elif found := re.fullmatch(r"\* (\d+) EXPUNGE", line):
            gone = self.uids.pop(int(found[1]) - 1)
            self.flags.pop(gone or 0, None)
        elif found := re.fullmatch(r"\* VANISHED( \(EARLIER\))? ([\d:,]+)", line):
            for uid in spelled(found[2]):
                self.flags.pop(uid, None)
                if not found[1]:  # one that it knows, or one of those it was only counted
                    self.uids.remove(uid if uid in self.uids else None)
        elif found := re.match(r"\* (\d+) FETCH \((.*)\)$", line):
            uid = re.search(r"UID (\d+)", found[2])
            flags = re.search(r"FLAGS \(([^)]*)\)", found[2])
            assert uid
            assert self.uids[int(found[1]) - 1] in (None, int(uid[1]))
            self.uids[int(found[1]) - 1] = int(uid[1])
            if flags:
                self.flags[int(uid[1])] = frozenset(flags[1].split()) - {"\\Recent"}

    def catch_up(self) -> None:
        """Ask for what it was not told by itself: the UIDs of new messages."""
        self.do("NOOP")
        if None in self.uids:
            self.do(f"FETCH {self.uids.index(None) + 1}:* (UID FLAGS)")


class Mailbox(RuleBasedStateMachine):
    """The model: flags by UID."""

    imap: Listeners
    maildir: object

    @initialize()
    def begin(self) -> None:
        self.name = f"INBOX.m{next(_names)}"
        self.model: dict[int, Flags] = {}
        address = self.imap["imap"]
        self.clients = [Client(address, qresync=False), Client(address, qresync=True)]
        self.clients[0].wire.do(f"CREATE {self.name}")
        for client in self.clients:
            client.select(self.name)
        self.away = Client(address, qresync=True)
        self.remembered = self.where(self.away.select(self.name))
        self.away.wire.do("UNSELECT")

    def where(self, lines: list[str]) -> tuple[str, str]:
        return code(lines, "UIDVALIDITY"), code(lines, "HIGHESTMODSEQ")

    def known(self, who: int, at: int) -> int | None:
        """The UID that the client would name."""
        client = self.clients[who]
        told = [uid for uid in client.uids if uid is not None]
        return told[at % len(told)] if told else None

    @rule(who=WHO, flags=st.lists(FLAGS, max_size=2), many=st.integers(1, 3))
    def append(self, who: int, flags: list[str], many: int) -> None:
        message = f" ({' '.join(flags)}) {{14+}}\r\nSubject: new\r\n"
        lines = self.clients[who].do(f"APPEND {self.name}{message * many}")
        for uid in spelled(code(lines, "APPENDUID").split()[1]):
            assert not self.model or uid > max(self.model)
            self.model[uid] = frozenset(flags)

    @rule(who=WHO, at=AT, sign=st.sampled_from(["", "+", "-"]), flag=FLAGS, silent=st.booleans())
    def store(self, who: int, at: int, sign: str, flag: str, silent: bool) -> None:
        uid = self.known(who, at)
        if uid is None:
            return
        client = self.clients[who]
        text = f"{sign}FLAGS{'.SILENT' if silent else ''} ({flag})"
        lines = client.do(f"UID STORE {uid} {text}")
        assert lines[-1].startswith("OK")
        if uid not in self.model:
            return
        now = {"": frozenset([flag]), "+": self.model[uid] | {flag}, "-": self.model[uid] - {flag}}
        self.model[uid] = now[sign]
        if silent and not any(f"UID {uid} FLAGS" in line for line in lines):
            before = client.flags[uid]
            client.flags[uid] = {
                "": frozenset([flag]), "+": before | {flag}, "-": before - {flag}
            }[sign]  # fmt: skip

    @rule(who=WHO)
    def expunge(self, who: int) -> None:
        lines = self.clients[who].do("EXPUNGE")
        assert lines[-1].startswith("OK")
        self.model = {uid: flags for uid, flags in self.model.items() if "\\Deleted" not in flags}

    @rule(who=WHO, at=AT)
    def move(self, who: int, at: int) -> None:
        uid = self.known(who, at)
        if uid is not None:
            self.clients[who].do(f"UID MOVE {uid} INBOX.Archive")
            self.model.pop(uid, None)

    @rule(who=WHO, at=AT, flags=st.lists(FLAGS, max_size=1))
    def replace(self, who: int, at: int, flags: list[str]) -> None:
        uid = self.known(who, at)
        if uid is None:
            return
        text = f"UID REPLACE {uid} {self.name} ({' '.join(flags)}) {{14+}}\r\nSubject: new\r\n"
        lines = self.clients[who].do(text)
        if uid in self.model:
            del self.model[uid]
            self.model[int(code(lines, "APPENDUID").split()[1])] = frozenset(flags)
        else:
            assert lines[-1].startswith("NO")

    @rule(who=WHO)
    def fetch(self, who: int) -> None:
        if self.clients[who].uids:
            self.clients[who].do("FETCH 1:* (UID FLAGS)")

    @rule(who=WHO)
    def look(self, who: int) -> None:
        client = self.clients[who]
        client.catch_up()
        assert client.uids == sorted(self.model)
        assert client.flags == self.model

    @rule(names_known=st.booleans())
    def come_back(self, names_known: bool) -> None:
        """The client that was away hears exactly what it missed."""
        uidvalidity, modseq = self.remembered
        known = f" 1:{max(self.away.flags)}" if names_known and self.away.flags else ""
        remembers_new = not known or not self.model or max(self.model) <= max(self.away.flags)
        lines = self.away.select(self.name, f" (QRESYNC ({uidvalidity} {modseq}{known}))")
        if not remembers_new:
            self.away.do(f"UID FETCH {max(self.away.flags, default=0) + 1}:* (FLAGS)")
        assert self.away.flags == self.model
        self.remembered = self.where(lines)
        self.away.wire.do("UNSELECT")

    @rule()
    def forget(self) -> None:
        """Housekeeping throws all but the last expunges away."""
        with MailStore(self.maildir) as store:  # type: ignore[arg-type]
            store.checkpoint()

    @precondition(lambda self: self.model)
    @rule(at=AT)
    def delivered_away(self, at: int) -> None:
        """Another program removes a message's file."""
        uid = sorted(self.model)[at % len(self.model)]
        with MailStore(self.maildir) as store:  # type: ignore[arg-type]
            folder = store.folder(self.name)
            base, bits = folder.index.row(  # type: ignore[misc]  # it is there
                "SELECT base, file_flags FROM messages WHERE folder = ? AND uid = ?", folder.id, uid
            )
            del bits
            for file in (folder.path / "cur").iterdir():
                if file.name.startswith(base):
                    file.unlink()
            folder.sync(thorough=True)
            if folder.row(uid) is None:
                del self.model[uid]

    def teardown(self) -> None:
        for client in (*self.clients, self.away) if hasattr(self, "away") else ():
            client.wire.close()


def test_property_stateful_sessions_see_what_the_model_says(
    imap: Listeners, alice: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_rows, "KEPT_EXPUNGES", 2)

    class Here(Mailbox):
        pass

    Here.imap, Here.maildir = imap, alice
    examples = min(settings().max_examples // 2, 1000)
    run_state_machine_as_test(
        Here, settings=settings(max_examples=examples, stateful_step_count=30)
    )
