"""Queue ids: one 63-bit number per message or recipient, in order of time.

41 bits of milliseconds, 12 bits that tell processes apart, 10 bits of counter.  Two nodes can
clash in theory; the primary key then refuses the later one and its peer tries again.
"""

import os
import threading
import time
import zlib

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 13
_PER_MILLISECOND = 1 << 10

_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


class _Clock:
    """The last number given out by this process."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.lock = threading.Lock()
        node = zlib.crc32(os.uname().nodename.encode())
        self.tag = ((os.getpid() + node) & 0xFFF) << 10
        self.millisecond = 0
        self.count = 0


_clock = _Clock()
os.register_at_fork(after_in_child=_clock.reset)


def new_id() -> int:
    """A number no other message or recipient has; later calls give greater milliseconds."""
    now = time.time_ns() // 1_000_000
    clock = _clock
    with clock.lock:
        if now > clock.millisecond:
            clock.millisecond, clock.count = now, 0
        elif clock.count == _PER_MILLISECOND:
            clock.millisecond += 1
            clock.count = 0
        count = clock.count
        clock.count += 1
        return clock.millisecond << 22 | clock.tag | count


def text(number: int) -> str:
    """13 characters; the order of texts is the order of numbers."""
    return _ALPHABET[number >> 60 & 31] + "".join(
        [_PAIRS[number >> shift & 1023] for shift in (50, 40, 30, 20, 10, 0)]
    )


def parse(written: str) -> int:
    """The number behind `text`, in either case; ValueError when it is not an id."""
    if len(written) != _LENGTH:
        raise ValueError("a queue id has 13 characters")
    number = 0
    for letter in written.lower():
        value = _VALUES.get(letter)
        if value is None:
            raise ValueError("a queue id has digits and letters only")
        number = number << 5 | value
    if number >> 63:
        raise ValueError("not a queue id")
    return number


def moment(number: int) -> float:
    """When the id was made, in seconds since the epoch."""
    return (number >> 22) / 1000
