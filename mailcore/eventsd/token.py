"""Short-lived tickets for the event stream: the web signs them, `eventsd` reads them.

A ticket names one account and the second it was made; it gives nothing but the
news that something in that account's mail changed.
"""

import base64
import hmac

LIFETIME = 600
_PURPOSE = b"courier.eventsd.token.1"


def make(address: str, secret: str, now: float) -> str:
    """A ticket for the account called `address`, good for `LIFETIME` seconds after `now`."""
    body = f"{int(now)}:{address}".encode()
    return f"{_text(body)}.{_text(_mac(body, secret))}"


def read(ticket: str, secret: str, now: float) -> str | None:
    """The address in a ticket that we signed and that is still good; else None."""
    head, dot, tail = ticket.partition(".")
    if not dot or len(ticket) > 1000 or not ticket.isascii():
        return None
    try:
        body, mac = _octets(head), _octets(tail)
    except ValueError:
        return None
    if not hmac.compare_digest(mac, _mac(body, secret)):
        return None
    made, _, address = body.decode().partition(":")
    return address if -60 <= now - int(made) <= LIFETIME else None


def _mac(body: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), _PURPOSE + b"\0" + body, "sha256")


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
