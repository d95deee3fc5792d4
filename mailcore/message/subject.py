"""Base subjects: what a conversation is about, without what replies and forwards add.

RFC 5256 §2.1.
"""

import re

_LONGEST = 1000
_REPLY_MARK = re.compile(
    r"\s*(?:(?:re|fwd?)\s*(?:\[[^\[\]]*\])?\s*:|\[[^\[\]]*\](?=\s*\S))\s*", re.I
)
_FORWARD_END = re.compile(r"\s*\(fwd\)\s*$", re.I)
_ANSWERS = re.compile(r"\s*(?:\[[^\[\]]*\]\s*)*(?:re|fwd?)\s*(?:\[[^\[\]]*\])?\s*:", re.I)


def base(subject: str) -> str:
    """The base subject, folded for comparing; empty when nothing is left."""
    subject = " ".join(subject[:_LONGEST].split())
    while True:
        shorter = _FORWARD_END.sub("", subject)
        mark = _REPLY_MARK.match(shorter)
        if mark and mark.end() < len(shorter):
            shorter = shorter[mark.end() :]
        elif mark and mark.group().rstrip().endswith(":"):
            shorter = ""
        if shorter == subject:
            return subject.casefold()[:500]
        subject = shorter


def is_answer(subject: str) -> bool:
    """Whether it says by itself that it replies or forwards."""
    return bool(_ANSWERS.match(subject[:_LONGEST]) or _FORWARD_END.search(subject[-20:]))
