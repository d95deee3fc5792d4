"""Authentication-Results: clauses of ours, and fields that only claim to be.  RFC 8601."""

import re
from collections.abc import Collection, Iterable

from mailcore.mailauth.arc import ArcVerdict
from mailcore.mailauth.dmarc import DmarcVerdict
from mailcore.mailauth.verify import DkimResult, DkimVerdict
from mailcore.message import header
from mailcore.message.limits import Limits

FIELD = b"authentication-results"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+./^_`{|}~@:-]+")
_COMMENT_UNFIT = re.compile(r"[^ -'*-\[\]-~]+")
_LONGEST = 300
_LONGEST_BEGINNING = 2_000  # octets in which an authserv-id has to be over
_EVERYTHING = Limits(header_bytes=1 << 20, header_lines=1 << 20)


def dkim(verdicts: Iterable[DkimVerdict]) -> list[str]:
    """A clause for each signature; one for a message without any.  RFC 8601 §2.7.1."""
    return [_dkim(each) for each in verdicts] or [f"dkim={DkimResult.NONE}"]


def _dkim(one: DkimVerdict) -> str:
    notes = [one.reason] if one.reason else []
    if one.bits and not notes:
        notes.append(f"{one.bits}-bit key" + (", in test" if one.testing else ""))
    clause = f"dkim={one.result}{_comment(notes)}"
    if one.signature is not None:
        signed = one.signature
        clause += (
            f" header.d={value(signed.domain)} header.i={value(signed.identity)}"
            f" header.s={value(signed.selector)} header.a={signed.algorithm}"
            f" header.b={value(signed.short)}"
        )
    return clause


def dmarc(one: DmarcVerdict, disposition: str) -> str:
    """RFC 9989 §9; `disposition` is what was done."""
    notes = []
    if one.record is not None:
        notes.append(f"p={one.record.policy} dis={disposition}")
    clause = f"dmarc={one.result}{_comment(notes)}"
    return f"{clause} header.from={value(one.domain)}" if one.domain else clause


def spf(result: str, identity: str, subject: str) -> str:
    """RFC 8601 §2.7.2; `identity` is "mailfrom" or "helo"."""
    return f"spf={result} smtp.{identity}={value(subject)}"


def arc(one: ArcVerdict) -> str:
    """RFC 8617 §10.2."""
    notes = [f"i={len(one.sealers)}"] if one.sealers else []
    if one.reason:
        notes.append(one.reason)
    return f"arc={one.result}{_comment(notes)}"


def value(text: str) -> str:
    """Any text as a property's value: a token, or else a quoted string on one line."""
    text = text[:_LONGEST]
    if _TOKEN.fullmatch(text):
        return text
    plain = re.sub(r"[^\x20-\x7e]+", "?", text)
    return '"' + re.sub(r'(["\\])', r"\\\1", plain) + '"'


def _comment(notes: list[str]) -> str:
    return f" ({_COMMENT_UNFIT.sub('?', '; '.join(notes))[:_LONGEST]})" if notes else ""


def without_claims(block: bytes, ids: Iterable[str]) -> bytes:
    """A header without the Authentication-Results that claim to be ours.  RFC 8601 §5."""
    ours = {each.lower().rstrip(".").encode("utf-8") for each in ids}
    out: list[bytes] = []
    done = 0
    for field in header.fields(block, _EVERYTHING):
        if field.name == FIELD and _claims(field.value, ours):
            out.append(block[done : field.start])
            done = field.end
    return b"".join([*out, block[done:]]) if out else block


def _claims(text: bytes, ours: Collection[bytes]) -> bool:
    """Whether a field says it is of ours, or hides what it says behind heaps of comments."""
    beginning = text[:_LONGEST_BEGINNING]
    hidden = len(text) > len(beginning) and _behind_space(beginning, 0) == len(beginning)
    return hidden or claimed_id(beginning) in ours


def claimed_id(text: bytes) -> bytes:
    """The authserv-id of a field's value, in lower case.  Linear, whatever the value."""
    at = _behind_space(text, 0)
    if text[at : at + 1] == b'"':
        found = re.compile(rb'"((?:[^"\\]|\\.)*+)"?', re.DOTALL).match(text, at)
        word = re.sub(rb"\\(.)", rb"\1", found[1]) if found else b""
    else:
        found = re.compile(rb"[^\s;(\"]*").match(text, at)
        word = found[0] if found else b""
    return word.strip().lower().rstrip(b".")


def _behind_space(text: bytes, at: int) -> int:
    """The position after white space and comments, nested ones too.  RFC 5322 §3.2.2."""
    depth = 0
    while at < len(text):
        octet = text[at : at + 1]
        if octet == b"\\" and depth:
            at += 1
        elif octet == b"(":
            depth += 1
        elif octet == b")" and depth:
            depth -= 1
        elif not depth and octet not in (b" ", b"\t", b"\r", b"\n"):
            return at
        at += 1
    return at
