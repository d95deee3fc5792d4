"""From received bytes to the message we queue: checks, trace field, missing fields.

Nothing is copied that need not change: the result is a `prefix` and the offset in the content
from which the rest is delivered as it came.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mailcore import status
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Envelope
from mailcore.errors import PermanentFailure
from mailcore.mailauth import arc_seal, results, signing
from mailcore.message import date, rewrite, trace
from mailcore.message.trace import Origin
from mailcore.queue import ids
from mailcore.queue.content import Content


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is delivered is `prefix + content[skip:]`."""

    prefix: bytes
    skip: int
    eight_bit: bool
    tls_optional: bool = False


def prepare(
    number: int, envelope: Envelope, content: Content, origin: Origin, settings: Snapshot
) -> Prepared:
    """Check the header, and add what a server adds, our signatures among it.

    Raises PermanentFailure: 5.4.6 for more than 100 Received fields, 5.6.7 for raw 8-bit
    characters in a header when SMTPUTF8 was not negotiated.
    """
    header = _header(content.head)
    lower = header.lower()
    if trace.count_received(lower) > trace.MOST_RECEIVED:
        raise PermanentFailure(status.ROUTING_LOOP, "Routing loop: too many Received headers.")
    if not header.isascii() and not envelope.smtputf8 and not settings.queue.allow_raw_headers:
        raise PermanentFailure(
            status.NON_ASCII_ADDRESS,
            "The headers contain raw 8-bit characters, and SMTPUTF8 was not requested.\n"
            "RFC 5322 and RFC 2047 want them encoded; the sending program is at fault.\n"
            "(Courier BOFHBADMIME)",
        )
    changed = (
        header if rewrite.missing(lower, b"return-path") else rewrite.rename_return_path(header)
    )
    now = _date(int(time.time()))
    authserv_id = settings.mailauth.authserv_id or settings.me
    if b"authentication-results" in lower:
        changed = results.without_claims(changed, (authserv_id, settings.me))
    prefix = trace.received(origin, settings.me, ids.text(number), now, envelope.priority)
    if origin.results:
        prefix += trace.authentication_results(authserv_id, origin.results)
    prefix += origin.fields
    if origin.renamed or origin.removed:
        changed = rewrite.retire(changed, origin.renamed, origin.removed)
    if origin.add_missing_headers:
        changed = _completed(changed, lower, settings)
        prefix += _missing(lower, number, now, settings)
    if _may_label(origin, settings):
        prefix += rewrite.mime_fields(lower, content.head, ascii_only=content.is_ascii)
    if signing.applies(envelope.source, settings):
        prefix = signing.signatures(prefix + changed, content) + prefix
    eight_bit, optional = not content.is_ascii, rewrite.says_tls_is_optional(header, lower)
    if changed is header:
        return Prepared(prefix, 0, eight_bit, optional)
    return Prepared(prefix + changed, len(header), eight_bit, optional)


def sealed(prepared: Prepared, content: Content, origin: Origin, settings: Snapshot) -> Prepared:
    """The same with one more set in its ARC chain, for a message that we forward.  RFC 8617."""
    block = prepared.prefix if prepared.skip else prepared.prefix + _header(content.head)
    fields = arc_seal.seal(block, content, origin.results, settings)
    return replace(prepared, prefix=fields + prepared.prefix)


def _header(head: bytes) -> bytes:
    """The header block with the line end of its last field, a slice of what is at hand."""
    end = head.find(b"\r\n\r\n")
    if head.startswith(b"\r\n"):
        return b""
    return head[: end + 2] if end >= 0 else head


def _may_label(origin: Origin, settings: Snapshot) -> bool:
    """Whether this message gets the MIME headers it lacks.  Courier MIME."""
    whose = settings.hygiene.mime_headers
    return whose == "everybody" or (whose == "submissions" and origin.add_missing_headers)


def _completed(block: bytes, lower: bytes, settings: Snapshot) -> bytes:
    """A user's header with whole addresses, if it may be rewritten.  Courier NOADDRREWRITE."""
    when = settings.hygiene.rewrite_addresses
    if when == "always" or (when == "unsigned" and rewrite.missing(lower, b"dkim-signature")):
        return rewrite.qualify(block, settings.default_domain)
    return block


def _missing(lower: bytes, number: int, now: bytes, settings: Snapshot) -> bytes:
    """Fields a submitted message must have and this one lacks.  Courier submit."""
    added = b""
    if settings.hygiene.add_date and rewrite.missing(lower, b"date"):
        added += b"Date: " + now + b"\r\n"
    if settings.hygiene.add_message_id and rewrite.missing(lower, b"message-id"):
        name = f"courier.{ids.text(number)}@{settings.me}"
        added += b"Message-ID: <" + name.encode("ascii", "replace") + b">\r\n"
    if settings.queue.add_undisclosed and all(
        rewrite.missing(lower, name) for name in (b"to", b"cc", b"bcc")
    ):
        added += b"To: undisclosed-recipients: ;\r\n"
    return added


_written: tuple[int, bytes] = (0, b"")


def _date(second: int) -> bytes:
    """The Date form of a second; remembered, for thousands of messages share one."""
    global _written
    known, text = _written
    if known != second:
        text = date.format(datetime.fromtimestamp(second, UTC))
        _written = (second, text)
    return text
