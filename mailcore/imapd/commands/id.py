"""ID: who is talking.  RFC 2971."""

from mailcore import log
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments

_MOST_FIELDS = 30
_log = log.get("imapd")


def run(session: Session, tag: bytes, arguments: Arguments) -> None:
    arguments.space()
    if arguments.peek() == b"(":
        found = _fields(arguments)
        _log.info("client.identified", session=session.id, **{"client": found})
    elif arguments.keyword() != b"NIL":
        raise arguments.fail()
    arguments.end()
    session.send(b'* ID ("name" "Courier")\r\n')
    session.complete(tag, b"ID completed.")


def _fields(arguments: Arguments) -> str:
    """`(name value …)` as text for the log; not more than that may ever be made of it."""
    words: list[str] = []
    arguments.open()
    while not arguments.skip(b")"):
        if words:
            arguments.space()
        if arguments.peek() in (b'"', b"{"):
            words.append(arguments.string().decode("utf-8", "replace")[:200])
        elif arguments.keyword() == b"NIL":
            words.append("")
        else:
            raise arguments.fail()
        if len(words) > _MOST_FIELDS * 2:
            raise arguments.fail("Too many fields.")
    return " ".join(words)
