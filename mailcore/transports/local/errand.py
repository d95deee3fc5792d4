"""An errand: one message for one recipient whose account has instructions of its own."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from mailcore.accounts.directory import AccountValue
from mailcore.conf.schema.local import Local
from mailcore.mailbox.render import with_lf
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.transports import contents
from mailcore.transports.local import arrivals


@dataclass(slots=True)
class Errand:
    """What is to be done with one message, and what has been done so far.

    `instructions` are a file's text; empty is default delivery, by a filter.  `extension` is
    what followed the account's name, `default` what a `-default` file stands for.  `until`
    (seconds since the epoch) is when all of it must have ended.  `row` is the content where it
    is short, else it is in a file.
    """

    account: AccountValue
    message: ClaimedMessage
    recipient: ClaimedRecipient
    row: bytes | None
    settings: Local
    until: float
    instructions: bytes = b""
    extension: str = ""
    default: str = ""
    kept: list[str] = field(default_factory=list)  # where it was put
    forwarded: list[str] = field(default_factory=list)  # whereto, and the new message's id
    ran: int = 0  # programs
    copies: Counter[str] = field(default_factory=Counter)  # how many each folder has got
    trouble: str = ""  # what is wrong with its filter: for the trace, not for the sender
    flags: frozenset[str] = frozenset()  # what it gets in a folder of the account's mail

    @property
    def home(self) -> FilePath:
        return self.account.home

    @property
    def sender(self) -> str:
        return arrivals.reverse_path(self.message, self.recipient)

    def rest(self) -> bytes:
        """What follows `message.prefix`, as it came.  Raises OSError."""
        with contents.open_rest(self.message, self.row) as stream:
            return stream.read()

    def text(self) -> bytes:
        """The whole message as programs and mbox files have it: with LF.  Raises OSError."""
        return with_lf(self.message.prefix + self.rest())

    def replace_content(self, row: bytes) -> None:
        """Go on with something else in place of the whole message (CRLF)."""
        eight_bit = self.message.eight_bit or not row.isascii()
        self.message = replace(self.message, prefix=b"", skip=0, file="", eight_bit=eight_bit)
        self.row = row

    def done(self) -> str:
        """What was done, for the trace."""
        did = [f"into {place}" for place in self.kept]
        did += [f"forwarded to {whom}" for whom in self.forwarded]
        if self.ran:
            did.append("1 program" if self.ran == 1 else f"{self.ran} programs")
        return ", ".join(did)
