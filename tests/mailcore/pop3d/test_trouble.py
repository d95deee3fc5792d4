"""POP3 when things go wrong: no TLS, slow clients, too many of them, a broken mailbox, draining."""

import base64
import hashlib
import ssl
import threading
import time
from pathlib import Path

import pytest

from mailcore.conf import current, store
from mailcore.mailbox.store import MailStore
from tests.mailcore.pop3d.conftest import ALICE, PASSWORD
from tests.support.scram import ScramClient
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True)

Addresses = dict[str, tuple[str, int]]


def change(section: str, **values: object) -> None:
    store.save(section, values, by="test")
    current.refresh()


def say(connection: Connection, line: str) -> str:
    connection.send(line.encode() + b"\r\n")
    return connection.line()


def connected(address: tuple[str, int]) -> Connection:
    connection = Connection(address)
    assert connection.line().startswith("+OK")
    return connection


def logged_in(address: tuple[str, int]) -> Connection:
    connection = connected(address)
    say(connection, f"USER {ALICE}")
    assert say(connection, f"PASS {PASSWORD}").startswith("+OK")
    return connection


def test_without_tls_only_programs_on_this_machine_may_log_in(pop3: Addresses) -> None:
    change("general", plaintext_auth_from_loopback=False)
    connection = connected(pop3["pop3"])
    assert say(connection, f"USER {ALICE}") == "-ERR [AUTH] TLS is required first."
    assert say(connection, "AUTH PLAIN").startswith("-ERR [AUTH]")
    assert say(connection, "CAPA").startswith("+OK")
    offered = []
    while (line := connection.line()) != ".":
        offered.append(line)
    assert "STLS" in offered
    assert not [line for line in offered if line.startswith(("USER", "SASL"))]
    assert say(connection, "STLS").startswith("+OK")
    connection.start_tls()
    assert say(connection, f"USER {ALICE}").startswith("+OK")
    assert say(connection, f"PASS {PASSWORD}").startswith("+OK")


def test_an_administrator_may_allow_passwords_in_the_clear(pop3: Addresses) -> None:
    change("general", plaintext_auth_from_loopback=False)
    change("pop3", plaintext_auth=True)
    assert logged_in(pop3["pop3"])


def test_scram_proves_the_password_without_sending_it(pop3: Addresses) -> None:
    connection, client = connected(pop3["pop3"]), ScramClient(ALICE, PASSWORD)
    first = base64.b64encode(client.first()).decode()
    server_first = base64.b64decode(say(connection, f"AUTH SCRAM-SHA-256 {first}")[2:])
    final = base64.b64encode(client.final(server_first)).decode()
    client.check(base64.b64decode(say(connection, final)[2:]))
    assert say(connection, "") == "+OK 3 messages."


def test_scram_is_bound_to_the_channel_where_there_is_one(pop3: Addresses) -> None:
    """RFC 5929; what can't work on a connection isn't offered on it."""
    change("pop3", auth_mechanisms=["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "CRAM-MD5"])
    clear = connected(pop3["pop3"])
    assert say(clear, "AUTH SCRAM-SHA-256-PLUS").startswith("-ERR")
    assert say(clear, "AUTH CRAM-MD5").startswith("-ERR")
    connection = Connection(pop3["pop3s"], tls=True)
    assert connection.line().startswith("+OK")
    assert isinstance(connection.socket, ssl.SSLSocket)
    seen = connection.socket.getpeercert(binary_form=True)
    assert seen is not None
    client = ScramClient(
        ALICE, PASSWORD, binding=("tls-server-end-point", hashlib.sha256(seen).digest())
    )
    first = base64.b64encode(client.first()).decode()
    server_first = base64.b64decode(say(connection, f"AUTH SCRAM-SHA-256-PLUS {first}")[2:])
    final = base64.b64encode(client.final(server_first)).decode()
    client.check(base64.b64decode(say(connection, final)[2:]))
    assert say(connection, "") == "+OK 3 messages."


def test_who_does_not_log_in_is_cut_off_in_silence(pop3: Addresses) -> None:
    change("pop3", login_timeout=1)
    connection = connected(pop3["pop3"])
    started = time.monotonic()
    assert say(connection, "CAPA").startswith("+OK")
    while connection.line() != "<closed>":
        pass
    assert time.monotonic() - started < 4


def test_who_says_nothing_is_cut_off_and_nothing_is_deleted(pop3: Addresses, alice: Path) -> None:
    change("pop3", idle_timeout=1)
    connection = logged_in(pop3["pop3"])
    assert say(connection, "DELE 1").startswith("+OK")
    assert connection.line() == "<closed>"
    with MailStore(alice) as opened:
        assert len(opened.folder("INBOX").uids()) == 3


def test_one_address_gets_only_so_many_connections(pop3: Addresses) -> None:
    change("pop3", max_connections_per_address=2)
    kept = [connected(pop3["pop3"]), connected(pop3["pop3"])]
    third = Connection(pop3["pop3"])
    assert third.line() == "-ERR [SYS/TEMP] Too many connections."
    assert third.line() == "<closed>"
    kept.pop().close()
    time.sleep(0.1)
    assert connected(pop3["pop3"])


def test_a_mailbox_that_cannot_be_opened_is_told(pop3: Addresses, alice: Path) -> None:
    away = alice.with_name("away")
    alice.rename(away)
    alice.write_text("not a directory")
    connection = connected(pop3["pop3"])
    say(connection, f"USER {ALICE}")
    assert say(connection, f"PASS {PASSWORD}") == "-ERR [SYS/TEMP] Try again later."
    alice.unlink()
    away.rename(alice)
    say(connection, f"USER {ALICE}")
    assert say(connection, f"PASS {PASSWORD}") == "+OK 3 messages."


def test_a_client_that_never_reads_is_made_to_wait(pop3: Addresses, alice: Path) -> None:
    with MailStore(alice) as opened:
        opened.folder("INBOX").append(b"Subject: x\r\n\r\n" + b"y" * 70 * 1000 + b"\r\n")
    connection = logged_in(pop3["pop3"])
    connection.send(b"RETR 4\r\n" * 2_000)
    time.sleep(0.3)
    other = logged_in(pop3["pop3"])
    assert say(other, "STAT").startswith("+OK 4 ")
    connection.close()


def test_numbers_stay_as_they_were_at_login(pop3: Addresses, alice: Path) -> None:
    first = logged_in(pop3["pop3"])
    with MailStore(alice) as opened:
        opened.folder("INBOX").append(b"Subject: later\r\n\r\nx\r\n")
    assert say(first, "STAT").startswith("+OK 3 ")
    assert logged_in(pop3["pop3"])


def test_names_and_passwords_of_any_shape_are_just_wrong(pop3: Addresses) -> None:
    for name in ("../../etc", "%s%n", "a'--", "x" * 200, "*", "alice@example.com/x"):
        connection = connected(pop3["pop3"])
        assert say(connection, f"USER {name}").startswith("+OK")
        assert say(connection, f"PASS {'p' * 2_000}") == "-ERR [AUTH] Login failed."
        connection.close()


def test_many_log_in_at_once(pop3: Addresses) -> None:
    found: list[str] = []

    def fetch() -> None:
        connection = logged_in(pop3["pop3"])
        found.append(say(connection, "STAT"))
        say(connection, "QUIT")

    threads = [threading.Thread(target=fetch) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [line[:6] for line in found] == ["+OK 3 "] * 20
