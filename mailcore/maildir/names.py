"""File names of messages: the unique part, size hints, and the flags after `:2,`.

`<seconds>.<unique>.<host>,S=<octets on disk>,W=<octets with CRLF>:2,<flags>`.  The part
before the colon never changes while the message lives; it is called the base name.
Courier reads `S=`, Dovecot reads both.
"""

import os
import re
import secrets
import socket
import time
from collections.abc import Iterable
from itertools import count

DRAFT, FLAGGED, REPLIED, SEEN, TRASHED = 16, 4, 2, 1, 8
"""Flag bits, shared with the index.

The 26 bits above them stand for the small letters of Dovecot's keywords, a to z.
"""

_BITS = {"D": DRAFT, "F": FLAGGED, "R": REPLIED, "S": SEEN, "T": TRASHED}
FILE_FLAGS = DRAFT | FLAGGED | REPLIED | SEEN | TRASHED
_SUFFIXES = {
    bits: "".join(letter for letter, bit in _BITS.items() if bits & bit)
    for bits in range(FILE_FLAGS + 1)
}
_PARSED = {suffix: bits for bits, suffix in _SUFFIXES.items()}

_LETTERS_FROM = 5
_SMALL = "abcdefghijklmnopqrstuvwxyz"

_ARRIVAL = re.compile(r"\d+\.Q([A-Za-z0-9_-]{1,100})\.")
_SIZE = re.compile(r",S=(\d{1,15})")
_WIRE_SIZE = re.compile(r",W=(\d{1,15})")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")

_counter = count(1)
_HOST = re.sub(r"[/:,\s]", "_", socket.gethostname()) or "localhost"


def unique() -> str:
    """A name part no other process of any host will choose."""
    microseconds = time.time_ns() // 1000 % 1_000_000
    return f"M{microseconds}P{os.getpid()}V{next(_counter)}R{secrets.token_hex(4)}"


def base_name(seconds: int, part: str, size: int, wire_size: int) -> str:
    """The base name of a message of `size` octets on disk and `wire_size` with CRLF."""
    return f"{seconds}.{part}.{_HOST},S={size},W={wire_size}"


def arrival_part(token: str) -> str:
    """The unique part that lets a repeated delivery of `token` be recognised."""
    return "Q" + _UNSAFE.sub("_", token)[:100]


def arrival_of(base: str) -> str | None:
    """The token a base name was made from by `arrival_part`, else None."""
    found = _ARRIVAL.match(base)
    return found.group(1) if found else None


def split(name: str) -> tuple[str, int]:
    """A file name in cur/ → base name, flag and keyword bits; unknown letters are ignored."""
    base, colon, info = name.partition(":2,")
    if not colon:
        return name.partition(":")[0], 0
    bits = _PARSED.get(info)
    if bits is None:
        bits = sum(bit for letter, bit in _BITS.items() if letter in info)
        bits |= letter_bits(letter for letter in info if letter in _SMALL)
    return base, bits


def with_flags(base: str, bits: int) -> str:
    """The name in cur/ for these flags; letters in ASCII order as every reader expects."""
    small = letters(bits) if bits > FILE_FLAGS else ""
    return f"{base}:2,{_SUFFIXES[bits & FILE_FLAGS]}{small}"


def letter_bits(small: Iterable[str]) -> int:
    """Small letters as bits."""
    bits = 0
    for letter in small:
        bits |= 1 << _LETTERS_FROM + ord(letter) - ord("a")
    return bits


def letters(bits: int) -> str:
    """The small letters that these bits stand for."""
    return "".join(letter for letter in _SMALL if bits & letter_bits(letter))


def size_hint(base: str) -> int | None:
    """Octets on disk according to `,S=`."""
    found = _SIZE.search(base)
    return int(found.group(1)) if found else None


def wire_size_hint(base: str) -> int | None:
    """Octets with CRLF line ends according to `,W=`."""
    found = _WIRE_SIZE.search(base)
    return int(found.group(1)) if found else None


def arrived_at(base: str) -> int | None:
    """The seconds a base name begins with."""
    head = base.partition(".")[0]
    return int(head) if head.isascii() and head.isdigit() and len(head) <= 11 else None
