"""The checks of a received message, one after another, in Courier's order (its submit.C).

Each has a row here: its name, whether it applies, and the function.  None that applies to
nobody costs anything: then the message never leaves the event loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.conf.schema.registry import Snapshot
from mailcore.policy import authentication, http_hook, milter, plugins, rates, strangers
from mailcore.policy.contract import Check, Peer, Received, Verdict, Wanted


@dataclass(frozen=True, slots=True)
class Link:
    """One check of the chain."""

    name: str
    wanted: Wanted
    check: Check


CHAIN: tuple[Link, ...] = (
    Link("rates", rates.wanted, rates.check),
    Link("spf", strangers.spf_wanted, strangers.check_spf),
    Link("vouches", strangers.vouches_wanted, strangers.tell_vouches),
    Link("authentication", authentication.wanted, authentication.check),
    Link("spamtraps", strangers.traps_wanted, strangers.check_traps),
    Link("milters", milter.wanted, milter.check),
    Link("http", http_hook.wanted, http_hook.check),
    Link("plugins", plugins.wanted, plugins.check),
)


def wanted(settings: Snapshot, peer: Peer, chain: Sequence[Link] = CHAIN) -> tuple[Link, ...]:
    """The checks that apply; does not block."""
    return tuple(link for link in chain if link.wanted(settings, peer))


def run(links: Sequence[Link], received: Received) -> Verdict:
    """Ask one check after another until one refuses.  Blocks.

    Raises TemporaryFailure, and whatever a broken check raises: that too puts the message off.
    """
    for link in links:
        received = received.after(link.check(received))
        if received.so_far.is_final:
            break
    return received.so_far
