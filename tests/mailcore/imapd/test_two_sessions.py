"""Two sessions and a model: whatever they do, both see the same mailbox in the end.

UIDs, UIDVALIDITY and mod-sequences only grow; sequence numbers are what EXISTS and EXPUNGE
made them.
"""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailcore.mailbox.store import MailStore
from tests.mailcore.imapd.test_connection import until
from tests.support.transcript import Connection

Listeners = dict[str, tuple[str, int]]

FLAGS = ["\\Seen", "\\Flagged", "\\Deleted", "Work"]
ACTION = st.one_of(
    st.tuples(st.just("append"), st.sampled_from(FLAGS)),
    st.tuples(st.just("store"), st.integers(0, 9), st.sampled_from(["+", "-"]), st.sampled_from(FLAGS), st.booleans()),
    st.tuples(st.just("expunge")),
    st.tuples(st.just("move"), st.integers(0, 9)),
    st.tuples(st.just("noop")),
    st.tuples(st.just("fetch")),
)  # fmt: skip


class Client:
    """A client that believes what it is told, and nothing else."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.wire = Connection(address)
        self.wire.line()
        self.number = 0
        self.messages: list[dict[str, object]] = []
        self.command("LOGIN alice@example.com wonderland")
        self.command("SELECT INBOX")
        self.command("FETCH 1:* (UID FLAGS)")

    def command(self, text: str) -> list[str]:
        self.number += 1
        tag = f"t{self.number}"
        self.wire.send(f"{tag} {text}\r\n".encode())
        lines = until(self.wire, tag)
        for line in lines[:-1]:
            self.hear(line, text)
        return lines

    def hear(self, line: str, during: str) -> None:
        if found := re.fullmatch(r"\* (\d+) EXISTS", line):
            count = int(found[1])
            if during.startswith("SELECT"):
                self.messages = []
            assert count >= len(self.messages)
            self.messages += [{} for _ in range(count - len(self.messages))]
        elif found := re.fullmatch(r"\* (\d+) EXPUNGE", line):
            assert not during.startswith(("FETCH", "STORE", "SEARCH"))
            del self.messages[int(found[1]) - 1]
        elif found := re.match(r"\* (\d+) FETCH \(", line):
            message = self.messages[int(found[1]) - 1]
            if uid := re.search(r"UID (\d+)", line):
                assert message.setdefault("uid", int(uid[1])) == int(uid[1])
            if flags := re.search(r"FLAGS \(([^)]*)\)", line):
                message["flags"] = frozenset(flags[1].split()) - {"\\Recent"}

    def act(self, action: tuple[object, ...]) -> None:
        match action:
            case ("append", flag):
                self.command(f"APPEND INBOX ({flag}) {{16+}}\r\nSubject: new\r\n\r\n")
            case ("store", at, sign, flag, silent) if self.messages:
                number = int(str(at)) % len(self.messages) + 1
                lines = self.command(
                    f"STORE {number} {sign}FLAGS{'.SILENT' if silent else ''} ({flag})"
                )
                message = self.messages[number - 1]
                if silent and not any(f"* {number} FETCH" in line for line in lines):
                    now = message.get("flags", frozenset())
                    assert isinstance(now, frozenset)
                    message["flags"] = now | {flag} if sign == "+" else now - {flag}
            case ("expunge",):
                self.command("EXPUNGE")
            case ("move", at) if self.messages:
                self.command(f"MOVE {int(str(at)) % len(self.messages) + 1} INBOX.Archive")
            case ("fetch",) if self.messages:
                self.command("FETCH 1:* (UID FLAGS)")
            case _:
                self.command("NOOP")


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 1), ACTION), max_size=25))
def test_two_sessions_end_up_agreeing(
    imap: Listeners, alice: object, steps: list[tuple[int, tuple[object, ...]]]
) -> None:
    clients = [Client(imap["imap"]), Client(imap["imap"])]
    with MailStore(alice) as store:  # type: ignore[arg-type]
        inbox = store.folder("INBOX")
        before = inbox.summary()
        for who, action in steps:
            clients[who].act(action)
            now = inbox.summary()
            assert now.uidvalidity == before.uidvalidity
            assert now.uidnext >= before.uidnext
            assert now.highestmodseq >= before.highestmodseq
            before = now
        for client in clients:
            client.command("NOOP")
        truth = {row.uid: row.flags for row in inbox.page(limit=1000)}
        for client in clients:
            # What a client was told by itself must be right; UIDs of new mail it has to ask for.
            told = [dict(message) for message in client.messages]
            if client.messages:
                client.command("FETCH 1:* (UID FLAGS)")
            assert {m["uid"]: m["flags"] for m in client.messages} == truth
            for earlier, later in zip(told, client.messages, strict=True):
                if "flags" in earlier and "uid" in earlier:
                    assert earlier == later
            client.wire.close()
