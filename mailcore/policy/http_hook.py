"""A service that every message is posted to: JSON there, JSON back, signed with HMAC-SHA256.

The administrator names the service; redirects are not followed, and what it may say is bounded.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mailcore import log, status
from mailcore.conf.schema.registry import Snapshot
from mailcore.errors import ConfigError, TemporaryFailure
from mailcore.message import header
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.protocol.reply import Reply

_LONGEST_ANSWER = 65_536
_MOST_FIELDS = 20
_NAME = re.compile(r"[!-9;-~]{1,76}")

_log = log.get("policy")


def wanted(settings: Snapshot, peer: Peer) -> bool:
    return bool(settings.filters.http_url)


def check(received: Received) -> Verdict:
    """Post the message and do as the answer says.

    Raises TemporaryFailure when there is no answer and mail may not pass without one.
    """
    filters = received.settings.filters
    try:
        answer = post(
            filters.http_url,
            json.dumps(described(received, filters.http_most)).encode(),
            filters.http_secret,
            float(filters.http_timeout),
        )
        return read(answer)
    except (OSError, http.client.HTTPException, ValueError, ConfigError) as error:
        _log.error("service.failed", url=filters.http_url.partition("?")[0], error=repr(error))
        if filters.on_failure == "accept":
            return NO_OBJECTION
        text = "Mail filters temporarily unavailable."
        raise TemporaryFailure(status.OTHER_SYSTEM, text) from None


def described(received: Received, most: int) -> dict[str, Any]:
    """What the service is told; `most` octets of the message, and whether that is all."""
    peer, content = received.peer, received.content
    with content.open() as octets:
        message = octets.read(most)
    return {
        "session": received.session,
        "peer": {
            "address": peer.address,
            "host": peer.host,
            "helo": peer.helo,
            "tls": peer.tls,
            "login": peer.identity,
            "listener": peer.listener,
            "trusted": peer.trusted,
            "notes": dict(peer.notes),
        },
        "envelope": {
            "from": str(received.reverse_path),
            "to": [str(path) for path in received.recipients],
        },
        "results": list(received.so_far.results),
        "size": content.size,
        "complete": len(message) == content.size,
        "message": base64.b64encode(message).decode("ascii"),
    }


def signature(secret: str, moment: int, body: bytes) -> str:
    """What Courier-Signature says; covers the time, so that nobody can send it again later."""
    digest = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


def post(url: str, body: bytes, secret: str, seconds: float) -> bytes:
    """The answer's body.  Raises OSError, HTTPException, ValueError or ConfigError."""
    place = urlsplit(url)
    if place.scheme not in ("http", "https") or not place.hostname:
        raise ConfigError(f"filters.http_url: {url!r} is no http or https address")
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        connection = http.client.HTTPSConnection(
            place.hostname, place.port, timeout=seconds, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=seconds)
    fields = {"Content-Type": "application/json", "User-Agent": "Courier"}
    if secret:
        fields["Courier-Signature"] = signature(secret, int(time.time()), body)
    path = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
    try:
        connection.connect()
        with _given_up_after(seconds, connection.sock):
            connection.request("POST", path, body, fields)
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise ConnectionError(f"the service answers {answer.status}")
            return _read(answer)
    finally:
        connection.close()


@contextlib.contextmanager
def _given_up_after(seconds: float, wire: socket.socket) -> Iterator[None]:
    """However it trickles: when the time is over the connection is, and reading ends."""
    over = threading.Event()

    def give_up() -> None:
        over.set()
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, give_up)
    timer.start()
    try:
        yield
        if over.is_set():
            raise TimeoutError("the service took too long")
    finally:
        timer.cancel()


def _read(answer: http.client.HTTPResponse) -> bytes:
    found = answer.read(_LONGEST_ANSWER + 1)
    if len(found) > _LONGEST_ANSWER:
        raise ConnectionError("the service's answer is too long")
    return found


def read(answer: bytes) -> Verdict:
    """The verdict an answer makes.  Raises ValueError for what is none."""
    said = json.loads(answer)
    if not isinstance(said, dict):
        raise ValueError("the answer is no object")
    text = said.get("text", "")
    if not isinstance(text, str):
        raise ValueError("the text is no text")
    fields = _fields(said.get("fields", {}))
    match said.get("action", "accept"):
        case "accept" | "tag":
            return Verdict(fields=fields)
        case "refuse":
            return Verdict(refusal=Reply(550, status.RELAY_DENIED, text or "Message refused."))
        case "defer":
            kind = status.RELAY_DENIED.as_temporary()
            return Verdict(refusal=Reply(451, kind, text or "Please try again later."))
        case "hold":
            return Verdict(fields=fields, hold=text or "held by the filter service")
        case "discard":
            return Verdict(discard=True)
    raise ValueError("an unknown action")


def _fields(said: object) -> bytes:
    if not isinstance(said, dict) or len(said) > _MOST_FIELDS:
        raise ValueError("the fields are none, or too many")
    made = []
    for name, value in said.items():
        if not isinstance(value, str) or not _NAME.fullmatch(name):
            raise ValueError("a field that is none")
        plain = " ".join(value.split())
        made.append(header.fold(name.encode("ascii"), header.encode(plain)))
    return b"".join(made)
