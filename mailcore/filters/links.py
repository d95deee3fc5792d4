"""Who judges the content of a message: the checks of `policy`, then recipients' own filters.

To add a filter: a module with `wanted` and `check`, and a row in its table.  `ALWAYS` see every
message; `FILTERED` only those whose recipients' own filters asked for it at RCPT (Courier's
directories `allfilters` and `filters`).
"""

from mailcore.conf.schema.registry import Snapshot
from mailcore.filters import duplicates, global_filters, recipient, verify
from mailcore.policy import chain
from mailcore.policy.chain import Link
from mailcore.policy.contract import Peer, Standing

ALWAYS: tuple[Link, ...] = (
    Link("allfilters", global_filters.all_wanted, global_filters.check_all),
    Link("verify", verify.wanted, verify.check),
    Link("duplicates", duplicates.wanted, duplicates.check),
)
FILTERED: tuple[Link, ...] = (
    Link("filters", global_filters.screened_wanted, global_filters.check_screened),
    Link("recipients", recipient.wanted, recipient.check),
)


def wanted(settings: Snapshot, peer: Peer, standing: Standing) -> tuple[Link, ...]:
    """The checks that apply to a message for recipients of this standing; does not block."""
    links = chain.wanted(settings, peer) + chain.wanted(settings, peer, ALWAYS)
    if standing is Standing.FILTERED:
        links += chain.wanted(settings, peer, FILTERED)
    return links
