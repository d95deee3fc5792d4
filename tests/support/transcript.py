"""Plays a written session against a server.

# why, and the RFC section or setting it follows
C: EHLO client.example.net      sent with CRLF; {plain name password} is base64 for AUTH
C~ DATA\\r\\n.\\n                  sent as it is, with Python's escapes
S: 250 2.1.0 *                  the next line; * matches anything
S* 250                          lines 250-..., up to and with the line "250 ..."
S* .                            lines up to and with a lone dot
S> a2 OK *                      any lines, up to and with this one
C2: …  S2: …                    another connection, opened when first named
TLS                             the client begins TLS here;  TLS2 on the other connection
EOF                             the server closes;  EOF2
HANGUP                          the client closes
"""

import base64
import fnmatch
import re
import socket
import ssl
from pathlib import Path

SECONDS = 10.0
_LINE = re.compile(r"(?P<who>[CS])(?P<number>\d?)(?P<kind>[:*~>]) ?(?P<text>.*)")
_DEED = re.compile(r"(?P<deed>TLS|EOF|HANGUP)(?P<number>\d?)")


class Mismatch(AssertionError):
    """The server said something else; names file and line."""


class Connection:
    """One client connection of a transcript."""

    def __init__(
        self, address: tuple[str, int], *, tls: bool = False, source: str = "127.0.0.1"
    ) -> None:
        self.socket = socket.create_connection(address, timeout=SECONDS, source_address=(source, 0))
        self.buffer = b""
        if tls:
            self.start_tls()

    def start_tls(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> str:
        while b"\n" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                rest, self.buffer = self.buffer, b""
                return rest.decode("utf-8", "replace") or "<closed>"
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def close(self) -> None:
        self.socket.close()


def play(script: Path, address: tuple[str, int], *, tls: bool = False) -> None:
    """Run `script` against the server at `address`.  Raises Mismatch."""
    connections: dict[str, Connection] = {}
    try:
        for number, line in enumerate(script.read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            deed = _DEED.fullmatch(line.strip())
            match = deed or _LINE.fullmatch(line)
            assert match, f"{script.name}:{number}: not a transcript line: {line}"
            name = match["number"]
            if name not in connections:
                connections[name] = Connection(address, tls=tls)
            try:
                if deed:
                    problem = _do(connections[name], deed["deed"])
                else:
                    problem = _step(connections[name], match)
            except TimeoutError:
                problem = "<silence>"
            if problem is not None:
                raise Mismatch(f"{script.name}:{number}: expected {line!r}, got {problem!r}")
    finally:
        for connection in connections.values():
            connection.close()


def _do(connection: Connection, deed: str) -> str | None:
    if deed == "TLS":
        connection.start_tls()
    elif deed == "HANGUP":
        connection.close()
    else:
        line = connection.line()
        return None if line == "<closed>" else line
    return None


def _step(connection: Connection, match: re.Match[str]) -> str | None:
    text = match["text"]
    if match["who"] == "C":
        data = _substituted(text).encode()
        if match["kind"] == "~":
            data = data.decode("unicode_escape").encode("latin-1")
        else:
            data += b"\r\n"
        connection.send(data)
        return None
    if match["kind"] == "*":
        return _block(connection, text.strip())
    line = connection.line()
    while match["kind"] == ">" and line != "<closed>" and not _fits(line, text):
        line = connection.line()
    return None if _fits(line, text) else line


def _fits(line: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(line, re.sub(r"[\[?]", "[\\g<0>]", pattern))


def _block(connection: Connection, code: str) -> str | None:
    while True:
        line = connection.line()
        if code == ".":
            if line == ".":
                return None
            if line == "<closed>":
                return line
        elif line.startswith(f"{code} ") or line == code:
            return None
        elif not line.startswith(f"{code}-"):
            return line


def _substituted(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        return base64.b64encode(f"\0{found[1]}\0{found[2]}".encode()).decode()

    text = re.sub(r"\{plain (\S*) ([^}]*)\}", plain, text)
    text = re.sub(r"\{x\*(\d+)\}", lambda found: "x" * int(found[1]), text)
    return re.sub(
        r"\{b64 ([^}]*)\}", lambda found: base64.b64encode(found[1].encode()).decode(), text
    )
