"""Trace fields: Received, Return-Path, Delivered-To; and counting them.  RFC 5321 §4.4."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.envelope import Path

MOST_RECEIVED = 100  # Courier's limit; more is a loop
QUARANTINE = b"X-Courier-Quarantine"  # mail that a check wants in the Junk folder; says which

_UNFIT = re.compile(r"[^\x21-\x27\x2a-\x5b\x5d-\x7e]")
_REST_OF_FIELD = re.compile(rb"[^\n]*+\n(?:[ \t][^\n]*+\n)*+")
_BREAKS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message came from, as its Received line tells.

    `protocol` is RFC 3848's word (ESMTPSA, LMTP, local); `tls` reads "TLSv1.3,256bits,NAME".
    `add_missing_headers` is for submissions, never for mail of strangers.

    What checks found is written too: `fields` above the message, `results` as our
    Authentication-Results; fields of the names `renamed` become Old-…, those `removed` go.
    `hold` holds the message in the queue, and says why.  `onward`: a recipient of ours sends on
    what had come to it.
    """

    protocol: str
    helo: str = ""
    peer_ip: str = ""
    peer_host: str = ""
    tls: str = ""
    session: str = ""
    identity: str = ""
    add_missing_headers: bool = False
    fields: bytes = b""
    results: tuple[str, ...] = ()
    renamed: frozenset[bytes] = frozenset()
    removed: frozenset[bytes] = frozenset()
    hold: str = ""
    onward: bool = False


def received(origin: Origin, me: str, number: str, date: bytes, priority: int = 0) -> bytes:
    """The Received field for a message accepted now; `number` is its queue id.

    A priority is told in a clause of its own.  RFC 6710 §3.
    """
    helo = _word(origin.helo) or "unknown"
    lines = [f"Received: from {helo}"]
    if origin.peer_ip:
        host = f"{_word(origin.peer_host)} " if origin.peer_host else ""
        lines[0] += f" ({host}[{_word(origin.peer_ip)}])"
    notes = []
    if origin.identity:
        notes.append(f"AUTH: {_word(origin.identity)}")
    if origin.tls:
        notes.append(f"TLS: {_word(origin.tls)}")
    if notes:
        lines.append(f"  ({', '.join(notes)})")
    lines.append(f"  by {me} with {origin.protocol}")
    return "\r\n".join(lines).encode("ascii", "replace") + b"\r\n  id %b%b; %b\r\n" % (
        number.encode("ascii"),
        b" PRIORITY %d" % priority if priority else b"",
        date,
    )


def authentication_results(me: str, results: Sequence[str]) -> bytes:
    """Our Authentication-Results field, one clause a line.  RFC 8601 §2.2."""
    clauses = ";\r\n  ".join(" ".join(_BREAKS.sub(" ", each).split()) for each in results)
    return f"Authentication-Results: {me};\r\n  {clauses}\r\n".encode("utf-8", "replace")


def without_results(block: bytes, me: str) -> tuple[bytes, tuple[str, ...]]:
    """A block of fields of ours without our Authentication-Results, and what that said.

    The inverse of `authentication_results`: only what was written there is understood.
    """
    begin = f"Authentication-Results: {me};\r\n  ".encode("utf-8", "replace")
    start = block.find(begin)
    if start < 0 or (start and block[start - 1] != 10):
        return block, ()
    rest = _REST_OF_FIELD.match(block, start + len(begin))
    if rest is None:
        return block, ()
    told = rest[0].removesuffix(b"\r\n").decode("utf-8", "replace")
    return block[:start] + block[rest.end() :], tuple(told.split(";\r\n  "))


def return_path(reverse_path: str) -> bytes:
    return b"Return-Path: <%b>\r\n" % _one_line(reverse_path)


def delivered_to(path: Path) -> bytes:
    return b"Delivered-To: %b\r\n" % _one_line(str(path))


def count_received(lower_header: bytes) -> int:
    """How many hops; takes the header in lower case."""
    return lower_header.count(b"\nreceived:") + lower_header.startswith(b"received:")


def was_delivered_to(lower_header: bytes, path: Path) -> bool:
    """Whether this recipient has had the message before: a loop.  Courier's Delivered-To test."""
    wanted = _one_line(str(path)).lower()
    start = 0
    while (at := lower_header.find(b"delivered-to:", start)) >= 0:
        start = at + 13
        if at == 0 or lower_header[at - 1] == 10:
            end = lower_header.find(b"\n", start)
            if lower_header[start : end if end >= 0 else None].strip() == wanted:
                return True
    return False


def _word(text: str) -> str:
    return _UNFIT.sub("?", text)[:255]


def _one_line(text: str) -> bytes:
    return _BREAKS.sub("", text).encode("utf-8", "replace")
