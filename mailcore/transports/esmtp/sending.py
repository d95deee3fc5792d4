"""The message itself on the wire: DATA's lines and dots."""

from collections.abc import Iterator
from typing import BinaryIO

from mailcore.mailauth import signing
from mailcore.message import recode
from mailcore.protocol.smtp import client
from mailcore.protocol.smtp.client import Extensions
from mailcore.queue.claimed import ClaimedMessage
from mailcore.transports import contents
from mailcore.transports.esmtp.wire import Wire

_PIECE = 256 * 1024


def is_converted(message: ClaimedMessage, offered: Extensions) -> bool:
    """Whether this peer gets the message in seven bits.  RFC 6152 §3."""
    return message.eight_bit and "8BITMIME" not in offered


def send_data(
    wire: Wire, message: ClaimedMessage, row: bytes | None, timeout: float, *, convert: bool
) -> None:
    """Prefix and content, dots stuffed, CRLF only, the final dot.  RFC 5321 §4.5.2."""
    if row is not None or convert:
        whole = message.prefix + _rest(message, row)
        if convert:
            whole = recode.to_seven_bit(client.normal_lines(whole))
            whole = signing.renewed(whole, message.source)
        wire.send(_finished(client.stuff(client.normal_lines(whole))), timeout)
        return
    wire.send(client.stuff(message.prefix), timeout)
    with contents.open_rest(message, None) as stream:
        for piece in pieces(stream):
            wire.send(client.stuff(client.normal_lines(piece)), timeout)
    wire.send(b".\r\n", timeout)


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """A stream in portions of whole lines; the last is given its line end."""
    left = b""
    while chunk := stream.read(_PIECE):
        left += chunk
        end = left.rfind(b"\n") + 1
        if end:
            yield left[:end]
            left = left[end:]
    if left:
        yield left.rstrip(b"\r") + b"\r\n"


def _rest(message: ClaimedMessage, row: bytes | None) -> bytes:
    if row is not None:
        return row
    with contents.open_rest(message, None) as stream:
        return stream.read()


def _finished(data: bytes) -> bytes:
    return data + (b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n")
