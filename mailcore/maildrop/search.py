"""Patterns looked for: in a text or the message, once, weighed, or all of them."""

from collections.abc import Iterator

from mailcore.maildrop import patterns, values
from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.patterns import Groups
from mailcore.maildrop.state import State
from mailcore.maildrop.tree import Pattern

MOST_GROUPS = 100


def search(state: State, pattern: Pattern, source: bytes, subject: bytes | None) -> bytes:
    """The worth of a pattern in `subject` (None: in the message), as the language has it.

    1 or 0, and then MATCH, MATCH1 … are set; or the sum of its hits' weights: `first`, then
    each `factor` times the one before it.  The message counts one hit for each line.
    """
    _complain(state, pattern, source)
    if not pattern.scores:
        found = _first(state, pattern, source, subject)
        if found is not None:
            remember(state, found)
        return values.truth(found is not None)
    score, weight = 0.0, pattern.first
    for _ in _hits(state, pattern, source, subject):
        score += weight
        weight *= pattern.factor
    return values.text(score)


def matches(state: State, pattern: Pattern, source: bytes, subject: bytes | None) -> list[Groups]:
    """Everything a `foreach` goes through, found before its block runs for the first time."""
    _complain(state, pattern, source)
    found: list[Groups] = []
    octets = 0
    for groups in _hits(state, pattern, source, subject):
        found.append(groups)
        octets += sum(map(len, groups))
        if len(found) > state.limits.matches or octets > state.limits.memory:
            raise FilterFailure(f"foreach found more than {state.limits.matches} matches.")
    return found


def remember(state: State, groups: Groups) -> None:
    """Set MATCH, MATCH1 …"""
    variables = state.variables
    for number, group in enumerate(groups[:MOST_GROUPS]):
        variables.set(b"MATCH%d" % number if number else b"MATCH", group)


def _lines(state: State, pattern: Pattern) -> Iterator[bytes]:
    """What of the message the pattern is for."""
    letter = state.letter
    if pattern.headers:
        yield from letter.headers
    elif pattern.top:
        yield from letter.top
    if pattern.body:
        yield from letter.body


def _first(state: State, pattern: Pattern, source: bytes, subject: bytes | None) -> Groups | None:
    size = patterns.size(source, case=pattern.case)
    for line in _lines(state, pattern) if subject is None else (subject,):
        state.spend_search(line, size)
        found = patterns.first(source, pattern.case, line)
        if found is not None:
            return found
    return None


def _hits(state: State, pattern: Pattern, source: bytes, subject: bytes | None) -> Iterator[Groups]:
    """Each line of the message that fits; or all places in `subject` that do."""
    size = patterns.size(source, case=pattern.case)
    if subject is None:
        for line in _lines(state, pattern):
            state.spend_search(line, size)
            found = patterns.first(source, pattern.case, line)
            if found is not None:
                yield found
        return
    state.spend_search(subject, size)
    for found in patterns.every(source, pattern.case, subject):
        state.spend_search(subject, size)  # what is left may be searched to its end each time
        yield found


def _complain(state: State, pattern: Pattern, source: bytes) -> None:
    """A pattern that can't be used finds nothing; its owner is told."""
    problem = patterns.why_not(source, case=pattern.case)
    if problem:
        state.host.say(f"pattern /{source[:200].decode('utf-8', 'replace')}/: {problem}")
