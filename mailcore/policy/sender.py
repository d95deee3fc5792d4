"""Whose address the reverse-path may be."""

from mailcore import status
from mailcore.envelope import Path
from mailcore.protocol.reply import Reply


def not_yours(path: Path) -> Reply:
    """An authenticated account used somebody else's address.  RFC 6409 §6.1."""
    return Reply(553, status.RELAY_DENIED, f"<{path}> is not an address of this account.")


def is_plainly(path: Path, address: str) -> bool:
    """Whether `path` is the account's own address, letter for letter but for case.

    The common case, answered without asking the directory for aliases.
    """
    return path.is_null or path.key == address


def check_domain(path: Path) -> Reply | None:
    """MAIL stage: a domain has a dot or is a literal.  Courier refuses others with 517."""
    if path.is_null or not path.domain or "." in path.domain or path.domain.startswith("["):
        return None
    return Reply(517, status.BAD_SENDER_SYNTAX, "Syntax error.")
