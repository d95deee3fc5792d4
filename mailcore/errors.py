"""The whole family of errors that cross a package boundary.

A "no" is a value, a breakdown is an exception: these say what could not be done,
never that a policy or a password said no.
"""

from mailcore.status import Status


class MailError(Exception):
    """The root: catch it only at a boundary that answers a peer or ends an attempt."""


class GrammarError(MailError):
    """They broke the syntax.  The text is short and may be shown to the peer."""


class DeliveryError(MailError):
    """A recipient could not be served.

    `status` is what the DSN prints; the text is what the sender may read.
    """

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class TemporaryFailure(DeliveryError):
    """Trying again later may succeed; also everything that is our own fault."""


class PermanentFailure(DeliveryError):
    """Trying again cannot succeed."""


class StoreError(MailError):
    """A mailbox is missing, over quota or not permitted; the text is public."""


class ConfigError(MailError):
    """Settings that cannot be used; the text says which and what to do."""
