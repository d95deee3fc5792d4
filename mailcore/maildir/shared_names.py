"""Names in the tree of shared folders: `#shared.<account>.<folder>`.  Courier maildiracl(1).

An account's address is one level of the tree, so what would divide it is replaced: by a space, or,
where the administrator says so (IMAP_SHAREDMUNGENAMES), by an escape.  No path is made of either.
"""

from mailcore.errors import StoreError
from mailcore.maildir import folders

ROOT = "#shared"
_BELOW = ROOT + folders.SEPARATOR
_SPACES = str.maketrans("./", "  ")
_ESCAPES = str.maketrans({".": "\\:", "/": "\\;", "\\": "\\\\"})


def is_shared(name: str) -> bool:
    """Whether a name lies in the tree at all."""
    return name == ROOT or name.startswith(_BELOW)


def component(address: str, *, escape: bool) -> str:
    """An account as a level of the tree."""
    return address.translate(_ESCAPES if escape else _SPACES)


def join(account: str, name: str) -> str:
    """The account's mailbox `name` (`INBOX…`) as others see it."""
    return _BELOW + account + name[len(folders.INBOX) :]


def split(name: str) -> tuple[str, str]:
    """The account's level and the mailbox's name in that account.

    Raises StoreError when no mailbox can be called so.
    """
    if not name.startswith(_BELOW):
        raise StoreError("Invalid mailbox name.")
    account, dot, rest = name[len(_BELOW) :].partition(folders.SEPARATOR)
    folders.canonical(f"{folders.INBOX}.{account}")
    return account, folders.canonical(folders.INBOX + dot + rest)


def canonical(name: str) -> str:
    """The one spelling of any mailbox name, own or shared; raises StoreError."""
    return join(*split(name)) if is_shared(name) else folders.canonical(name)
