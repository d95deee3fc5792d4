"""The classic's control file: one letter and its data a line, as global filters read it.  Pure.

Only what is known before a message is accepted; nothing in it can begin a line of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailcore.envelope import Envelope, Notify, Source

BATCH = 100  # recipients of one control file; Courier batchsize

_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_SOURCES = {Source.LMTP: Source.SMTP, Source.WEB: Source.LOCAL}  # the classic knows neither


@dataclass(frozen=True, slots=True)
class Facts:
    """What the control files tell beside the envelope.

    `id` is the queue id the message will have; `received_from` the peer, as Received-From-MTA
    says it; `variables` are Courier's names (TCPREMOTEIP, RELAYCLIENT); times in seconds since
    the epoch, 0 for none.
    """

    id: str
    received_from: str
    eight_bit: bool
    variables: Mapping[str, str]
    arrived: float = 0.0
    expires: float = 0.0
    warns: float = 0.0


@dataclass(frozen=True, slots=True)
class Goal:
    """One recipient as it will be queued, and whom the peer named for it, by index."""

    address: str
    index: int


def files(envelope: Envelope, goals: Sequence[Goal], facts: Facts) -> list[bytes]:
    """The control files of one message: as many as it takes for `BATCH` recipients in each."""
    head = _head(envelope, facts)
    batches = [goals[at : at + BATCH] for at in range(0, len(goals), BATCH)] or [()]
    return [_lines(head + _recipients(envelope, batch)) for batch in batches]


def _head(envelope: Envelope, facts: Facts) -> list[str]:
    lines = [
        f"s{envelope.reverse_path}",
        f"f{facts.received_from}",
        f"e{envelope.envid}",
        f"t{envelope.ret.value[:1]}",
        f"M{facts.id}",
        f"u{_SOURCES.get(envelope.source, envelope.source).value}",
    ]
    optional = (
        ("i", envelope.auth_identity),
        ("v", envelope.listener),
        ("U", envelope.minimum_security),
    )
    lines += [letter + value for letter, value in optional if value]
    flags = (("V", envelope.verp), ("8", facts.eight_bit), ("m", envelope.smtputf8))
    lines += [letter for letter, is_set in flags if is_set]
    lines += [f"O{name}={value}" for name, value in facts.variables.items()]
    times = (("E", facts.expires), ("W", facts.warns), ("A", facts.arrived))
    return lines + [f"{letter}{at:.0f}" for letter, at in times if at]


def _recipients(envelope: Envelope, goals: Sequence[Goal]) -> list[str]:
    lines = []
    for goal in goals:
        named = envelope.recipients[goal.index]
        lines += [f"r{goal.address}", f"R{_original(named.orcpt)}", f"N{_wishes(named.notify)}"]
    return lines


def _original(orcpt: str) -> str:
    return orcpt.partition(";")[2]


def _wishes(notify: frozenset[Notify]) -> str:
    """N, or the first letters of what is wanted."""
    return "".join(sorted(one.value[0] for one in notify))


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(_BREAKS.sub(" ", line) + "\n" for line in lines).encode("utf-8", "replace")
