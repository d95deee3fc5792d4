"""Whose addresses the header of a user's message names.  RFC 6409 §8.1; Mailsploit and its kin."""

import re

from mailcore import status
from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.message import address_list, header
from mailcore.protocol.reply import Reply

_FIELDS = (b"from", b"sender", b"resent-from", b"resent-sender")
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)

UNCLEAR = Reply(550, status.RELAY_DENIED, "The message must have one From field, with addresses.")


def named(block: bytes) -> frozenset[Path] | None:
    """Every address in From, Sender, Resent-From and Resent-Sender; members of groups too.

    None: it can't be said for sure whose the message is.  Names shown to people don't count,
    but an @ outside quotes that belongs to no address makes the field unclear.
    """
    found: set[Path] = set()
    fields = [field for field in header.fields(block) if field.name in _FIELDS]
    if sum(field.name == b"from" for field in fields) != 1:
        return None
    for field in fields:
        mailboxes = address_list.mailboxes(field.value)
        marks = _QUOTED.sub(b"", field.value).count(b"@")
        if not mailboxes or marks > len(mailboxes):
            return None
        for mailbox in mailboxes:
            try:
                found.add(Path.of(mailbox.address))
            except GrammarError:
                return None
    return frozenset(found)
