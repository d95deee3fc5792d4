"""Reports of other servers that came by mail: the new messages of one account's INBOX."""

from collections.abc import Callable

from mailcore.accounts import directory
from mailcore.mailbox.store import MailStore

MOST_READ = 200  # messages in one go


def read_new(address: str, keep: Callable[[bytes], int]) -> int:
    """Give each unseen message to `keep`, which says how many reports it had; their sum.

    A message that had any is seen then.  No address, or none of ours, has no reports.
    """
    account = directory.account(address.lower()) if address else None
    if account is None:
        return 0
    count = 0
    with MailStore(account.maildir) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        for uid in list(inbox.uids())[-MOST_READ:]:
            row = inbox.row(uid)
            if row is None or "\\Seen" in row.flags:
                continue
            found = keep(inbox.read(uid))
            if found:
                inbox.set_flags([uid], add=["\\Seen"])
            count += found
    return count
