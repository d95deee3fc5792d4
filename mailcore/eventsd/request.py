"""The one HTTP request the event stream understands, as a value.  RFC 9112.

The answer is WHATWG's stream of server-sent events.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Request:
    """Method, path and what the stream needs of the rest."""

    method: str
    path: str
    ticket: str
    origin: str


def parse(head: bytes) -> Request | None:
    """The request in `head` (up to and with its empty line); None when it is no HTTP/1 request."""
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    try:
        target = urlsplit(words[1])
        tickets = parse_qs(target.query, max_num_fields=10).get("ticket", [""])
    except ValueError:
        return None
    origin = next((line[7:].strip() for line in lines[1:] if line[:7].lower() == "origin:"), "")
    return Request(words[0], target.path, tickets[0], _header_safe(origin))


def _header_safe(origin: str) -> str:
    """An origin that may stand in a header of ours, or an empty text."""
    safe = origin.isascii() and origin.isprintable() and len(origin) < 300 and " " not in origin
    return origin if safe and origin.startswith(("http://", "https://")) else ""


def refusal(status: str) -> bytes:
    """A complete answer without a body."""
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n"
    ).encode("ascii")


def acceptance(origin: str) -> bytes:
    """The head of an endless answer.

    The ticket is the authority, not a cookie, so any origin that has one may read.
    """
    allowed = f"Access-Control-Allow-Origin: {origin}\r\nVary: Origin\r\n" if origin else ""
    return (
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        f"X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\n{allowed}"
        "Connection: close\r\n\r\nretry: 3000\n: ready\n\n"
    ).encode("ascii")
