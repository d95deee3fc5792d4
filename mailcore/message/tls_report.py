"""The mail that carries a TLS report: multipart/report; report-type=tlsrpt.  RFC 8460 §5.3."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mailcore.message import date, mime
from mailcore.message.recode import base64_lines

TYPES = ("application/tlsrpt+gzip", "application/tlsrpt+json")
MOST_FOUND = 5


@dataclass(frozen=True, slots=True)
class Letter:
    """`data` is the gzipped report; names and addresses are ours or plain ASCII."""

    from_: str
    to: str
    domain: str
    submitter: str
    report_id: str
    sent: datetime
    file: str
    data: bytes


def build(letter: Letter) -> bytes:
    """The message with CRLF line ends.  Raises ValueError for what can't be in a header."""
    values = (letter.from_, letter.to, letter.domain, letter.submitter, letter.report_id)
    if not all(value.isascii() and value.isprintable() for value in (*values, letter.file)):
        raise ValueError("not a value for a header")
    boundary = "=_tlsrpt"
    lines = [
        f"From: <{letter.from_}>",
        f"To: <{letter.to}>",
        f"Date: {date.format(letter.sent).decode()}",
        f"Subject: Report Domain: {letter.domain} Submitter: {letter.submitter}"
        f" Report-ID: <{letter.report_id}>",
        f"Message-ID: <{letter.report_id}>",
        f"TLS-Report-Domain: {letter.domain}",
        f"TLS-Report-Submitter: {letter.submitter}",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type="tlsrpt"; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is a report about encrypted connections from {letter.submitter}",
        f"to the mail servers of {letter.domain}.",
        "",
        f"--{boundary}",
        "Content-Type: application/tlsrpt+gzip",
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{letter.file}"',
        "",
        base64_lines(letter.data).decode(),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode()


def found(message: bytes) -> Iterator[bytes]:
    """The reports in a message, as they were sent; a few at most."""
    parts = [part for part in mime.walk(mime.scan(message)) if _is_report(part)]
    for part in parts[:MOST_FOUND]:
        yield mime.decoded(message, part)


def _is_report(part: mime.Part) -> bool:
    return f"{part.type}/{part.subtype}" in TYPES
