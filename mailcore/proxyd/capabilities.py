"""What may be said before a login: what every node can do, and the proxy need not do itself.

What a session can do beyond that is told after the login, by the node that does it.
"""

from collections.abc import Iterable

# The proxy's own doing: its reading of commands, its logins.
IMAP_OWN = ("IMAP4rev1", "SASL-IR", "ID")
POP3_OWN = ("RESP-CODES", "AUTH-RESP-CODE")

# What a client may want to know early, and gets from its node.
_IMAP_PASSED = ("LITERAL+", "LITERAL-", "ENABLE", "IDLE")
_POP3_PASSED = ("TOP", "UIDL", "PIPELINING")


def imap(nodes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The names before a login, those of logging in left out; `nodes` say theirs."""
    able = [_with_smaller_literals({name.upper() for name in node}) for node in nodes]
    passed = tuple(name for name in _IMAP_PASSED if able and all(name in one for one in able))
    if "LITERAL+" in passed:  # RFC 7888 §4: never both
        passed = tuple(name for name in passed if name != "LITERAL-")
    return IMAP_OWN + passed


def _with_smaller_literals(able: set[str]) -> set[str]:
    return able | {"LITERAL-"} if "LITERAL+" in able else able


def pop3(nodes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The lines of CAPA before a login, those of logging in left out."""
    able = [{line.upper().partition(" ")[0] for line in node} for node in nodes]
    return POP3_OWN + tuple(
        name for name in _POP3_PASSED if able and all(name in one for one in able)
    )
