"""An administrator's text for a refusal → the reply.  Courier BLOCK."""

import re

from mailcore import status
from mailcore.protocol.reply import Reply

_CODE = re.compile(r"([45]\d\d)[ -]+(.*)", re.DOTALL)
_LONGEST = 300


def refusal(text: str) -> Reply:
    """Text that begins with a reply code of 4xx or 5xx has that code, all other text 511."""
    found = _CODE.match(text)
    code, text = (int(found[1]), found[2]) if found else (511, text)
    kind = status.RELAY_DENIED.as_temporary() if code < 500 else status.RELAY_DENIED
    return Reply(code, kind, text[:_LONGEST])
