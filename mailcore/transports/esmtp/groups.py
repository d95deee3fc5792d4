"""Which recipients share a MAIL command, and how their paths are told.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.message import verp
from mailcore.protocol.smtp.client import Extensions
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient


@dataclass(frozen=True, slots=True)
class Group:
    """Recipients that share one MAIL command.  `verp`: the peer encodes the reverse-path."""

    reverse_path: str
    recipients: tuple[ClaimedRecipient, ...]
    verp: bool = False


def groups(
    message: ClaimedMessage, recipients: Sequence[ClaimedRecipient], offered: Extensions
) -> list[Group]:
    """The transactions that `recipients` need at a peer with these extensions.

    VERP towards a peer that is not Courier's wants a reverse-path of its own for each.  A peer
    without DSN can't be told NOTIFY=NEVER, so those recipients get a null reverse-path instead
    (Courier).
    """
    reverse = message.reverse_path
    has_verp = message.verp and "@" in reverse
    if has_verp and not offered.verp:
        return [Group(verp.encode(reverse, each.forward_path), (each,)) for each in recipients]
    if "DSN" in offered or not reverse:
        found = [Group(reverse, tuple(recipients), has_verp)]
    else:
        never = tuple(each for each in recipients if each.notify == "NEVER")
        others = tuple(each for each in recipients if each.notify != "NEVER")
        found = [Group(reverse, others, has_verp), Group("", never)]
    return [group for group in found if group.recipients]


def wire_path(path: str, utf8: bool) -> str | None:
    """A path as this peer can be told it: the domain in ACE without SMTPUTF8; None: can't be."""
    if path.isascii():
        return path
    if utf8:
        return path
    local, at, domain = path.rpartition("@")
    if not local.isascii():
        return None
    try:
        return local + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
