"""Reverse-paths of forwarded mail, rewritten so that they are ours and lead back.  SRS.

`SRS0=hash=day=domain=local@ours` stands for local@domain.  A path that another forwarder has
rewritten becomes `SRS1=hash=forwarder==…@ours` and leads back to that forwarder, so paths do not
grow with each hop.  The hash is ours alone to make, and a path is good for some days only:
otherwise anybody could send anywhere through us.  Pure: secret and day come as arguments.
"""

import base64
import hashlib
import hmac

from mailcore.envelope import Path
from mailcore.errors import GrammarError

_DAYS = 1024  # the day's number goes round in 2.8 years
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_HASH = 8  # letters: 40 bits
_LONGEST = 64  # octets of a local part, RFC 5321 §4.5.3.1.1
_SEPARATORS = "=+-"


def is_rewritten(local: str) -> bool:
    """Whether a local part is of either form, whoever made it."""
    return local[:4].upper() in ("SRS0", "SRS1") and local[4:5] in tuple(_SEPARATORS)


def rewritten(path: Path, domain: str, secret: bytes, day: int) -> Path:
    """What stands for `path` at our `domain`.

    The path itself where it can't be rewritten: the null path, local parts beyond ASCII, and
    those that would become too long.
    """
    local = path.local
    if not path.domain or not local.isascii() or not path.domain.isascii():
        return path
    if is_rewritten(local):
        made = _again(local, path.domain, secret)
    else:
        rest = f"{_stamp(day)}={path.domain}={local}"
        made = f"SRS0={_hash(rest, secret)}={rest}"
    return Path(made, domain) if made and len(made) <= _LONGEST else path


def _again(local: str, domain: str, secret: bytes) -> str:
    """A path that was rewritten before: the first forwarder is kept, those between are not."""
    if local[3] == "1":
        _, _, rest = local[5:].partition("=")
        if "=" not in rest:
            return ""
    else:
        rest = f"{domain}={local[4:]}"
    return f"SRS1={_hash(rest, secret)}={rest}"


def restored(local: str, secret: bytes, day: int, valid_days: int) -> Path:
    """The path that a local part of ours stands for.

    Raises GrammarError: not ours, forged, or older than `valid_days`.
    """
    if not is_rewritten(local):
        raise GrammarError("not a rewritten path")
    given, _, rest = local[5:].partition("=")
    if not hmac.compare_digest(given.lower().encode(), _hash(rest, secret).encode()):
        raise GrammarError("not a path of ours")
    if local[3] == "1":
        domain, _, inner = rest.partition("=")
        return Path.of(f"SRS0{inner}@{domain}")
    stamp, _, rest = rest.partition("=")
    domain, _, user = rest.partition("=")
    if (day - _day(stamp)) % _DAYS > valid_days:
        raise GrammarError("the path is no longer good")
    if not user or not domain:
        raise GrammarError("not a path of ours")
    return Path(user, domain.lower())


def _hash(rest: str, secret: bytes) -> str:
    """Of everything behind it; upper and lower case are one, for relays mix them up."""
    digest = hmac.digest(secret, b"srs\0" + rest.lower().encode("utf-8"), hashlib.sha256)
    return base64.b32encode(digest)[:_HASH].decode("ascii").lower()


def _stamp(day: int) -> str:
    day %= _DAYS
    return _LETTERS[day >> 5] + _LETTERS[day & 31]


def _day(stamp: str) -> int:
    first, second = (_LETTERS.find(letter) for letter in stamp.lower().ljust(2, "?")[:2])
    if len(stamp) != 2 or first < 0 or second < 0:
        raise GrammarError("not a path of ours")
    return first << 5 | second
