"""Open the content of claimed messages: a row read with the others, or a spool file."""

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from mailcore.queue import leases, spool
from mailcore.queue.claimed import ClaimedMessage

SLICE_OCTETS = 16 * 1024 * 1024  # content held in memory at once
_HEAD = 256 * 1024


def slices(messages: Sequence[ClaimedMessage]) -> Iterator[list[ClaimedMessage]]:
    """Messages in portions whose rows fit in memory together."""
    portion: list[ClaimedMessage] = []
    octets = 0
    for message in messages:
        portion.append(message)
        octets += 0 if message.file else message.size
        if octets >= SLICE_OCTETS:
            yield portion
            portion, octets = [], 0
    if portion:
        yield portion


def rows(messages: Sequence[ClaimedMessage]) -> dict[int, bytes]:
    """Content rows of these messages, what `prefix` replaces already cut off."""
    found = leases.contents(each.id for each in messages if not each.file)
    for message in messages:
        if message.skip and message.id in found:
            found[message.id] = found[message.id][message.skip :]
    return found


def open_rest(message: ClaimedMessage, row: bytes | None) -> BinaryIO:
    """A stream of what follows `message.prefix`.  Raises OSError when the file is gone."""
    if row is not None:
        return io.BytesIO(row)
    stream = spool.path(message.file).open("rb")
    stream.seek(message.skip)
    return stream


def header(message: ClaimedMessage, row: bytes | None) -> bytes:
    """The beginning of the message as far as its header can reach."""
    if row is not None:
        end = row.find(b"\r\n\r\n")
        return message.prefix + (row[: end + 2] if end >= 0 else row[:_HEAD])
    with open_rest(message, None) as stream:
        head = stream.read(_HEAD)
    end = head.find(b"\r\n\r\n")
    return message.prefix + (head[: end + 2] if end >= 0 else head)
