"""EXDATA: after the content, one reply for each recipient within a single 558.  Courier.

Each recipient that RCPT accepted has a reply of its own, in order: `558-ccc-text` are its first
lines, `558-ccc text` its last, and the last line of all begins with `558 `.
"""

from collections.abc import Iterable
from dataclasses import replace

from mailcore.protocol.reply import Reply


def encode(answers: Iterable[tuple[str, Reply]]) -> bytes:
    """The whole 558 from (address, reply) pairs; a refusal names its address first."""
    lines: list[bytes] = []
    for address, reply in answers:
        if not reply.is_success:
            reply = replace(reply, text=f"<{address}>:\n{reply.text}")
        lines += reply.encode().splitlines(keepends=True)
    return b"".join([*(b"558-" + line for line in lines[:-1]), b"558 " + lines[-1]])
