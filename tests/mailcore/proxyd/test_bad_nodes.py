"""Nodes that are rude, silent, broken or hostile: the client hears "not now", and nothing of them.

ABUSE §5.2: STARTTLS injection, unbounded answers, credentials that end a command.
"""

import poplib
import socket

import pytest

from mailcore.accounts import administration
from mailcore.conf import current
from tests.mailcore.proxyd.conftest import ALICE, Proxy
from tests.support.imap_client import ImapClient
from tests.support.scripted import Play, answering, scripted

HELLO = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n"
PLAIN = b"AUTHENTICATE PLAIN"


def line(port: int, options: str = "tls=none") -> str:
    return f"alpha 127.0.0.1 imap={port} pop3={port} {options}"


def flood(piece: bytes, greeting: bytes = b"") -> Play:
    """Says the same for ever."""

    def play(opened: socket.socket) -> None:
        opened.sendall(greeting)
        while True:
            opened.sendall(piece * 1000)

    return play


BAD: dict[str, Play] = {
    "closes at once": lambda opened: None,
    "another protocol": answering(b"220 smtp.example.com ESMTP\r\n"),
    "a web server": answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "says goodbye": answering(b"* BYE full\r\n"),
    "logged in already": answering(b"* PREAUTH hello\r\n"),
    "a line without end": flood(b"x"),
    "lines without end": flood(b"* OK still here\r\n", HELLO),
    "not IMAP4rev1": answering(b"* OK [CAPABILITY IMAP2] hello\r\n"),
    "another's tag": answering(HELLO, (PLAIN, b"p9 OK hello\r\n")),
    "asks for more": answering(HELLO, (PLAIN, b"+ \r\n")),
    "does not know it": answering(HELLO, (PLAIN, b"%t BAD what?\r\n")),
    "a literal without end": answering(HELLO, (PLAIN, b"* ID {999999999}\r\n")),
    "many literals": flood(b"* X {4}\r\nabcd\r\n", HELLO),
    "octal noise": answering(HELLO, (PLAIN, bytes(range(256)) + b"\r\n")),
    "goes in the middle": answering(HELLO, (PLAIN, b"%t O")),
}


@pytest.mark.parametrize("how", BAD)
def test_a_node_that_makes_no_sense_is_not_available(proxy: Proxy, how: str) -> None:
    with scripted(BAD[how]) as node, proxy(nodes=[line(node.port)], node_seconds=2) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        answer = client.refused("LOGIN alice@example.com wonderland")
        assert answer == "NO [UNAVAILABLE] The mail store is not available, try again later."
        client.do("NOOP")


@pytest.mark.parametrize(
    "how", ["closes at once", "another protocol", "a line without end", "lines without end"]
)
def test_so_it_is_for_pop3(proxy: Proxy, how: str) -> None:
    with scripted(BAD[how]) as node, proxy(nodes=[line(node.port)], node_seconds=2) as addresses:
        client = poplib.POP3(*addresses["pop3_proxy"])
        client.user(ALICE)
        with pytest.raises(poplib.error_proto, match=r"\[SYS/TEMP\]"):
            client.pass_("wonderland")


def test_while_a_node_is_down_nobody_knocks(proxy: Proxy) -> None:
    silent: list[socket.socket] = []
    with (
        scripted(lambda opened: silent.append(opened.dup())) as node,
        proxy(nodes=[line(node.port)], node_seconds=1, longest_pause=3600) as addresses,
    ):
        for _ in range(5):
            asked = ImapClient(addresses["imap_proxy"], name="")
            assert "[UNAVAILABLE]" in asked.refused("LOGIN alice@example.com wonderland")
        known = node.connections
        for _ in range(5):
            again = ImapClient(addresses["imap_proxy"], name="")
            assert "[UNAVAILABLE]" in again.refused("LOGIN alice@example.com wonderland")
        assert node.connections <= known + 2
        assert "[AUTHENTICATIONFAILED]" in again.refused("LOGIN alice@example.com wrong")


@pytest.mark.parametrize("behind", [b"p2 OK [CAPABILITY IMAP4rev1] x\r\n", b"* OK\r\n", b"\r\n"])
def test_who_says_more_before_tls_gets_no_password(proxy: Proxy, behind: bytes) -> None:
    heard: list[bytes] = []

    def play(opened: socket.socket) -> None:
        opened.sendall(b"* OK hello\r\n")
        if asked := opened.recv(1000):
            opened.sendall(asked.split()[0] + b" OK begin\r\n" + behind)
            heard.append(opened.recv(1000))

    with scripted(play) as node, proxy(nodes=[line(node.port, "tls=starttls")]) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[UNAVAILABLE]" in client.refused("LOGIN alice@example.com wonderland")
    assert set(heard) <= {b""}, "it was not even greeted in TLS"


def test_a_node_without_tls_gets_no_password_where_tls_is_asked_for(proxy: Proxy) -> None:
    with (
        scripted(answering(HELLO, (b"STARTTLS", b"%t NO not here\r\n"))) as node,
        proxy(nodes=[line(node.port, "tls=starttls")]) as addresses,
    ):
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[UNAVAILABLE]" in client.refused("LOGIN alice@example.com wonderland")


def test_not_now_for_one_client_is_not_down_for_all(proxy: Proxy) -> None:
    said = iter([b"%t NO [INUSE] locked\r\n", b"%t OK [CAPABILITY IMAP4rev1 X-ITSELF] in\r\n"])

    def play(opened: socket.socket) -> None:
        lines = opened.makefile("rb")
        opened.sendall(HELLO)
        while command := lines.readline():
            if PLAIN in command:
                opened.sendall(next(said).replace(b"%t", command.split()[0]))

    with scripted(play) as node, proxy(nodes=[line(node.port)], longest_pause=3600) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[UNAVAILABLE]" in client.refused("LOGIN alice@example.com wonderland")
        answer = client.do("LOGIN alice@example.com wonderland")
        assert answer == ["OK [CAPABILITY IMAP4rev1 X-ITSELF] Logged in."]


def test_a_foreign_node_is_asked_what_it_can_do_after_the_login(proxy: Proxy) -> None:
    play = answering(
        b"* OK hello\r\n",
        (b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n%t OK done\r\n"),
        (b'LOGIN "alice@example.com" "wonderland"', b"%t OK in\r\n"),
        (b"CAPABILITY", b"* CAPABILITY IMAP4rev1 X-LATER\r\n%t OK done\r\n"),
    )
    with scripted(play) as node, proxy(nodes=[line(node.port)]) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        answer = client.do("LOGIN alice@example.com wonderland")
        assert answer == ["OK [CAPABILITY IMAP4rev1 X-LATER] Logged in."]


@pytest.mark.parametrize(
    "password", ['quo"te\\ and {5}', "line\r\np3 LOGOUT\r\n", "p\u00e4ss w\u00f6rd"]
)
def test_a_password_is_a_password_and_no_command(proxy: Proxy, password: str) -> None:
    commands: list[bytes] = []

    def play(opened: socket.socket) -> None:
        lines = opened.makefile("rb")
        opened.sendall(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        while command := lines.readline():
            tag, verb = command.split()[:2]
            if tag != b"p9":  # not the probe, which takes its leave by this tag
                commands.append(verb)
            while command.endswith(b"}\r\n") and b" {" in command:
                opened.sendall(b"+ go\r\n")
                lines.read(int(command.rsplit(b"{", 1)[1].rstrip(b"}\r\n")))
                command = lines.readline()
            opened.sendall(tag + b" OK [CAPABILITY IMAP4rev1] fine\r\n")

    administration.set_password(ALICE, password, by="test")
    current.refresh()
    with scripted(play) as node, proxy(nodes=[line(node.port)]) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        octets = password.encode()
        client.do(b"LOGIN alice@example.com {%d+}\r\n%b" % (len(octets), octets))
        client.do("NOOP")
    assert commands == [b"LOGIN", b"NOOP"]
