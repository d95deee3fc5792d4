"""After the login: octets go both ways as they are, however slowly somebody reads."""

import hashlib
import os
import socket
import threading

from tests.mailcore.proxyd.conftest import Proxy
from tests.support.imap_client import ImapClient
from tests.support.scripted import Play, scripted

WHOLE = 96 << 20  # far more than all sockets on the way may hold
BLOCK = os.urandom(1 << 20)


def letting_in(then: Play) -> Play:
    """A node that lets everybody in, and then does this."""

    def play(opened: socket.socket) -> None:
        opened.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n")
        command = opened.recv(1000)
        if b"AUTHENTICATE" in command:
            opened.sendall(command.split()[0] + b" OK [CAPABILITY IMAP4rev1] in\r\n")
            then(opened)

    return play


def line(port: int) -> str:
    return f"alpha 127.0.0.1 imap={port} pop3=0 tls=none"


def test_a_client_that_does_not_read_makes_its_node_wait(proxy: Proxy) -> None:
    taken, stuck = [0], threading.Event()

    def pour(opened: socket.socket) -> None:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        while taken[0] < WHOLE:
            opened.settimeout(1)
            at = taken[0] % len(BLOCK)
            try:
                taken[0] += opened.send(BLOCK[at : at + 65_536])
            except TimeoutError:
                stuck.set()
                opened.settimeout(None)
                taken[0] += opened.send(BLOCK[at : at + 65_536])
        stuck.set()
        opened.shutdown(socket.SHUT_WR)
        opened.recv(1)

    with scripted(letting_in(pour)) as node, proxy(nodes=[line(node.port)]) as addresses:
        client = ImapClient(addresses["imap_proxy"])
        assert stuck.wait(60)
        assert taken[0] < WHOLE // 2
        count, digest = len(client.wire.buffer), hashlib.sha256(client.wire.buffer)
        while data := client.wire.socket.recv(1 << 20):
            count += len(data)
            digest.update(data)
    assert count == WHOLE
    assert digest.digest() == hashlib.sha256(BLOCK * (WHOLE // len(BLOCK))).digest()


def test_a_node_that_does_not_read_makes_the_client_wait(proxy: Proxy) -> None:
    go_on, received = threading.Event(), hashlib.sha256()
    done = threading.Event()

    def drink(opened: socket.socket) -> None:
        go_on.wait(60)
        while data := opened.recv(1 << 20):
            received.update(data)
        done.set()

    sent = hashlib.sha256()
    with scripted(letting_in(drink)) as node, proxy(nodes=[line(node.port)]) as addresses:
        client = ImapClient(addresses["imap_proxy"])
        client.wire.socket.settimeout(1)
        count, stuck = 0, False
        while count < WHOLE and not stuck:
            try:
                put = client.wire.socket.send(BLOCK)
            except TimeoutError:
                stuck = True
            else:
                count += put
                sent.update(BLOCK[:put])
        assert stuck
        assert count < WHOLE // 2
        go_on.set()
        client.wire.socket.shutdown(socket.SHUT_WR)
        assert done.wait(60)
    assert received.digest() == sent.digest()


def test_when_the_node_goes_the_client_hears_its_last_words(proxy: Proxy) -> None:
    with (
        scripted(letting_in(lambda opened: opened.sendall(b"* BYE crash\r\n"))) as node,
        proxy(nodes=[line(node.port)]) as addresses,
    ):
        client = ImapClient(addresses["imap_proxy"])
        assert client.wire.line() == "* BYE crash"
        assert client.wire.line() == "<closed>"


def test_when_the_client_goes_its_node_is_told(proxy: Proxy) -> None:
    gone = threading.Event()

    def wait(opened: socket.socket) -> None:
        while opened.recv(100):
            pass
        gone.set()

    with scripted(letting_in(wait)) as node, proxy(nodes=[line(node.port)]) as addresses:
        client = ImapClient(addresses["imap_proxy"])
        client.close()
        assert gone.wait(30)


def test_a_client_in_tls_is_spliced_to_a_node_without(proxy: Proxy) -> None:
    def echo(opened: socket.socket) -> None:
        while data := opened.recv(1 << 16):
            opened.sendall(data)

    with scripted(letting_in(echo)) as node, proxy(nodes=[line(node.port)]) as addresses:
        client = ImapClient(addresses["imaps_proxy"], tls=True)
        text = "x" * 100_000
        client.wire.send(text.encode() + b"\r\n")
        assert client.wire.line() == text
