"""Delivery status notifications: multipart/report.  RFC 3461, RFC 3462, RFC 3464.

The result is a whole message with CRLF line ends.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from mailcore.message import date
from mailcore.message.header import encode, fold

HEADER = """\
This is the mail system at [#ME#].

Your message of [#FROMTIME#]
received from [#FROMMTA#]"""
DELIVERED = "Delivered to these recipients:"
RELAYED = """\
Handed to servers that send no delivery reports; this is the last notice for
these recipients, unless delivery fails later:"""
EXPANDED = "Delivered to these lists, and sent on to their members:"
FAILED = "Could not be delivered to these recipients, and will not be tried again:"
DELAYED = """\
Not delivered yet to these recipients.  It is being tried again; there is no
need to send it once more:"""
SUBJECT = "NOTICE: mail delivery status."
SUBJECT_DELAYED = "WARNING: delayed mail."
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Reported:
    """One recipient.  `action` is RFC 3464 §2.3.3's; `orcpt` is `type;address` or empty.

    `peer` is empty when no server was reached; `retry_until` is for delays.
    """

    forward_path: str
    orcpt: str
    action: str
    status: str
    peer: str = ""
    command: str = ""
    reply: str = ""
    retry_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What people read in a DSN.  Courier's dsnheader.txt and its kin.

    `header`, in which `[#ME#]`, `[#FROMTIME#]` and `[#FROMMTA#]` are filled in (a line that
    tells of the last is left out when it is not known), a text before each kind of recipient,
    and `footer`.
    """

    subject: str = SUBJECT
    subject_delayed: str = SUBJECT_DELAYED
    header: str = HEADER
    delivered: str = DELIVERED
    relayed: str = RELAYED
    expanded: str = EXPANDED
    failed: str = FAILED
    delayed: str = DELAYED
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one DSN says.  `returned` is the message, or its header when not `full`."""

    number: str
    me: str
    sent: datetime
    from_: str
    to: str
    arrived: datetime
    received_from: str
    envid: str
    recipients: tuple[Reported, ...]
    returned: bytes
    full: bool
    message_id: str = ""
    wording: Wording = Wording()

    @property
    def is_warning(self) -> bool:
        return all(each.action == "delayed" for each in self.recipients)


def build(report: Report) -> bytes:
    """The DSN as a message."""
    boundary = f"=_courier_{report.number}"
    while boundary.encode() in report.returned:
        boundary += "_"
    returned = report.returned
    if returned and not returned.endswith(b"\n"):
        returned += b"\r\n"
    parts = [
        ("text/plain; charset=utf-8", _notice(report)),
        (_status_type(report), _status(report)),
        (_returned_type(report), returned),
    ]
    out = [_header(report, boundary)]
    for kind, body in parts:
        encoding = "7bit" if body.isascii() else "8bit"
        out.append(
            f"--{boundary}\r\nContent-Type: {kind}\r\n"
            f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        )
        out += [body, b"\r\n"]
    out.append(f"--{boundary}--\r\n".encode())
    return b"".join(out)


def _header(report: Report, boundary: str) -> bytes:
    wording = report.wording
    subject = wording.subject_delayed if report.is_warning else wording.subject
    lines = [
        f"From: {_line(report.from_)}",
        f"To: <{_line(report.to)}>",
        *fold(b"Subject", encode(_line(subject))).decode().splitlines(),
        f"Date: {date.format(report.sent).decode()}",
        f"Message-ID: <courier.dsn.{report.number}@{report.me}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        f'    boundary="{boundary}"',
    ]
    if report.message_id:
        lines.insert(5, f"In-Reply-To: {_line(report.message_id)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _notice(report: Report) -> bytes:
    """Part 1: for people."""
    wording = report.wording
    lines = _opening(report)
    for action, title in (
        ("delivered", wording.delivered),
        ("relayed", wording.relayed),
        ("expanded", wording.expanded),
        ("failed", wording.failed),
        ("delayed", wording.delayed),
    ):
        some = [each for each in report.recipients if each.action == action]
        if some:
            lines += ["", *_lines(title), ""]
        for each in some:
            lines += _explain(each)
    lines += _lines(wording.footer) if wording.footer else []
    return ("\r\n".join(lines) + "\r\n").encode()


def _opening(report: Report) -> list[str]:
    received_from = _line(report.received_from)
    filled = {
        "[#ME#]": report.me,
        "[#FROMTIME#]": date.format(report.arrived).decode(),
        "[#FROMMTA#]": received_from,
    }
    lines = _lines(report.wording.header)
    if not received_from:
        lines = [line for line in lines if "[#FROMMTA#]" not in line]
    for name, value in filled.items():
        lines = [line.replace(name, value) for line in lines]
    return lines


def _lines(text: str) -> list[str]:
    return [_line(line) for line in text.splitlines()]


def _explain(each: Reported) -> list[str]:
    name = each.orcpt.partition(";")[2] or each.forward_path
    lines = [f"<{_line(name)}>:"]
    if each.orcpt and name.lower() != each.forward_path.lower():
        lines.append(f"    (sent on to <{_line(each.forward_path)}>)")
    if each.peer:
        lines.append(f"    {_line(each.peer)}:")
    if each.command:
        lines.append(f" >>> {_line(each.command)}")
    mark = "<<<" if each.peer else "***"
    lines += [f" {mark} {_line(line)}" for line in each.reply.splitlines()]
    return [*lines, ""]


def _status_type(report: Report) -> str:
    ascii_only = all(
        (each.forward_path + each.orcpt + each.reply).isascii() for each in report.recipients
    )
    return "message/delivery-status" if ascii_only else "message/global-delivery-status"


def _returned_type(report: Report) -> str:
    """RFC 6533 §3: a header in UTF-8 needs the `global` types."""
    header = report.returned.partition(b"\r\n\r\n")[0]
    if report.full:
        return "message/rfc822" if header.isascii() else "message/global"
    return "text/rfc822-headers" if header.isascii() else "message/global-headers"


def _status(report: Report) -> bytes:
    """Part 2: for programs."""
    lines = [f"Reporting-MTA: dns; {report.me}"]
    if report.envid:
        lines.append(f"Original-Envelope-Id: {_line(report.envid)}")
    lines.append(f"Arrival-Date: {date.format(report.arrived).decode()}")
    if report.received_from:
        lines.append(f"Received-From-MTA: dns; {_line(report.received_from)}")
    for each in report.recipients:
        lines.append("")
        if each.orcpt:
            lines.append(f"Original-Recipient: {_line(each.orcpt)}")
        kind = "rfc822" if each.forward_path.isascii() else "utf-8"
        lines.append(f"Final-Recipient: {kind}; {_line(each.forward_path)}")
        lines.append(f"Action: {each.action}")
        lines.append(f"Status: {each.status}")
        if each.peer:
            lines.append(f"Remote-MTA: dns; {_line(each.peer).split(' ')[0]}")
        lines += _diagnostic(each)
        if each.retry_until is not None and each.action == "delayed":
            lines.append(f"Will-Retry-Until: {date.format(each.retry_until).decode()}")
    return ("\r\n".join(lines) + "\r\n").encode()


def _diagnostic(each: Reported) -> list[str]:
    if not each.reply:
        return []
    first, *rest = [_line(line) for line in each.reply.splitlines()] or [""]
    name = "Diagnostic-Code: smtp;" if each.peer else "X-Network-Error:"
    return [f"{name} {first}", *(f"    {line}" for line in rest)]


def _line(text: str) -> str:
    """Text of others on one line of ours."""
    return _CONTROL.sub(" ", text)[:900]
