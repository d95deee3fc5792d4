"""Enhanced status codes: one type from the socket to the DSN.  RFC 3463, RFC 5248."""

import re
from dataclasses import dataclass
from typing import Self

_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Status:
    """`class.subject.detail`, for instance 5.1.1 (no such mailbox)."""

    klass: int
    subject: int
    detail: int

    def __str__(self) -> str:
        return f"{self.klass}.{self.subject}.{self.detail}"

    @property
    def is_permanent(self) -> bool:
        return self.klass == 5

    @property
    def is_success(self) -> bool:
        return self.klass == 2

    def as_temporary(self) -> "Status":
        return Status(4, self.subject, self.detail)

    def as_permanent(self) -> "Status":
        return Status(5, self.subject, self.detail)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The status at the start of `text`, or None when it has none."""
        found = _STATUS.match(text)
        return cls(*(int(part) for part in found.groups())) if found else None


OK = Status(2, 0, 0)
SENDER_OK = Status(2, 1, 0)
RECIPIENT_OK = Status(2, 1, 5)
OTHER_ADDRESS = Status(5, 1, 0)
NO_SUCH_MAILBOX = Status(5, 1, 1)
BAD_DESTINATION_SYSTEM = Status(5, 1, 2)
BAD_ADDRESS_SYNTAX = Status(5, 1, 3)
BAD_SENDER_SYNTAX = Status(5, 1, 7)
BAD_SENDER_SYSTEM = Status(5, 1, 8)
NULL_MX = Status(5, 1, 10)
MAILBOX_DISABLED = Status(5, 2, 1)
MAILBOX_FULL = Status(5, 2, 2)
MESSAGE_TOO_LONG_FOR_MAILBOX = Status(5, 2, 3)
SYSTEM_FULL = Status(4, 3, 1)
SYSTEM_NOT_ACCEPTING = Status(4, 3, 2)
MESSAGE_TOO_BIG = Status(5, 3, 4)
OTHER_SYSTEM = Status(4, 3, 0)
NO_ANSWER = Status(4, 4, 1)
BAD_CONNECTION = Status(4, 4, 2)
DIRECTORY_FAILURE = Status(4, 4, 3)
UNABLE_TO_ROUTE = Status(5, 4, 4)
MAIL_SYSTEM_CONGESTED = Status(4, 4, 5)
ROUTING_LOOP = Status(5, 4, 6)
DELIVERY_TIME_EXPIRED = Status(4, 4, 7)
OTHER_PROTOCOL = Status(5, 5, 0)
BAD_COMMAND = Status(5, 5, 1)
SYNTAX_ERROR = Status(5, 5, 2)
TOO_MANY_RECIPIENTS = Status(4, 5, 3)
BAD_ARGUMENTS = Status(5, 5, 4)
LINE_TOO_LONG = Status(5, 5, 6)
OTHER_CONTENT = Status(5, 6, 0)
CONVERSION_REQUIRED = Status(5, 6, 3)
NON_ASCII_ADDRESS = Status(5, 6, 7)
OTHER_SECURITY = Status(5, 7, 0)
RELAY_DENIED = Status(5, 7, 1)
ENCRYPTION_REQUIRED = Status(5, 7, 10)
AUTH_WEAK_WITHOUT_TLS = Status(5, 7, 11)
AUTH_FAILED = Status(5, 7, 8)
REQUIRETLS_NEEDED = Status(5, 7, 30)
AUTH_SUCCEEDED = Status(2, 7, 0)
