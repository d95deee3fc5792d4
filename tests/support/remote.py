"""A far-away SMTP server that does as it is told, and remembers every word."""

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Answer = str | Callable[[str], str | None]
FULL = ("PIPELINING", "8BITMIME", "DSN", "SIZE 1000000", "SMTPUTF8", "ENHANCEDSTATUSCODES")


@dataclass
class Mail:
    """One message it took."""

    mail: str
    rcpts: list[str]
    data: bytes


@dataclass
class Remote:
    """`answers` maps a verb to a reply, or to a function of the whole command line.

    A reply "drop" closes the connection.  `lines` has every command of every connection.
    """

    extensions: tuple[str, ...] = FULL
    answers: Mapping[str, Answer] = field(default_factory=dict)
    greeting: str = "220 remote.test ESMTP"
    tls: ssl.SSLContext | None = None
    implicit: bool = False  # TLS from the start
    cut: bool = False  # break off before the last line of the answer to a message
    address: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self.mails: list[Mail] = []
        self.lines: list[str] = []
        self.connections = 0
        self.peers: list[str] = []  # addresses they came from
        self.listener = socket.create_server((self.address, self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # ends the accept that is under way
        self.listener.close()

    def said(self, verb: str) -> list[str]:
        return [line for line in self.lines if line.upper().startswith(verb)]

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.peers.append(peer[0])
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            _Conversation(self, connection).run()
        except (OSError, ValueError):
            pass
        finally:
            connection.close()


class _Conversation:
    def __init__(self, remote: Remote, connection: socket.socket) -> None:
        self.remote = remote
        self.connection = connection
        self.file = connection.makefile("rb")
        self.encrypted = False
        self.mail = ""
        self.rcpts: list[str] = []

    def send(self, text: str) -> None:
        if text == "drop":
            raise OSError("told to drop")
        self.connection.sendall(text.replace("\n", "\r\n").encode() + b"\r\n")

    def run(self) -> None:
        if self.remote.implicit:
            self.begin_tls()
        self.send(self.remote.greeting)
        while line := self.file.readline():
            text = line.decode("utf-8").rstrip("\r\n")
            assert line.endswith(b"\r\n"), "a bare line feed in a command"
            self.remote.lines.append(text)
            verb = text.split(" ")[0].upper()
            if not self.command(verb, text):
                return

    def command(self, verb: str, text: str) -> bool:
        told = self.remote.answers.get(verb)
        answer = told(text) if callable(told) else told
        if answer is not None:
            self.send(answer)
            return not answer.startswith("421")
        if verb == "EHLO":
            offered = [*self.remote.extensions]
            if self.remote.tls and not self.encrypted:
                offered.append("STARTTLS")
            said = ["remote.test", *offered]
            self.send("\n".join([*(f"250-{each}" for each in said[:-1]), f"250 {said[-1]}"]))
        elif verb == "MAIL":
            self.mail, self.rcpts = text, []
            self.send("250 2.1.0 Ok")
        elif verb == "RCPT":
            self.rcpts.append(text)
            self.send("250 2.1.5 Ok")
        elif verb == "DATA":
            self.data()
        elif verb == "STARTTLS" and self.remote.tls:
            self.send("220 Go ahead")
            self.begin_tls()
        elif verb == "AUTH":
            return self.auth(text)
        elif verb == "QUIT":
            self.send("221 Bye")
            return False
        else:
            self.send("250 Ok")
        return True

    def begin_tls(self) -> None:
        assert self.remote.tls is not None
        self.connection = self.remote.tls.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")
        self.encrypted = True

    def data(self) -> None:
        if not self.rcpts:
            self.send("503 5.5.1 No recipients")
            return
        self.send("354 Go on")
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            assert line.endswith(b"\r\n"), "a bare line feed in the data"
            lines.append(line[1:] if line.startswith(b".") else line)
        told = self.remote.answers.get("END")
        answer = told("") if callable(told) else told
        if answer is None:
            self.remote.mails.append(Mail(self.mail, self.rcpts, b"".join(lines)))
        if self.remote.cut:
            self.send((answer or "").rpartition("\n")[0])
            raise OSError("told to break off")
        self.send(answer or "250 2.0.0 Taken as 4711")

    def auth(self, text: str) -> bool:
        words = text.split(" ")
        if words[1] == "LOGIN":
            for ask in ("Username:", "Password:"):
                self.send("334 " + base64.b64encode(ask.encode()).decode())
                self.remote.lines.append(base64.b64decode(self.file.readline()).decode())
        elif words[1].startswith("CRAM-"):
            self.send("334 " + base64.b64encode(b"<1@remote.test>").decode())
            self.remote.lines.append(base64.b64decode(self.file.readline()).decode())
        self.send("235 2.7.0 Welcome")
        return True
