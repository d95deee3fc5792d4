"""Where an account's own mail filter takes part in delivery.

`instructions.carry_out` asks here for every errand that has come down to default delivery.
"""

from pathlib import Path

from mailcore.transports.local.errand import Errand


def has_filter(home: Path) -> bool:
    """Whether default delivery in this home goes through a filter; asked once an account."""
    return False


def run(errand: Errand) -> bool:
    """Let the filter deliver; False when it leaves that to us.

    Raises TemporaryFailure to try again later, PermanentFailure to return the message.
    """
    return False
