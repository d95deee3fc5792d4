"""What an authentication back end is.  Three answers, never two; Courier's authdaemond.

An unknown name falls through to the next back end, a wrong password stops, and a
breakdown is an exception (TemporaryFailure), so that nobody is told "wrong password"
because a directory is down.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from mailcore.auth.identity import Identity


class No(Enum):
    """Why there is no identity."""

    UNKNOWN = "unknown"  # ask the next back end
    REFUSED = "refused"  # wrong password, or switched off: stop


@dataclass(frozen=True, slots=True)
class Login:
    """What a peer says: `name` is lower case and has a domain.  `service` is one of
    smtp, imap, pop3, web, calendar."""

    name: str
    password: str
    service: str


class Backend(Protocol):
    """To add one: a module here, a line in registry.py, a row in docs/auth.md, tests."""

    def verify(self, login: Login) -> Identity | No:
        """Check name and password.  Raises TemporaryFailure when it cannot tell."""
        ...


class TokenBackend(Protocol):
    """Who can tell whose a bearer token is (OAUTHBEARER, XOAUTH2).  RFC 7628.

    To add one: a module here or a package with the entry point `courier.auth.tokens`, and its
    name in `auth.token_backends`.  Blocks; has a deadline of its own.
    """

    def verify_token(self, name: str, token: str, service: str) -> Identity | No:
        """The identity a token was issued for; `name` is who the client claims to be, or empty.

        Raises TemporaryFailure when it cannot tell.
        """
        ...
