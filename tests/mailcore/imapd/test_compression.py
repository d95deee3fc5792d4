"""COMPRESS=DEFLATE and UNAUTHENTICATE: layers of a connection that come and go."""

import resource
import zlib

from mailcore.imapd.server import Server
from tests.support.imap_client import ImapClient
from tests.support.transcript import Connection

Listeners = dict[str, tuple[str, int]]


class Deflated:
    """A connection's bytes, compressed both ways."""

    def __init__(self, client: ImapClient) -> None:
        self.inner = client.wire.socket
        self.wire = client.wire
        self.out = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.into = zlib.decompressobj(-15)
        client.wire.socket = self  # type: ignore[assignment]

    def sendall(self, data: bytes) -> None:
        self.inner.sendall(self.out.compress(data) + self.out.flush(zlib.Z_SYNC_FLUSH))

    def recv(self, size: int) -> bytes:
        data = self.inner.recv(size)
        return self.into.decompress(data) if data else b""

    def close(self) -> None:
        self.inner.close()


def compressed(imap: Listeners) -> tuple[ImapClient, Deflated]:
    client = ImapClient(imap["imap"])
    assert "COMPRESS=DEFLATE" in client.capabilities()
    client.do("COMPRESS DEFLATE")
    return client, Deflated(client)


def test_everything_works_compressed(imap: Listeners) -> None:
    client, _ = compressed(imap)
    assert "* 3 EXISTS" in client.do("SELECT INBOX")
    assert client.do("FETCH 1 BODY.PEEK[TEXT]")[1] == "Hello Alice,"
    client.do(b"APPEND INBOX {100000+}\r\n" + b"Subject: x\r\n\r\n".ljust(100_000, b"y"))
    tag = client.send("IDLE")
    assert client.wire.line() == "+ idling"
    client.wire.send(b"DONE\r\n")
    client.until(tag)
    assert client.refused("COMPRESS DEFLATE").startswith("NO [COMPRESSIONACTIVE]")


def test_what_is_sent_ahead_is_taken_as_compressed(imap: Listeners) -> None:
    client = ImapClient(imap["imap"])
    out = zlib.compressobj(6, zlib.DEFLATED, -15)
    ahead = out.compress(b"t9 NOOP\r\n") + out.flush(zlib.Z_SYNC_FLUSH)
    client.wire.send(b"t8 COMPRESS DEFLATE\r\n" + ahead)
    assert client.wire.line() == "t8 OK DEFLATE active."
    Deflated(client)
    rest, client.wire.buffer = client.wire.buffer, b""
    client.wire.buffer = client.wire.socket.into.decompress(rest)  # type: ignore[attr-defined]
    assert client.wire.line().startswith("t9 OK")


def test_a_bomb_is_worked_off_without_being_held(imap: Listeners, server: Server) -> None:
    client, layer = compressed(imap)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = layer.out.compress(b"x" * (128 << 20)) + layer.out.flush(zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 200_000
    layer.inner.sendall(bomb)
    other = ImapClient(imap["imap"])
    other.do("NOOP")  # others are served meanwhile
    assert client.wire.line() == "* BAD Command too long."
    client.wire.send(b"\r\n")
    assert client.do("NOOP")[-1].startswith("OK")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000


def test_what_is_not_deflate_ends_the_connection(imap: Listeners) -> None:
    client, layer = compressed(imap)
    layer.inner.sendall(b"\xff\xff\xff\xff garbage")
    assert client.wire.line() == "* BYE That was not compressed."
    client, layer = compressed(imap)
    layer.inner.sendall(layer.out.compress(b"t9 NOOP\r\n") + layer.out.flush(zlib.Z_FINISH))
    assert "BYE" in client.wire.line()


def test_it_is_not_to_be_had_before_the_login(imap: Listeners) -> None:
    client = ImapClient(imap["imap"], "")
    assert "COMPRESS" not in client.greeting
    assert client.refused("COMPRESS DEFLATE") == "BAD Log in first."
    client.do("LOGIN alice@example.com wonderland")
    assert client.refused("COMPRESS LZW").startswith("BAD")


def test_one_connection_serves_one_user_after_the_other(imap: Listeners) -> None:
    client = ImapClient(imap["imap"])
    client.do("ENABLE QRESYNC UTF8=ACCEPT")
    client.do("SELECT INBOX")
    client.do("UNAUTHENTICATE")
    assert client.refused("FETCH 1 FLAGS") == "BAD Log in first."
    assert client.refused("SELECT INBOX") == "BAD Log in first."
    assert "AUTH=SCRAM-SHA-256" in client.capabilities()
    client.do("LOGIN bob@example.com builder99")
    assert "* 0 EXISTS" in client.do("SELECT INBOX")
    assert client.refused("SELECT INBOX (QRESYNC (1 1))").startswith("BAD")


def test_the_limits_of_strangers_hold_again(imap: Listeners) -> None:
    client = ImapClient(imap["imap"])
    client.do("UNAUTHENTICATE")
    assert "too large" in client.refused(b"LOGIN {9000+}\r\n" + b"x" * 9000 + b" y")


def test_compression_ends_with_the_identity(imap: Listeners) -> None:
    client, layer = compressed(imap)
    client.do("UNAUTHENTICATE")
    client.wire.socket = layer.inner
    client.do("LOGIN bob@example.com builder99")
    assert isinstance(client.wire, Connection)
