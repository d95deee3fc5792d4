"""What the exit code of a program means for the mail it was given.  Courier dot-courier(5)."""

from mailcore import status
from mailcore.errors import PermanentFailure, TemporaryFailure
from mailcore.status import Status

NEXT, STOP, LATER, SOFTWARE = 0, 99, 75, 70
MOST_LINES = 10

_PERMANENT = {
    64: Status(5, 3, 5),
    65: status.OTHER_CONTENT,
    67: status.NO_SUCH_MAILBOX,
    68: status.BAD_DESTINATION_SYSTEM,
    69: Status(5, 3, 0),
    SOFTWARE: Status(5, 3, 0),
    76: status.OTHER_PROTOCOL,
    77: status.OTHER_SECURITY,
    78: Status(5, 3, 5),
    100: Status(5, 3, 0),
    112: Status(5, 3, 0),
}


class SoftwareFailure(PermanentFailure):
    """A program says that it is broken itself: that says nothing of the address."""


def goes_on(code: int, output: bytes) -> bool:
    """Whether the next instruction follows; False when all is done.

    `code` is negative for a signal, `output` what the sender of mail that fails may read.
    Raises PermanentFailure for the codes that say so, TemporaryFailure for all others.
    """
    if code == NEXT:
        return True
    if code == STOP:
        return False
    text = told(output) or _silent(code)
    if code == SOFTWARE:
        raise SoftwareFailure(_PERMANENT[code], text)
    if code in _PERMANENT:
        raise PermanentFailure(_PERMANENT[code], text)
    raise TemporaryFailure(status.OTHER_SYSTEM, text)


def told(output: bytes) -> str:
    """A program's words as they go into a report: ten lines at most, nothing but text."""
    text = output.decode("utf-8", "replace").replace("\r", "")
    lines = ["".join(c if c.isprintable() else " " for c in line) for line in text.split("\n")]
    return "\n".join([line.rstrip() for line in lines if line.strip()][:MOST_LINES])


def _silent(code: int) -> str:
    if code < 0:
        return f"The program that delivers this mail was ended by signal {-code}."
    return f"The program that delivers this mail ended with exit code {code}."
