"""What outcomes of deliveries teach: called where they are written down, after that.

Nothing here may stop a delivery: trouble is logged and forgotten.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Source
from mailcore.policy import backscatter, suppression
from mailcore.policy.backscatter import KEPT, KEPT_DOMAIN
from mailcore.policy.models import Lesson
from mailcore.status import Status

_SUBMITTED = frozenset({Source.AUTHSMTP, Source.WEB, Source.LOCAL})

_log = log.get("policy")


@dataclass(frozen=True, slots=True)
class Experience:
    """One outcome: of mail that came in by `source`, for `address`.

    `refused_at` is the command a peer answered, "" when none did; `retried`: it had waited.
    """

    source: str
    reverse_path: str
    address: str
    delivered: bool
    failed: bool
    status: Status
    reply: str = ""
    refused_at: str = ""
    retried: bool = False


def learn(outcomes: Sequence[Experience], settings: Snapshot) -> None:
    """Remember what these say of addresses and domains.  Blocks; never raises."""
    if backscatter.memory.is_stale:
        backscatter.memory.load()
    policy, known = settings.policy, backscatter.memory.known
    lessons: list[tuple[str, str, str, float]] = []
    forgotten: list[str] = []
    bounced: list[tuple[str, str]] = []
    for one in outcomes:
        address = one.address.lower()
        if one.delivered and (one.retried or address in known):
            forgotten.append(address)
        if not one.delivered:
            lessons += _lessons(one, address, settings)
            if one.failed and one.source in _SUBMITTED and suppression.is_hard(one.status):
                bounced.append((address, one.reply.split("\n")[0]))
    try:
        if lessons or forgotten:
            backscatter.write(lessons, forgotten)
        if bounced and policy.suppress_after:
            suppression.count(bounced, policy.suppress_after)
    except DatabaseError as error:
        _log.error("lessons.unwritten", error=str(error))


def _lessons(
    one: Experience, address: str, settings: Snapshot
) -> Iterator[tuple[str, str, str, float]]:
    """What a failure or deferral says of the address, and of its domain."""
    if one.source in settings.policy.suppress_backscatter:
        kind = Lesson.Kind.FAILED if one.failed else Lesson.Kind.DEFERRED
        yield address, kind.value, one.reply, KEPT
    if one.failed and _refuses_reports(one):
        yield address.rpartition("@")[2], Lesson.Kind.REFUSES_REPORTS.value, one.reply, KEPT_DOMAIN


def _refuses_reports(one: Experience) -> bool:
    """A server that would not even hear MAIL FROM:<>.  RFC 5321 §4.5.5 wants it to."""
    return not one.reverse_path and one.refused_at.upper().startswith("MAIL")
