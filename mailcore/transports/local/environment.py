"""What a program is told of the message it is given.  Courier dot-courier(5), ENVIRONMENT."""

import re

from mailcore.maildir import mbox
from mailcore.message import trace
from mailcore.transports.local import arrivals
from mailcore.transports.local.errand import Errand

_UNFIT = re.compile(r"[\x00-\x1f\x7f]")


def of(errand: Errand) -> dict[str, str]:
    """All of the environment: nothing of the server's own ever gets into it."""
    path = arrivals.forward_path(errand.recipient)
    account, local = errand.account, errand.settings
    pieces = errand.extension.split("-", 3)
    found = {
        "HOME": str(errand.home),
        "USER": account.address,
        "SHELL": local.shell,
        "PATH": local.program_path,
        "MAILDIRQUOTA": quota(account.quota_bytes, account.quota_messages),
        "MAILDROPDEFAULT": "./Maildir",
        "SENDER": errand.sender,
        "RECIPIENT": errand.recipient.forward_path,
        "HOST": path.domain,
        "LOCAL": path.local,
        "EXT": errand.extension,
        "EXT2": "-".join(pieces[1:]),
        "EXT3": "-".join(pieces[2:]),
        "EXT4": "-".join(pieces[3:]),
        "DEFAULT": errand.default,
        "DTLINE": _line(trace.delivered_to(path)),
        "RPLINE": _line(trace.return_path(errand.sender)),
        "UFLINE": _line(mbox.from_line(errand.sender, errand.message.created_at)),
    }
    return {name: _UNFIT.sub("", value) for name, value in found.items()}


def lines(errand: Errand) -> bytes:
    """What `preline` puts before a message, for programs such as procmail."""
    found = of(errand)
    told = "".join(f"{found[name]}\n" for name in ("UFLINE", "DTLINE", "RPLINE"))
    return told.encode("utf-8", "replace")


def quota(octets: int, messages: int) -> str:
    """A quota as the Maildir programs write it; "" for none.  Courier maildirquota(7)."""
    parts = [f"{octets}S"] if octets else []
    return ",".join([*parts, f"{messages}C"] if messages else parts)


def _line(field: bytes) -> str:
    return field.decode("utf-8", "replace").strip()
