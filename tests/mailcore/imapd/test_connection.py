"""Connections that behave badly, and ends that come from our side."""

import asyncio
import resource
import socket
import threading
import time

import pytest

from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.imapd import connection
from mailcore.imapd.server import Server
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.search import Query
from mailcore.mailbox.store import MailStore
from tests.support.transcript import Connection

Listeners = dict[str, tuple[str, int]]


def logged_in(address: tuple[str, int]) -> Connection:
    client = Connection(address)
    client.line()
    client.send(b"a LOGIN alice@example.com wonderland\r\n")
    assert client.line().startswith("a OK")
    return client


def until(client: Connection, tag: str) -> list[str]:
    lines = [client.line()]
    while not lines[-1].startswith(tag + " "):
        assert lines[-1] != "<closed>"
        lines.append(client.line())
    return lines


def test_who_does_not_log_in_is_sent_away(imap: Listeners, server: Server) -> None:
    client = Connection(imap["imap"])
    client.line()
    for session in server.sessions.all():
        loop = session.transport.get_extra_info  # type: ignore[attr-defined]
        assert loop
        session.check_time(time.monotonic() + 61)  # type: ignore[attr-defined]
    assert client.line() == "* BYE You took too long to log in."
    assert client.line() == "<closed>"


def test_a_silent_client_is_logged_out_after_half_an_hour(imap: Listeners, server: Server) -> None:
    client = logged_in(imap["imap"])
    (session,) = server.sessions.all()
    session.check_time(time.monotonic() + 29 * 60)  # type: ignore[attr-defined]
    client.send(b"b NOOP\r\n")
    assert client.line().startswith("b OK")
    session.check_time(time.monotonic() + 31 * 60)  # type: ignore[attr-defined]
    assert client.line().startswith("* BYE Autologout")


def test_draining_says_bye(imap: Listeners, server: Server) -> None:
    client = logged_in(imap["imap"])
    for session in server.sessions.all():
        session.drain()
    assert client.line() == "* BYE Server is shutting down."
    assert client.line() == "<closed>"


def test_too_many_errors_end_the_connection(imap: Listeners) -> None:
    client = Connection(imap["imap"])
    client.line()
    for _ in range(30):
        client.send(b"x BOGUS\r\n")
        assert client.line().startswith("x BAD")
    assert client.line() == "* BYE Too many errors."


def test_a_client_that_does_not_read_costs_bounded_memory(imap: Listeners, alice: object) -> None:
    with MailStore(alice) as store:  # type: ignore[arg-type]
        store.folder("INBOX").append(b"Subject: big\r\n\r\n" + b"x" * 70 * 14_000 + b"\r\n")
    client = logged_in(imap["imap"])
    client.send(b"b SELECT INBOX\r\n")
    until(client, "b")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send(b"".join(b"c%d FETCH 4 BODY.PEEK[]\r\n" % n for n in range(200)))
    time.sleep(1.0)
    other = logged_in(imap["imap"])
    other.send(b"d NOOP\r\n")
    assert other.line().startswith("d OK")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000
    client.close()


def test_other_clients_are_served_during_a_long_command(imap: Listeners, alice: object) -> None:
    with MailStore(alice) as store:  # type: ignore[arg-type]
        inbox = store.folder("INBOX")
        for _ in range(20):
            inbox.append(b"Subject: x\r\n\r\n" + b"words " * 20_000 + b"\r\n")
    slow, quick = logged_in(imap["imap"]), logged_in(imap["imap"])
    slow.send(b"b SELECT INBOX\r\n")
    until(slow, "b")
    slow.send(b"c SEARCH TEXT zebra\r\n")
    began = time.monotonic()
    quick.send(b"d NOOP\r\n")
    assert quick.line().startswith("d OK")
    assert time.monotonic() - began < 0.5
    assert until(slow, "c")[0] == "* SEARCH"


def test_a_connection_cut_in_the_middle_of_anything_leaves_the_server_well(imap: Listeners) -> None:
    for half in (
        b"b APPEND INBOX {100000}\r\nSubject",
        b"b IDLE\r\n",
        b"b FETCH 1:3 BODY[]\r\n",
        b"b SEA",
    ):
        client = logged_in(imap["imap"])
        client.send(b"s SELECT INBOX\r\n")
        until(client, "s")
        client.send(half)
        client.close()
    client = logged_in(imap["imap"])
    client.send(b"s SELECT INBOX\r\n")
    assert "* 3 EXISTS" in until(client, "s")


def test_passwords_travel_only_through_tls_when_so_set(imap: Listeners) -> None:
    settings_store.save("general", {"plaintext_auth_from_loopback": False}, by="test")
    current.refresh()
    client = Connection(imap["imap"])
    assert "LOGINDISABLED" in client.line()
    client.send(b"a LOGIN alice@example.com wonderland\r\n")
    assert client.line().startswith("a NO [PRIVACYREQUIRED]")
    client.send(b"b AUTHENTICATE PLAIN\r\n")
    assert client.line().startswith("b NO [PRIVACYREQUIRED]")
    client.send(b"c STARTTLS\r\n")
    assert client.line().startswith("c OK")
    client.start_tls()
    client.send(b"d LOGIN alice@example.com wonderland\r\n")
    assert client.line().startswith("d OK")


def test_a_deleted_mailbox_ends_the_sessions_in_it(imap: Listeners) -> None:
    one, other = logged_in(imap["imap"]), logged_in(imap["imap"])
    one.send(b"b SELECT INBOX.Junk\r\n")
    until(one, "b")
    other.send(b"b DELETE INBOX.Junk\r\n")
    assert other.line().startswith("b OK")
    one.send(b"c NOOP\r\n")
    assert one.line() == "* BYE The selected mailbox was deleted."


def test_a_foreign_delivery_wakes_idle(imap: Listeners, alice: object) -> None:
    client = logged_in(imap["imap"])
    client.send(b"b SELECT INBOX\r\n")
    until(client, "b")
    client.send(b"c IDLE\r\n")
    assert client.line() == "+ idling"
    began = time.monotonic()
    (alice / "tmp/1.foreign.host").write_bytes(b"Subject: foreign\n\n")  # type: ignore[operator]
    (alice / "tmp/1.foreign.host").rename(alice / "new/1.foreign.host")  # type: ignore[operator]
    assert client.line() == "* 4 EXISTS"
    assert time.monotonic() - began < 1


def test_the_poll_finds_what_nobody_announced(
    imap: Listeners, server: Server, alice: object
) -> None:
    client = logged_in(imap["imap"])
    client.send(b"b SELECT INBOX\r\n")
    until(client, "b")
    client.send(b"c IDLE\r\n")
    assert client.line() == "+ idling"
    with MailStore(alice) as store:  # type: ignore[arg-type]
        store.folder("INBOX").set_flags([1], add=["\\Seen"])
    loop = next(iter(server.servers)).get_loop()
    assert isinstance(loop, asyncio.AbstractEventLoop)
    loop.call_soon_threadsafe(server.hub.poll)
    assert client.line().startswith("* 1 FETCH (UID 1 FLAGS (\\Seen")


def test_a_long_command_says_that_it_is_still_at_work(
    imap: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    search = Folder.search_scored

    def slow(folder: Folder, query: Query) -> tuple[set[int], dict[int, int]]:
        assert may_end.wait(10)
        return search(folder, query)

    monkeypatch.setattr(Folder, "search_scored", slow)
    client = logged_in(imap["imap"])
    client.send(b"b SELECT INBOX\r\n")
    until(client, "b")
    monkeypatch.setattr(connection, "PROGRESS_SECONDS", 0.02)
    client.send(b"c SEARCH ALL\r\n")
    for _ in range(2):
        assert client.line() == '* OK [INPROGRESS ("c" NIL NIL)] Still working.'
    may_end.set()
    assert until(client, "c")[-2] == "* SEARCH 1 2 3"
