"""The kinds of listener: what is asked of peers on each of our ports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listener:
    """One kind.  `submission`: users only, who log in first, RFC 6409.  `lmtp`: RFC 2033."""

    name: str
    implicit_tls: bool = False
    submission: bool = False
    lmtp: bool = False


LISTENERS = {
    listener.name: listener
    for listener in (
        Listener("smtp"),
        Listener("submission", submission=True),
        Listener("submissions", implicit_tls=True, submission=True),
        Listener("lmtp", lmtp=True),
    )
}
