"""What a session is told of its mailbox, in the form that its client has asked for.

RFC 3501 §7.3, §7.4; RFC 7162 §3.2.10 (VANISHED), RFC 9051 (no RECENT), RFC 9586 (UIDFETCH).
"""

from mailcore.mailbox import flags
from mailcore.mailbox.changes import Changes, View
from mailcore.protocol.imap import sequence_set

_BY_UID = frozenset(("QRESYNC", "UIDONLY"))


def lines(view: View, changes: Changes, enabled: frozenset[str]) -> bytes:
    """Expunges, then how many there are now, then flags; empty when nothing happened."""
    found: list[bytes] = []
    if changes.expunged_uids and not enabled.isdisjoint(_BY_UID):
        found.append(b"* VANISHED %b\r\n" % sequence_set.format(changes.expunged_uids))
    else:
        found += [b"* %d EXPUNGE\r\n" % number for number in changes.expunged]
    if changes.exists is not None:
        found.append(b"* %d EXISTS\r\n" % changes.exists)
        if "IMAP4rev2" not in enabled:
            found.append(b"* %d RECENT\r\n" % changes.recent)
    for change in changes.flags:
        named = flags.wire(change.flags, change.keywords, change.uid >= view.recent_from)
        extra = b" MODSEQ (%d)" % change.modseq if "CONDSTORE" in enabled else b""
        if "UIDONLY" in enabled:
            found.append(b"* %d UIDFETCH (FLAGS (%b)%b)\r\n" % (change.uid, named, extra))
        else:
            which = (change.number, change.uid)
            found.append(b"* %d FETCH (UID %d FLAGS (%b)%b)\r\n" % (*which, named, extra))
    return b"".join(found)
