"""What an attempt to let a client in at its node may come to."""

from dataclasses import dataclass, field

from mailcore.proxyd.speaker import Speaker


class Unavailable(Exception):
    """The node can't be used now; the text is for the log, never for the client."""


class NotNow(Unavailable):
    """The node is well, and says that it won't let this client in for the moment."""


class Refused(Exception):
    """The node says that this login is wrong; `code` is its response code, or empty."""

    def __init__(self, code: str = "") -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in at a node.  `authzid`: whom to act as, empty for `name` itself."""

    name: str
    password: str = field(repr=False)
    authzid: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A node's connection after the login, and what it can do from here on."""

    speaker: Speaker
    capabilities: tuple[str, ...] = ()
