"""A web server over TLS that answers every request with the bytes it was given."""

import contextlib
import socket
import ssl
import threading


def page(body: bytes, status: str = "200 OK", kind: str = "text/plain") -> bytes:
    """A whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class WebServer:
    """`answer` may change at any time; `requests` keeps what was asked, head and body."""

    def __init__(self, context: ssl.SSLContext, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(10)
                with self._context.wrap_socket(connection, server_side=True) as encrypted:
                    self.requests.append(_request(encrypted))
                    encrypted.sendall(self.answer)


def _request(connection: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    wanted = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            wanted = int(line.split(b":")[1])
    while len(body) < wanted:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
