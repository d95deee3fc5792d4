"""Addresses of messages and parts of them, within one account.  RFC 5092, as RFC 4469 uses them.

`/INBOX;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2/;PARTIAL=0.1024`; without the mailbox it is the
selected one.  Addresses of other servers and users are not understood: nothing is ever fetched
for anybody.
"""

import re
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.protocol.imap import fetch_items, mailbox_name
from mailcore.protocol.imap.fetch_items import Section
from mailcore.protocol.imap.lexer import Arguments

MAX_LENGTH = 2000

_URL = re.compile(
    rb"(?:/(?P<mailbox>[^;/?#]+)(?:;UIDVALIDITY=(?P<uidvalidity>\d{1,10}))?)?"
    rb"/?;UID=(?P<uid>\d{1,10})"
    rb"(?:/;SECTION=(?P<section>[^;?#]+?))?"
    rb"(?:/;PARTIAL=(?P<start>\d{1,10})(?:\.(?P<length>\d{1,10}))?)?",
    re.I,
)
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_EVERYTHING = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Url:
    """`mailbox` empty: the selected one; `uidvalidity` 0: whichever it has."""

    mailbox: str
    uidvalidity: int
    uid: int
    section: Section


def parse(text: bytes) -> Url:
    """Raises GrammarError for what cannot be an address in this account."""
    found = _URL.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        raise GrammarError("Not an address of a message here.")
    uid = int(found["uid"])
    if not uid:
        raise GrammarError("No such UID.")
    return Url(
        mailbox_name.decode(_unescaped(found["mailbox"] or b""), utf8=False),
        int(found["uidvalidity"] or 0),
        uid,
        _section(found),
    )


def _section(found: re.Match[bytes]) -> Section:
    text = b"BODY.PEEK[" + _unescaped(found["section"] or b"") + b"]"
    if found["start"] is not None:
        text += b"<%b.%b>" % (found["start"], found["length"] or b"%d" % _EVERYTHING)
    arguments = Arguments(text)
    [item] = fetch_items.parse(arguments)
    arguments.end()
    if not isinstance(item, Section):
        raise GrammarError("No such section.")
    return item


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text)
