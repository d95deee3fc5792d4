"""Names of folders of others: `#shared.<account>.<folder>`, and `shared.<name>.<folder>`.

Courier maildiracl(1), maildirmake(1).  The first tree is of accounts that share by rights, the
second of Maildirs that are shared by the file system's permissions.  An account's address is one
level of its tree, so what would divide it is replaced: by a space, or, where the administrator says
so (IMAP_SHAREDMUNGENAMES), by an escape.  No path is made of either.
"""

from mailcore.errors import StoreError
from mailcore.maildir import folders

ACCOUNTS = "#shared"
MAILDIRS = "shared"
ROOTS = (ACCOUNTS, MAILDIRS)
_SPACES = str.maketrans("./", "  ")
_ESCAPES = str.maketrans({".": "\\:", "/": "\\;", "\\": "\\\\"})


def is_shared(name: str) -> bool:
    """Whether a name lies in one of the trees at all."""
    return name.partition(folders.SEPARATOR)[0] in ROOTS


def component(address: str, *, escape: bool) -> str:
    """An account as a level of the tree."""
    return address.translate(_ESCAPES if escape else _SPACES)


def join(root: str, level: str, name: str) -> str:
    """The mailbox `name` (`INBOX…`) of an account or Maildir, as others see it."""
    return f"{root}.{level}{name[len(folders.INBOX) :]}"


def split(name: str) -> tuple[str, str, str]:
    """The tree, the level of the account or Maildir, and the mailbox's name in there.

    Raises StoreError when no mailbox can be called so.
    """
    root, _, below = name.partition(folders.SEPARATOR)
    if root not in ROOTS:
        raise StoreError("Invalid mailbox name.")
    level, dot, rest = below.partition(folders.SEPARATOR)
    folders.canonical(f"{folders.INBOX}.{level}")
    return root, level, folders.canonical(folders.INBOX + dot + rest)


def canonical(name: str) -> str:
    """The one spelling of any mailbox name, own or shared; raises StoreError."""
    return join(*split(name)) if is_shared(name) else folders.canonical(name)
