"""Whether a back end is worth an attempt: pure decisions, the clock comes in.

After a failure nobody tries for a pause that doubles each time.  When it is over one attempt is
made; until that has ended everybody else is still told no at once.
"""

FIRST_PAUSE = 0.5


class Health:
    """One service of one node, as this process has found it."""

    __slots__ = ("_failures", "_trying", "_until")

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0
        self._trying = False

    @property
    def is_well(self) -> bool:
        return not self._failures

    def may_try(self, now: float) -> bool:
        """Whether to make an attempt at `now` (seconds of any steady clock)."""
        if not self._failures:
            return True
        if self._trying or now < self._until:
            return False
        self._trying = True
        return True

    def failed(self, now: float, longest: float) -> float:
        """An attempt did not reach it; the pause until the next, at most `longest` seconds."""
        if now < self._until:  # begun before the pause did: the same trouble, not more of it
            return self._until - now
        pause = min(FIRST_PAUSE * (1 << min(self._failures, 30)), longest)
        self._failures += 1
        self._until = now + pause
        return pause

    def ended(self) -> None:
        """The attempt is over, whatever it told: another may be made when its time has come."""
        self._trying = False

    def succeeded(self) -> None:
        self._failures = 0
