"""Mailbox patterns of LIST: `*` is anything, `%` anything but the separator.  RFC 3501 §6.3.8."""

MAX_LENGTH = 500


def matches(pattern: str, name: str) -> bool:
    """Whether `pattern` matches all of `name`; INBOX in any case.  Never slow.

    Follows all possible positions in the pattern at once, so no pattern makes it backtrack.
    """
    if pattern[:5].upper() == "INBOX":
        pattern = "INBOX" + pattern[5:]
    states = _through({0}, pattern)
    for character in name:
        moved = set()
        for at in states:
            if at == len(pattern):
                continue
            here = pattern[at]
            if here == "*" or (here == "%" and character != "."):
                moved.add(at)
            elif here == character and here != "%":
                moved.add(at + 1)
        if not moved:
            return False
        states = _through(moved, pattern)
    return len(pattern) in states


def _through(states: set[int], pattern: str) -> set[int]:
    """A wildcard may also match nothing."""
    found = set(states)
    for at in states:
        while at < len(pattern) and pattern[at] in "*%":
            at += 1
            found.add(at)
    return found
