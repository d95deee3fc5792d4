"""The envelope: reverse-path, forward-paths and what was asked for them.  RFC 5321 §2.3.1."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from mailcore.errors import GrammarError

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Path:
    """A mailbox address without its angle brackets; both parts empty is the null path.

    `local` is unquoted.  `domain` is lower case and Unicode (U-labels), without a
    trailing dot; RFC 5321 §4.5.3.1 lengths are the parser's business.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{quote_local(self.local)}@{self.domain}" if self.domain else self.local

    @property
    def is_null(self) -> bool:
        return not self.local and not self.domain

    @property
    def is_ascii(self) -> bool:
        return self.local.isascii()

    @property
    def key(self) -> str:
        """What two spellings of one of our own mailboxes have in common."""
        return f"{self.local.lower()}@{self.domain}" if self.domain else self.local.lower()

    @classmethod
    def of(cls, address: str) -> Self:
        """Parse an address that an account, a form or a test names.

        Raises GrammarError for control characters, a missing half or quoting trouble.
        The SMTP grammar proper is in `protocol.smtp.commands`.
        """
        if _UNSAFE.search(address) or len(address) > 320:
            raise GrammarError("not a mail address")
        local, at, domain = address.strip().rpartition("@")
        if not at or not local or not domain or re.search(r"[\s<>,;:()\[\]\"@]", domain):
            raise GrammarError("not a mail address")
        if local.startswith('"'):
            if len(local) < 2 or not local.endswith('"'):
                raise GrammarError("not a mail address")
            local = re.sub(r"\\(.)", r"\1", local[1:-1])
        elif re.search(r"[\s<>,;:()\[\]\"\\]", local):
            raise GrammarError("not a mail address")
        return cls(local, domain.lower().rstrip("."))


NULL_PATH = Path("", "")

_DOT_ATOM = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
    r"(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+)*"
)


def quote_local(local: str) -> str:
    """The local part as it is written in a path: dot-string, or quoted-string if it must be."""
    if _DOT_ATOM.fullmatch(local):
        return local
    return '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'


class Source(StrEnum):
    """Where a message entered; Courier's message-source names where it has one."""

    SMTP = "smtp"
    AUTHSMTP = "authsmtp"
    LMTP = "lmtp"
    LOCAL = "local"
    WEB = "web"
    DSN = "dsn"


class Notify(StrEnum):
    """RFC 3461 §4.1.  An empty set of these means: the default, failure (and delay)."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


class Ret(StrEnum):
    """RFC 3461 §4.3: how much of the message a DSN returns; empty when not said."""

    FULL = "FULL"
    HDRS = "HDRS"
    UNSAID = ""


class Body(StrEnum):
    """RFC 6152, RFC 3030: what the sender declared the content to be."""

    SEVENBIT = "7BIT"
    EIGHTBIT = "8BITMIME"
    BINARY = "BINARYMIME"


class Security(StrEnum):
    """The least a message must be given on each hop; empty when nothing was asked for.

    STARTTLS is Courier's SECURITY=STARTTLS, REQUIRETLS is RFC 8689's.  OPTIONAL is less than
    nothing: its author wrote `TLS-Required: No`, so it goes in spite of the receiver's policies.
    """

    UNSAID = ""
    STARTTLS = "STARTTLS"
    REQUIRETLS = "REQUIRETLS"
    OPTIONAL = "OPTIONAL"


@dataclass(frozen=True, slots=True)
class EnvelopeRecipient:
    """One forward-path with its DSN wishes.

    `orcpt` is `addr-type;xtext-decoded-address` (RFC 3461 §4.2) or empty.
    """

    path: Path
    notify: frozenset[Notify] = frozenset()
    orcpt: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything a transaction says beside the message itself."""

    reverse_path: Path
    recipients: tuple[EnvelopeRecipient, ...]
    source: Source = Source.LOCAL
    body: Body = Body.SEVENBIT
    smtputf8: bool = False
    ret: Ret = Ret.UNSAID
    envid: str = ""
    auth_identity: str = ""  # the login, when there was one
    listener: str = ""  # the vanity listener that took it
    verp: bool = False
    minimum_security: str = ""  # a Security
    release_at: float = 0.0  # seconds since the epoch; RFC 4865
    priority: int = 0  # -9 to 9; RFC 6710
