"""What a milter wants changed → a verdict, with a new content where the message changes."""

import re
from collections.abc import Iterator, Sequence

from mailcore.envelope import NULL_PATH, Path
from mailcore.errors import GrammarError
from mailcore.message import header
from mailcore.message.edits import Header
from mailcore.policy.contract import Received, Verdict
from mailcore.protocol.milter import Answer, Kind
from mailcore.queue.content import Content, ContentWriter

_CHUNK = 1 << 20


def apply(changes: Sequence[Answer], received: Received) -> Verdict:
    """The verdict these changes make.  Raises OSError when a new content can't be written."""
    if not changes:
        return Verdict()
    block, start = header.split(received.content.head)
    edited = Header(block)
    for change in changes:
        _edit(edited, change)
    body = _values(changes, Kind.REPLACE_BODY)
    senders = _paths(changes, Kind.CHANGE_SENDER)
    added = _paths(changes, Kind.ADD_RECIPIENT, Kind.ADD_RECIPIENT_PARAMETERS)
    dropped = {path.key for path in _paths(changes, Kind.DELETE_RECIPIENT)}
    content = None
    if edited.changed or body:
        content = _rewritten(received.content, edited.block, start, body)
    reasons = _values(changes, Kind.QUARANTINE)
    return Verdict(
        hold=(_text(reasons[-1]) or "quarantined by a milter") if reasons else "",
        content=content,
        sender=senders[-1] if senders else None,
        added=tuple(path for path in added if not path.is_null),
        dropped=frozenset(
            index for index, path in enumerate(received.recipients) if path.key in dropped
        ),
    )


def _edit(edited: Header, change: Answer) -> None:
    match change.kind:
        case Kind.ADD_HEADER:
            edited.append(change.name, change.value)
        case Kind.INSERT_HEADER:
            edited.insert(change.index, change.name, change.value)
        case Kind.CHANGE_HEADER:
            edited.change(change.name, change.index, change.value)


def _values(changes: Sequence[Answer], *kinds: Kind) -> list[bytes]:
    return [change.value for change in changes if change.kind in kinds]


def _paths(changes: Sequence[Answer], *kinds: Kind) -> list[Path]:
    return [_path(value) for value in _values(changes, *kinds)]


def _rewritten(old: Content, block: bytes, start: int, body: Sequence[bytes]) -> Content:
    """The message with this header and this body (its own when none is given)."""
    if old.file is None:
        tail = b"".join(body) if body else (old.data or b"")[start:]
        return Content.of(b"".join((block, b"\r\n", tail)))
    writer = ContentWriter(old.file.parent.parent)
    writer.write(block + b"\r\n")
    for chunk in body or _rest(old, start):
        writer.write(chunk)
    return writer.finish()


def _rest(content: Content, start: int) -> Iterator[bytes]:
    with content.open() as octets:
        octets.seek(start)
        while chunk := octets.read(_CHUNK):
            yield chunk


def _path(value: bytes) -> Path:
    """`<address>` or `address`.  Raises GrammarError."""
    text = _text(value).strip()
    found = re.fullmatch(r"<?([^<>]*)>?", text)
    if found is None:
        raise GrammarError("a milter's address that is none")
    return Path.of(found[1]) if found[1] else NULL_PATH


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
