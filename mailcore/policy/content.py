"""What a message may not look like.  Courier's header limits and fatal MIME errors.

Pure: judges octets, knows neither disk nor queue.
"""

import re

from mailcore import status
from mailcore.message import mime, validate
from mailcore.message.header import split
from mailcore.message.validate import Finding, Kind
from mailcore.protocol.reply import Reply

_HAS_MIME = re.compile(rb"^content-(?:type|transfer-encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_MIME_FIELD = re.compile(
    rb"^(content-(?:type|transfer-encoding)|mime-version)[ \t]*:([^;\r\n]*)(;|\r?\n[ \t])?",
    re.IGNORECASE | re.MULTILINE,
)
_ENCODINGS = frozenset({b"7bit", b"8bit", b"base64", b"quoted-printable"})
_BROKEN = status.Status(5, 6, 0)


def judge_header(header: bytes, *, max_octets: int, max_fields: int) -> Reply | None:
    """Why a header can't be accepted, or None.  Courier BOFHHEADERLIMIT; 0 is no limit.

    Raw 8-bit octets are the submitter's to judge, for every way in.
    """
    found = validate.in_header(
        header,
        smtputf8=True,
        max_octets=max_octets or len(header),
        max_fields=max_fields or len(header),
    )
    for finding in found:
        if finding.kind in (Kind.LARGE_HEADER, Kind.MANY_FIELDS):
            return Reply(534, status.OTHER_CONTENT, finding.text)
    return None


def judge_structure(message: bytes, header: bytes) -> Reply | None:
    """Why the MIME structure can't be accepted, or None.  Courier BOFHBADMIME.

    `message` may be only the beginning of one.  A missing last delimiter is no reason:
    it loses nothing.
    """
    if _is_plainly_sound(header):
        return None
    fatal = [finding for finding in validate.in_structure(mime.scan(message)) if _is_fatal(finding)]
    if not fatal:
        return None
    return Reply(550, _BROKEN, f"{fatal[0].text}\nThe sending program is at fault.")


def _is_plainly_sound(header: bytes) -> bool:
    """Whether this is a single part with known fields, or has none: told without a scan."""
    seen: set[bytes] = set()
    for name, written, more in _MIME_FIELD.findall(header.lower()):
        if name in seen:
            return False
        seen.add(name)
        value = written.strip()
        if name == b"content-type":
            if b"/" not in value or value.startswith((b"multipart/", b"message/")):
                return False
        elif name == b"content-transfer-encoding" and (more or value not in _ENCODINGS):
            return False
    return True


def _is_fatal(finding: Finding) -> bool:
    return "not closed" not in finding.text


def judge_label(header: bytes) -> Reply | None:
    """Refuse 8-bit content whose header doesn't say what it is in.  The classic's, once."""
    if _HAS_MIME.search(header):
        return None
    text = "The message has 8-bit characters and no MIME headers.\nThe sending program is at fault."
    return Reply(550, _BROKEN, text)


def judge_base64(message: bytes) -> Reply | None:
    """Refuse plain text and HTML in base64.  Courier BOFHNOBASE64TEXT."""
    for part in mime.walk(mime.scan(message)):
        if part.encoding == "base64" and part.content_type in ("text/plain", "text/html"):
            return Reply(550, status.OTHER_CONTENT, "Text in base64 is not accepted here.")
    return None


def judge(
    head: bytes, *, max_octets: int, max_fields: int, refuse_broken_mime: bool
) -> Reply | None:
    """Why a message that begins with `head` can't be accepted, or None."""
    header, _ = split(head)
    refusal = judge_header(header, max_octets=max_octets, max_fields=max_fields)
    if refusal is None and refuse_broken_mime:
        refusal = judge_structure(head, header)
    return refusal
