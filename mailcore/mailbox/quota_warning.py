"""The letter to somebody whose mailbox is nearly full.  Courier deliverquota -w, quotawarnmsg."""

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailcore.maildir.quota import Quota, Usage
from mailcore.message import compose
from mailcore.message.address_list import Mailbox
from mailcore.message.compose import Outgoing

MARKER = "quotawarn"
_DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class QuotaWarning:
    """From `percent` of the quota on `address` is warned; the first line of `text` is the subject.

    `{percent}` and `{address}` in the text stand for what they say.  `me` is the server's name.
    """

    percent: int
    text: str
    address: str
    me: str


def percent(quota: Quota, usage: Usage) -> int:
    """How full it is, by whichever limit is nearer."""
    found = [0]
    if quota.octets:
        found.append(usage.octets * 100 // quota.octets)
    if quota.messages:
        found.append(usage.messages * 100 // quota.messages)
    return max(found)


def claim(maildir: Path, now: float) -> bool:
    """Whether a warning is due: none was given for a day.  If so, one has been given now.

    The marker's own time counts, as the classic's does.  Raises OSError.
    """
    marker = maildir / MARKER
    try:
        os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if abs(now - marker.lstat().st_mtime) < _DAY:
            return False
        os.utime(marker, (now, now), follow_symlinks=False)
    return True


def unclaim(maildir: Path) -> None:
    """The warning could not be given after all."""
    with contextlib.suppress(OSError):
        (maildir / MARKER).unlink()


def message(warning: QuotaWarning, full: int) -> bytes:
    """The letter, for who has filled `full` percent."""
    text = warning.text.replace("{percent}", str(full)).replace("{address}", warning.address)
    subject, _, body = text.strip().partition("\n")
    local, _, domain = warning.address.rpartition("@")
    return compose.build(
        Outgoing(
            sender=Mailbox("Mail server", "postmaster", warning.me),
            to=(Mailbox("", local, domain),),
            subject=subject.strip(),
            text=body.strip("\r\n"),
            extra=(("Auto-Submitted", "auto-generated"),),
        ),
        moment=datetime.fromtimestamp(int(time.time()), UTC),
        message_id=f"<quotawarn.{secrets.token_hex(12)}@{warning.me}>",
        boundary=secrets.token_hex(16),
    )
