"""What a value means as a number, as a condition, as text to print.

Every value of the language is a string of octets.
"""

import math
import re

_NUMBER = re.compile(
    rb"[ \t\n\v\f\r]*+([+-]?)"
    rb"(?:(0[xX](?:[0-9a-fA-F]++(?:\.[0-9a-fA-F]*+)?|\.[0-9a-fA-F]++)(?:[pP][+-]?\d++)?)"
    rb"|((?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)|((?i:inf(?:inity)?|nan)))"
)
# Courier's reader of numbers skips one character after "0.": "0.0" is true, "0.00" is not.
_FALSE = re.compile(
    rb"[ \t\n\v\f\r]*+(?:|0[ \t\n\v\f\r]*+|(?:0\..|\.)(?=.)0*+[ \t\n\v\f\r]*+)", re.S
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_ESCAPES = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}
_LONGEST_NUMBER = 400
_MOST = 2**63

TRUE, FALSE, EMPTY = b"1", b"0", b""


def is_true(value: bytes) -> bool:
    """Whether a condition holds: all but nothing and a lone 0 do; see docs/maildrop.md.

    Courier's own rule to the letter: `00`, `0x` and `0.0` are true, `.0` and `0.00` are not.
    """
    return _FALSE.fullmatch(value) is None


def number(value: bytes) -> float:
    """The number that `value` begins with, as C's atof reads it; 0 when there is none."""
    found = _NUMBER.match(value[:_LONGEST_NUMBER])
    if found is None:
        return 0.0
    sign, hexadecimal, decimal, word = found.groups()
    try:
        size = _hexadecimal(hexadecimal) if hexadecimal else float(decimal or word)
    except OverflowError:
        size = math.inf
    return -size if sign == b"-" else size


def _hexadecimal(digits: bytes) -> float:
    return float.fromhex(digits.decode("ascii"))


def integer(value: bytes) -> int:
    """The same cut off to a whole number; what 64 bits can't hold is 0."""
    size = number(value)
    return int(size) if math.isfinite(size) and -_MOST <= size < _MOST else 0


def text(size: float) -> bytes:
    """A number as the language prints it, in the shortest form that says all of it."""
    if math.isfinite(size) and size == int(size) and abs(size) < 1e22:
        return b"%d" % int(size)
    return repr(size).encode("ascii")


def truth(holds: bool) -> bytes:
    return TRUE if holds else FALSE


def quotient(left: float, right: float) -> float:
    """As IEEE 754 divides: by zero there is infinity, or no number at all."""
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def printed(value: bytes) -> bytes:
    r"""What `echo` and `log` print: `\n` and its like read, a line end added.

    Text that ends in `\c` gets no line end.
    """
    end = b"\n"
    if value.endswith(b"\\c"):
        value, end = value[:-2], b""
    return _ESCAPE.sub(_unescaped, value) + end


def _unescaped(found: re.Match[bytes]) -> bytes:
    what = found[1]
    if what[0] in b"01234567":
        return bytes((int(what, 8) & 255,))
    return _ESCAPES.get(what, what)
