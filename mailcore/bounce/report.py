"""What is owed to senders: failed, late and delivered recipients → DSNs.  Courier courierdsn.

A DSN and the end of the rows it tells of are one transaction (queue.store), so it is neither
lost nor sent twice.
"""

import time
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import BinaryIO

from mailcore import log, status
from mailcore.bounce.addressee import DOUBLE_BOUNCE, Addressee, addressee, is_backscatter
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Body, Envelope, EnvelopeRecipient, Notify, Ret, Source
from mailcore.errors import PermanentFailure, TemporaryFailure
from mailcore.message import dsn, header
from mailcore.message.dsn import Report, Reported, Wording
from mailcore.queue import ids, leases, reports, spool, store
from mailcore.queue.claimed import ClaimedMessage
from mailcore.queue.content import Content, ContentWriter
from mailcore.queue.entry import Settlement, TraceEvent
from mailcore.queue.reports import Told
from mailcore.submit.accept import Accepted, Origin, accept

MOST_RETURNED = 10 * 1024 * 1024  # octets of the message returned in a double bounce
MOST_HEADER = 256 * 1024
WAIT = 60.0

_log = log.get("bounce")


def send_due() -> int:
    """Queue every DSN that is owed and may be sent now; say how many messages were dealt with."""
    settled = 0
    waiting: list[Future[Accepted]] = []
    for number in reports.owed(time.time()):
        try:
            future = send(number)
        except TemporaryFailure as problem:
            _log.warning("report.deferred", id=ids.text(number), error=problem.text)
            continue
        settled += 1
        if future is not None:
            waiting.append(future)
    for future in waiting:
        try:
            future.result(WAIT)
        except TemporaryFailure as problem:
            _log.warning("report.deferred", error=problem.text)
    return settled


def send(number: int) -> "Future[Accepted] | None":
    """Send the DSN that message `number` owes; None when there was nobody to tell."""
    found = reports.load(number)
    if found is None:
        return None
    message, told = found
    settings = snapshot()
    told = [each for each in told if _is_wanted(each, message, settings)]
    target = addressee(message, settings, any(each.action == "failed" for each in told))
    if target is not None and is_backscatter(message, target, settings):
        target = None
    while told and target is not None:
        try:
            return _submit(message, told, target, settings)
        except PermanentFailure as refused:
            _log.info("report.refused", id=ids.text(number), to=target.to, error=refused.text)
            target = target.instead
    store.settle(_settlement(message, found[1], "no report: nobody to send it to"))
    return None


def _is_wanted(each: Told, message: ClaimedMessage, settings: Snapshot) -> bool:
    """NOTIFY decides; delays are told of once, and only after the warning time."""
    if each.state == "report":
        return True
    late = bool(message.warn_at) and time.time() >= message.warn_at
    by_default = not each.notify and settings.queue.dsn_default_delay
    return late and (Notify.DELAY in each.notify or by_default)


def _settlement(message: ClaimedMessage, told: list[Told], text: str) -> Settlement:
    event = TraceEvent(message.id, time.time(), "reported", text=text)
    return Settlement(
        message_id=message.id,
        reported=tuple(each.id for each in told if each.state == "report"),
        warned=any(each.action == "delayed" for each in told),
        events=(event,),
    )


def _submit(
    message: ClaimedMessage, told: list[Told], target: Addressee, settings: Snapshot
) -> "Future[Accepted]":
    report = _report(message, told, target, settings)
    content = _content(dsn.build(report), settings)
    envelope = Envelope(
        reverse_path=target.reverse_path,
        recipients=(EnvelopeRecipient(target.path, frozenset()),),
        source=Source.DSN,
        body=Body.SEVENBIT if content.is_ascii else Body.EIGHTBIT,
        smtputf8=not report.to.isascii() or message.smtputf8,
        ret=Ret.HDRS,
        listener=message.listener,
        minimum_security=message.minimum_security,
        priority=message.priority,  # RFC 6710 §4.4: a report is as urgent as its message
    )
    settlement = _settlement(message, told, f"report {report.number} to {target.to}")
    try:
        return accept(envelope, None, content, Origin("dsn"), settles=settlement)
    except PermanentFailure:
        content.discard()
        raise


def _report(
    message: ClaimedMessage, told: list[Told], target: Addressee, settings: Snapshot
) -> Report:
    full = _returns_all(message, told, settings)
    returned = _returned(message, full)
    message_id = header.first(header.fields(header.split(returned)[0]), b"message-id") or b""
    me = settings.me
    return Report(
        number=ids.text(ids.new_id()),
        me=me,
        sent=datetime.now(UTC),
        from_=settings.queue.dsn_from or f'"Courier mail server at {me}" <postmaster@{me}>',
        to=target.to,
        arrived=datetime.fromtimestamp(message.created_at, UTC),
        received_from=message.received_from,
        envid=message.envid,
        recipients=tuple(_reported(each, message) for each in told),
        returned=returned,
        full=full,
        message_id=message_id.decode("ascii", "replace")[:500],
        wording=_wording(settings),
    )


def _wording(settings: Snapshot) -> Wording:
    words = settings.reports
    return Wording(
        subject=words.subject,
        subject_delayed=words.subject_delayed,
        header=words.header,
        delivered=words.delivered,
        relayed=words.relayed,
        expanded=words.expanded,
        failed=words.failed,
        delayed=words.delayed,
        footer=words.footer,
    )


def _reported(each: Told, message: ClaimedMessage) -> Reported:
    return Reported(
        forward_path=each.forward_path,
        orcpt=each.orcpt,
        action=each.action,
        status=each.status,
        peer=each.peer,
        command=each.command,
        reply=each.reply,
        retry_until=datetime.fromtimestamp(message.expires_at, UTC),
    )


def _returns_all(message: ClaimedMessage, told: list[Told], settings: Snapshot) -> bool:
    """Whether the body goes back too.  Courier dsnlimit; RFC 3461 §4.3."""
    if not message.reverse_path or message.reverse_path == DOUBLE_BOUNCE:
        return message.size <= MOST_RETURNED
    return (
        any(each.action == "failed" for each in told)
        and message.ret != Ret.HDRS
        and message.size < settings.queue.dsn_limit
    )


def _returned(message: ClaimedMessage, full: bool) -> bytes:
    """The message, or its header."""
    limit = MOST_RETURNED if full else MOST_HEADER
    if message.file:
        try:
            stream: BinaryIO = spool.path(message.file).open("rb")
        except OSError:
            return message.prefix
        with stream:
            stream.seek(message.skip)
            rest = stream.read(limit)
    else:
        rest = leases.contents([message.id]).get(message.id, b"")[message.skip :][:limit]
    whole = message.prefix + rest
    return whole if full else header.split(whole)[0]


def _content(data: bytes, settings: Snapshot) -> Content:
    writer = ContentWriter(spool.path(""), settings.queue.inline_limit)
    try:
        writer.write(data)
        return writer.finish()
    except OSError:
        raise TemporaryFailure(status.SYSTEM_FULL, "No room for a report.") from None
