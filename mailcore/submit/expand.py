"""Resolutions → recipient rows: one row per destination, none twice.  Courier's de-duping."""

from collections.abc import Iterable

from mailcore.envelope import EnvelopeRecipient, Notify
from mailcore.protocol.reply import Reply
from mailcore.queue import ids
from mailcore.queue.entry import REPORT, NewRecipient
from mailcore.routing.router import Destination, Resolution
from mailcore.status import OTHER_SECURITY


def expand(
    pairs: Iterable[tuple[EnvelopeRecipient, Resolution]], *, verp: bool = False
) -> tuple[NewRecipient, ...]:
    """The recipients of a message.

    An alias with one member forwards: NOTIFY stays, ORCPT becomes the alias.  With several it is
    a list: its members' failures are nobody's business, and a sender who wants to hear of
    success hears that the list has it.  Courier; RFC 3461 §5.2.7.

    With `verp` every alias is a list: an address that the sender doesn't know must not come
    back to it in a reverse-path.  Courier XVERP.
    """
    rows: dict[tuple[str, str], NewRecipient] = {}
    for wanted, resolution in pairs:
        if resolution.is_list or (verp and resolution.alias):
            _list(rows, wanted, resolution)
            continue
        orcpt = wanted.orcpt
        if resolution.alias and not orcpt:
            orcpt = f"rfc822;{wanted.path}"
        for goal in resolution.destinations:
            key = (goal.transport, goal.path.key)
            if key not in rows:
                notify = _text(wanted.notify) if wanted.notify else ""
                rows[key] = _queued(goal, notify, orcpt)
    return tuple(rows.values())


def failures(refused: Iterable[tuple[EnvelopeRecipient, Reply]]) -> tuple[NewRecipient, ...]:
    """Rows of recipients that failed before they began, of whom the sender wants to hear."""
    return tuple(
        NewRecipient(
            id=ids.new_id(),
            forward_path=str(wanted.path),
            transport="",
            host="",
            orcpt=wanted.orcpt,
            notify=_text(wanted.notify),
            state=REPORT,
            action="failed",
            status=str(reply.status or OTHER_SECURITY),
            reply=str(reply),
        )
        for wanted, reply in refused
        if not wanted.notify or Notify.FAILURE in wanted.notify
    )


def _list(
    rows: dict[tuple[str, str], NewRecipient], wanted: EnvelopeRecipient, resolution: Resolution
) -> None:
    for goal in resolution.destinations:
        key = (goal.transport, goal.path.key)
        if key not in rows:
            rows[key] = _queued(goal, Notify.NEVER)
    if Notify.SUCCESS in wanted.notify:
        rows[("", wanted.path.key)] = NewRecipient(
            id=ids.new_id(),
            forward_path=str(wanted.path),
            transport="",
            host="",
            orcpt=wanted.orcpt,
            notify=_text(wanted.notify),
            state=REPORT,
            action="expanded",
            status="2.0.0",
            reply="250 Ok - delivered to alias.",
        )


def _queued(goal: Destination, notify: str, orcpt: str = "") -> NewRecipient:
    return NewRecipient(
        id=ids.new_id(),
        forward_path=str(goal.path),
        transport=goal.transport,
        host=goal.host,
        orcpt=orcpt,
        notify=notify,
    )


def _text(notify: frozenset[Notify]) -> str:
    return ",".join(sorted(notify))
