"""LSUB.  RFC 3501 §6.3.9."""

from collections.abc import Coroutine

from mailcore.imapd.commands.list import decoded, joined, line_of, with_parents
from mailcore.imapd.commands.pattern import matches
from mailcore.imapd.session import Session
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    reference = decoded(arguments, arguments.astring())
    arguments.space()
    pattern = joined(reference, decoded(arguments, arguments.list_pattern()))
    arguments.end()
    return _list(session, tag, pattern)


async def _list(session: Session, tag: bytes, pattern: str) -> None:
    utf8 = session.utf8
    session.send(await session.in_thread(lambda store: _answer(store, pattern, utf8=utf8)))
    session.complete(tag, b"LSUB completed.")


def _answer(store: MailStore, pattern: str, *, utf8: bool) -> bytes:
    """Subscribed names; with `%`, a parent of one that is not shown itself is \\NoSelect."""
    subscribed = store.subscribed()
    shown: dict[str, list[str]] = {name: [] for name in subscribed if matches(pattern, name)}
    parents: dict[str, list[str]] = {}
    if "%" in pattern:
        parents = {
            name: ["\\NoSelect"]
            for name in with_parents(subscribed) - subscribed
            if matches(pattern, name)
        }
    lines = [
        line_of(b"LSUB", attributes, name, utf8=utf8)
        for name, attributes in sorted({**parents, **shown}.items())
    ]
    return b"".join(lines)
