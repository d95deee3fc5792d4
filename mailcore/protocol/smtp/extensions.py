"""The keywords of our EHLO reply.  RFC 5321 §4.1.1.1.

To add one: a line in OFFERED; its MAIL or RCPT parameters in `parameters`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Offer:
    """What decides which keywords a session sees.

    `size_limit` in octets, 0 for no limit; `mechanisms` empty where AUTH isn't allowed; `off`
    are keywords the administrator doesn't want.  `hold` is the argument of FUTURERELEASE, empty
    where it isn't offered; `recipients` and `messages` are limits to tell of, 0 for none.
    """

    me: str
    size_limit: int = 0
    starttls: bool = False
    encrypted: bool = False
    mechanisms: tuple[str, ...] = ()
    hold: str = ""
    recipients: int = 0
    messages: int = 0
    off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """One keyword; `argument` says what follows it, None that it isn't offered now.

    `joined` arguments follow an equals sign, as Courier's do.
    """

    keyword: str
    argument: Callable[[Offer], str | None]
    joined: bool = False


def _always(offer: Offer) -> str | None:
    return ""


def _limits(offer: Offer) -> str | None:
    told = {"MAILMAX": offer.messages, "RCPTMAX": offer.recipients}
    return " ".join(f"{name}={value}" for name, value in told.items() if value) or None


def _binary(offer: Offer) -> str | None:
    return None if "CHUNKING" in offer.off else ""  # RFC 3030 §3: only chunks can carry it


OFFERED: tuple[Extension, ...] = (
    Extension("AUTH", lambda offer: " ".join(offer.mechanisms) or None),
    Extension("STARTTLS", lambda offer: "" if offer.starttls else None),
    Extension("XVERP", lambda offer: "Courier", joined=True),
    Extension("XEXDATA", _always),
    Extension("XSECURITY", lambda offer: "NONE,STARTTLS", joined=True),
    Extension("PIPELINING", _always),  # RFC 2920
    Extension("8BITMIME", _always),  # RFC 6152
    Extension("SMTPUTF8", _always),  # RFC 6531
    Extension("CHUNKING", _always),  # RFC 3030
    Extension("BINARYMIME", _binary),  # RFC 3030
    Extension("REQUIRETLS", lambda offer: "" if offer.encrypted else None),  # RFC 8689
    Extension("FUTURERELEASE", lambda offer: offer.hold or None),  # RFC 4865
    Extension("MT-PRIORITY", _always),  # RFC 6710; the queue's own levels, of no named profile
    Extension("LIMITS", _limits),  # RFC 9422
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
        if argument is not None and extension.keyword not in offer.off:
            mark = "=" if extension.joined else " "
            lines.append(f"{extension.keyword}{mark}{argument}".rstrip())
    return "\n".join(lines)


@lru_cache(maxsize=256)
def offered(offer: Offer) -> frozenset[str]:
    """The keywords of that reply; and AUTH, for MAIL's AUTH= may be said wherever."""
    lines = greeting(offer).split("\n")[1:]
    return frozenset(["AUTH", *(re.split("[ =]", line, maxsplit=1)[0] for line in lines)])
