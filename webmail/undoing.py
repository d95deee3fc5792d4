"""What a notice's Undo button sends back: a signed note of how to reverse what was done."""

from dataclasses import dataclass
from typing import Any

from django.core import signing

from mailcore.conf.current import snapshot

_SALT = "webmail.undo"


@dataclass(frozen=True, slots=True)
class Reversal:
    """Move `uids` from `folder` to `target`, or change flags when `target` is empty."""

    account: int
    folder: str
    uids: tuple[int, ...]
    target: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def token(reversal: Reversal) -> str:
    """The note for the form."""
    return signing.dumps(
        {
            "a": reversal.account,
            "f": reversal.folder,
            "u": list(reversal.uids),
            "t": reversal.target,
            "+": list(reversal.add),
            "-": list(reversal.remove),
        },
        salt=_SALT,
        compress=True,
    )


def read(text: str, account: int) -> Reversal | None:
    """The note if we wrote it for this account and it is not too old."""
    try:
        found: dict[str, Any] = signing.loads(
            text, salt=_SALT, max_age=snapshot().webmail.undo_minutes * 60
        )
    except signing.BadSignature:
        return None
    if found["a"] != account:
        return None
    return Reversal(
        account, found["f"], tuple(found["u"]), found["t"], tuple(found["+"]), tuple(found["-"])
    )
