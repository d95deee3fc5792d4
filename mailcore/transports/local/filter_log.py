"""A filter's own log in its account's home.  Courier maildropfilter, `logfile`."""

import os
from datetime import UTC, datetime

from mailcore.filters import home_files
from mailcore.maildrop.host import FilterFailure
from mailcore.message import header
from mailcore.message.header import decode
from mailcore.transports.local.errand import Errand

LONGEST = 10_485_760  # octets; strangers' mail must not fill the disk
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def append(errand: Errand, name: bytes, text: bytes) -> None:
    """Add to the log; one that is full takes no more.  Raises FilterFailure."""
    path = home_files.writable(errand.home, name)
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            if os.fstat(descriptor).st_size < LONGEST:
                file.write(text)
    except OSError as problem:
        raise FilterFailure(f"The log can't be written: {problem.strerror}.") from problem


def record(now: int, message: bytes, place: bytes) -> bytes:
    """What is written of one delivery: when, from whom, about what, whereto, how long."""
    fields = header.fields(header.split(message)[0])
    date = datetime.fromtimestamp(now, UTC).strftime("%a %b %d %H:%M:%S %Y")
    sender = decode(header.first(fields, b"from") or b"")[:70]
    subject = decode(header.first(fields, b"subject") or b"")[:70]
    where = place[:70].decode("utf-8", "replace").replace("\n", " ")
    lines = f"Date: {date}\nFrom: {sender}\nSubj: {subject}\nFile: {where:<40} ({len(message)})\n\n"
    return lines.encode("utf-8", "replace")
