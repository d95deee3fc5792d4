"""Which of an account's mail is an errand: what its instructions, or its filter, are to see.

Nearly all accounts have no home; that costs one look at the disk for all their mail in a batch.
"""

from mailcore.accounts.directory import AccountValue
from mailcore.conf.current import snapshot
from mailcore.conf.schema.local import Local
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.routing import dotcourier, homes
from mailcore.routing.homes import Found
from mailcore.transports.local import arrivals, mail_filter
from mailcore.transports.local.errand import Errand


class Orders:
    """The instructions of one account with a home, each file read once for a batch."""

    def __init__(self, account: AccountValue, settings: Local, until: float) -> None:
        self.account = account
        self.home = account.home
        self.settings = settings
        self.until = until
        self.read: dict[str, Found | None] = {}
        self.has_filter = settings.filters and mail_filter.has_filter(self.home)

    @classmethod
    def of(cls, account: AccountValue, until: float) -> "Orders | None":
        """The account's orders; None when it has no home, or nothing in it is followed.

        What is ordered must be done at `until`, in seconds since the epoch.
        """
        settings = snapshot().for_mail("", account.address).local
        if not (settings.instructions or settings.filters) or not account.home.is_dir():
            return None
        return cls(account, settings, until)

    def errand(
        self, message: ClaimedMessage, recipient: ClaimedRecipient, row: bytes | None
    ) -> Errand | None:
        """What is to be done; None when it is just to be delivered.

        Raises TemporaryFailure when the instructions can't be had.
        """
        separators = snapshot().queue.extension_separators
        name = self.account.address.rpartition("@")[0]
        extension = dotcourier.extension(arrivals.forward_path(recipient).local, name, separators)
        if extension not in self.read and self.settings.instructions:
            word = self.settings.instructions_word
            self.read[extension] = homes.instructions(self.home, extension, word)
        found = self.read.get(extension)
        if not (found and found.text) and not self.has_filter:
            return None
        return Errand(
            self.account,
            message,
            recipient,
            row,
            self.settings,
            self.until,
            instructions=found.text if found else b"",
            extension=extension,
            default=found.default if found else "",
        )
