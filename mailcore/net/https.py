"""One request to a web server that strangers name: bounded in octets and time, never inwards.

The whole answer is read first, up to a limit, and understood then; nothing is followed.
"""

import http.client
import io
import ipaddress
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.net.dial import dial
from mailcore.net.tls import Trust, client_context

_MOST_HEADERS = 16_384
_READ = 16_384


class WebError(OSError):
    """The other end is no use; the text says why."""


@dataclass(frozen=True, slots=True)
class Web:
    """How far we go: `timeout` seconds and `largest` octets for one answer.

    `private`: addresses that are not public may be connected to.
    """

    port: int = 443
    timeout: float = 30.0
    largest: int = 65_536
    private: bool = False
    authorities: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`type` is the Content-Type without parameters, in lower case."""

    status: int
    type: str
    body: bytes


def get(host: str, path: str, addresses: Sequence[str], web: Web) -> Answer:
    """GET https://host/path.  Raises OSError (WebError among them) when there is no answer."""
    return _ask(host, f"GET {path} HTTP/1.1", "", b"", addresses, web)


def post(
    host: str, path: str, type: str, body: bytes, addresses: Sequence[str], web: Web
) -> Answer:
    """POST `body` of media type `type`.  Raises OSError when there is no answer."""
    more = f"Content-Type: {type}\r\nContent-Length: {len(body)}\r\n"
    return _ask(host, f"POST {path} HTTP/1.1", more, body, addresses, web)


def is_public(address: str) -> bool:
    """Whether an address is one of the Internet at large, whatever it is wrapped in."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return found.is_global and not found.is_multicast


def _ask(
    host: str, line: str, more: str, body: bytes, addresses: Sequence[str], web: Web
) -> Answer:
    until = time.monotonic() + web.timeout
    request = (
        f"{line}\r\nHost: {host}\r\nUser-Agent: Courier\r\nAccept: */*\r\n"
        f"Connection: close\r\n{more}\r\n"
    ).encode("ascii") + body
    usable = [each for each in addresses if web.private or is_public(each)]
    if not usable:
        raise WebError(f"{host} has no public address")
    context = client_context(Trust(verify=True, authorities=web.authorities))
    with dial(usable[0], web.port, web.timeout) as plain:
        _limit(plain, until)
        with context.wrap_socket(plain, server_hostname=host) as connection:
            connection.sendall(request)
            return _understood(_all(connection, until, web.largest + _MOST_HEADERS), web.largest)


def _all(connection: socket.socket, until: float, most: int) -> bytes:
    found = bytearray()
    while True:
        _limit(connection, until)
        data = connection.recv(_READ)
        if not data:
            return bytes(found)
        found += data
        if len(found) > most:
            raise WebError("the answer is too long")


def _limit(connection: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer takes too long")
    connection.settimeout(left)


class _Canned:
    """What http.client takes for a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def _understood(data: bytes, largest: int) -> Answer:
    response = http.client.HTTPResponse(_Canned(data))  # type: ignore[arg-type]  # all it uses
    try:
        response.begin()
        body = response.read(largest + 1)
    except (http.client.HTTPException, ValueError) as problem:
        raise WebError(f"no HTTP: {type(problem).__name__}") from None
    if len(body) > largest:
        raise WebError("the answer is too long")
    kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    return Answer(response.status, kind, body)
