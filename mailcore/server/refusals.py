"""Connections over the limits, told in the log without letting a flood of them flood it."""

import time
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

EVERY = 1.0  # seconds between two lines


@dataclass(slots=True)
class Refusals:
    """How many connections a server refused since its last line about them."""

    log: FilteringBoundLogger
    refused: int = 0
    noted: float = 0.0

    def note(self, peer: str) -> None:
        """One more, from `peer`."""
        self.refused += 1
        if (now := time.monotonic()) - self.noted > EVERY:
            self.log.warning("session.refused", peer=peer, refused=self.refused)
            self.refused, self.noted = 0, now
