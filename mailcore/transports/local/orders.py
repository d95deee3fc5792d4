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

HERE = "instructions"  # the transport that carries them out


class Orders:
    """The instructions of one account with a home, each file read once for a batch."""

    def __init__(self, account: AccountValue, settings: Local) -> None:
        self.account = account
        self.home = account.home
        self.settings = settings
        self.read: dict[str, Found | None] = {}
        self.has_filter = settings.filters and mail_filter.has_filter(self.home)

    @classmethod
    def of(cls, account: AccountValue) -> "Orders | None":
        """The account's orders; None when it has no home, or nothing in it is followed."""
        settings = snapshot().for_mail("", account.address).local
        if account.home.is_dir():
            wanted = settings.instructions or settings.filters
        else:
            wanted = settings.filters and mail_filter.has_site_filter()
        return cls(account, settings) if wanted else None

    def concern(self, recipient: ClaimedRecipient) -> bool:
        """Whether there is more to do than to put it into the mailbox.

        Raises TemporaryFailure when the instructions can't be had.
        """
        found = self._found(self._extension(recipient))
        return self.has_filter or bool(found and found.text)

    def errand(
        self, message: ClaimedMessage, recipient: ClaimedRecipient, row: bytes | None, until: float
    ) -> Errand | None:
        """What is to be done before `until` (seconds since the epoch); None as for `concern`."""
        if not self.concern(recipient):
            return None
        extension = self._extension(recipient)
        found = self._found(extension)
        return Errand(
            self.account,
            message,
            recipient,
            row,
            self.settings,
            until,
            instructions=found.text if found else b"",
            extension=extension,
            default=found.default if found else "",
        )

    def _extension(self, recipient: ClaimedRecipient) -> str:
        local = arrivals.forward_path(recipient).local
        name = self.account.address.rpartition("@")[0]
        return dotcourier.extension(local, name, snapshot().queue.extension_separators)

    def _found(self, extension: str) -> Found | None:
        if extension not in self.read and self.settings.instructions:
            word = self.settings.instructions_word
            self.read[extension] = homes.instructions(self.home, extension, word)
        return self.read.get(extension)
