"""EHLO keywords: what we offer.  RFC 5321 §4.1.1.1.

To offer an extension: a line in OFFERED, and where it brings MAIL or RCPT parameters, their
readers in `parameters`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Offer:
    """What decides which keywords a session sees.

    `size_limit` in octets, 0 for no limit; `mechanisms` empty where AUTH isn't allowed.
    """

    me: str
    size_limit: int = 0
    starttls: bool = False
    mechanisms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """One keyword; `argument` says what follows it, None that it isn't offered now."""

    keyword: str
    argument: Callable[[Offer], str | None]


def _always(offer: Offer) -> str | None:
    return ""


OFFERED: tuple[Extension, ...] = (
    Extension("AUTH", lambda offer: " ".join(offer.mechanisms) or None),
    Extension("STARTTLS", lambda offer: "" if offer.starttls else None),
    Extension("PIPELINING", _always),  # RFC 2920
    Extension("8BITMIME", _always),  # RFC 6152
    Extension("SMTPUTF8", _always),  # RFC 6531
    Extension("CHUNKING", _always),  # RFC 3030
    Extension("ENHANCEDSTATUSCODES", _always),  # RFC 2034
    Extension("SIZE", lambda offer: str(offer.size_limit or "")),  # RFC 1870
    Extension("DSN", _always),  # RFC 3461
)


@lru_cache(maxsize=256)
def greeting(offer: Offer) -> str:
    """The text of the reply to EHLO, one keyword a line."""
    lines = [f"{offer.me} Ok."]
    for extension in OFFERED:
        argument = extension.argument(offer)
        if argument is not None:
            lines.append(f"{extension.keyword} {argument}".rstrip())
    return "\n".join(lines)
