"""What two copies of a message have in common, whatever their headers: the words of the text.

Bounded by what is handed in; white space, case, punctuation and transfer encodings don't count.
"""

import hashlib
import re

from mailcore.message import mime

FEWEST_WORDS = 10
_MOST_PARTS = 50
_WORD = re.compile(r"\w+")


def of(message: bytes) -> str | None:
    """The fingerprint, or None for a message with too little in it to tell copies by.

    Attachments count as they are, so that one covering letter with different files differs.
    """
    digest, words = hashlib.sha256(), 0
    for number, part in enumerate(mime.walk(mime.scan(message))):
        if part.children or part.embedded is not None or number >= _MOST_PARTS:
            continue
        if part.type == "text":
            for found in _WORD.finditer(mime.text(message, part)):
                words += 1
                digest.update(found[0].lower().encode("utf-8", "replace") + b" ")
        else:
            octets = mime.decoded(message, part)
            words += FEWEST_WORDS if octets else 0
            digest.update(b"\0" + hashlib.sha256(octets).digest())
    return digest.hexdigest() if words >= FEWEST_WORDS else None
