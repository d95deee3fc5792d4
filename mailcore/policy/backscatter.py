"""Addresses whose mail lately failed or waits, and domains that refuse reports.

Mail that will only come back is better refused while its sender is on the line: a report
would go to whoever the sender's address was stolen from.  Courier BOFHSUPPRESSBACKSCATTER.
Rows are the truth; each process remembers them for half a minute.
"""

import time
from collections.abc import Iterable, Sequence

from django.db.utils import Error as DatabaseError

from mailcore import log, status
from mailcore.envelope import Path
from mailcore.policy.models import Lesson, Suppressed
from mailcore.protocol.reply import Reply

KEPT = 2 * 3600.0  # seconds an address is refused; Courier's
KEPT_DOMAIN = 7 * 86_400.0
_FRESH = 30.0
_MOST = 20_000

_log = log.get("policy")


class Memory:
    """What this process knows of the rows.  All but `load` do no I/O.

    `suppressing`: the suppression list has entries, so that it is worth asking.
    """

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.suppressing = False
        self._loaded_at = -_FRESH

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self._loaded_at >= _FRESH

    def load(self) -> None:
        """Read the rows; while the database is away what was known stays.  Blocks."""
        self._loaded_at = time.monotonic()  # others needn't come after us
        try:
            rows = Lesson.objects.filter(expires_at__gt=time.time()).order_by("-expires_at")
            self.known = dict(rows.values_list("key", "kind")[:_MOST])
            self.suppressing = Suppressed.objects.filter(active=True).exists()
        except DatabaseError as error:
            _log.error("lessons.unreadable", error=str(error))

    def forget(self) -> None:
        """Know nothing, and read again when next asked."""
        self.known = {}
        self.suppressing = False
        self._loaded_at = -_FRESH


memory = Memory()


def judge_recipients(ends: Sequence[Path]) -> Reply | None:
    """RCPT stage: refuse what leads only to addresses whose mail can't be delivered now."""
    known = memory.known
    if not known or not ends:
        return None
    kinds = [known.get(end.key) for end in ends]
    if None in kinds:
        return None
    if Lesson.Kind.DEFERRED.value in kinds:
        text = "Mail for this address is waiting already, try later."
        return Reply(456, status.MAIL_SYSTEM_CONGESTED, text)
    return Reply(556, status.OTHER_ADDRESS, "Mail for this address failed a short time ago.")


def judge_sender(path: Path) -> Reply | None:
    """MAIL stage: refuse senders whose domain takes no reports."""
    if memory.known.get(path.domain) != Lesson.Kind.REFUSES_REPORTS:
        return None
    text = f"<{path}>: the domain's servers refuse delivery reports."
    return Reply(517, status.BAD_SENDER_SYSTEM, text)


def write(lessons: Iterable[tuple[str, str, str, float]], forgotten: Iterable[str] = ()) -> None:
    """Keep (key, kind, text, seconds); drop what is known no longer.  Blocks."""
    now = time.time()
    rows = {
        key: Lesson(key=key, kind=kind, text=text[:300], expires_at=now + seconds)
        for key, kind, text, seconds in lessons
        if len(key) <= 320
    }
    if rows:
        Lesson.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["kind", "text", "expires_at"],
        )
        Lesson.objects.filter(expires_at__lt=now).delete()
    if gone := list(forgotten):
        Lesson.objects.filter(key__in=gone).delete()
        for key in gone:
            memory.known.pop(key, None)
