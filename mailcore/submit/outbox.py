"""What a mail program puts into its outbox → the queue, a submission like any other.

Whose mail, how much and how large is judged as on the submission port.  All or none: one
recipient who is refused refuses the message, for a folder can't tell otherwise.  Courier OUTBOX.
"""

from collections.abc import Sequence
from contextlib import closing

from mailcore import log, status
from mailcore.auth.identity import Identity
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Body, Envelope, EnvelopeRecipient, Path, Source
from mailcore.errors import DeliveryError, GrammarError, PermanentFailure, TemporaryFailure
from mailcore.filters import links
from mailcore.message import header
from mailcore.message.limits import DEFAULT as LIMITS
from mailcore.message.recode import to_seven_bit
from mailcore.message.trace import Origin
from mailcore.message.widen import to_eight_bit
from mailcore.message.wrap import wrapped
from mailcore.policy import authors, backscatter, chain, content, limits, sender, suppression
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Standing, Verdict
from mailcore.policy.milter import Milters
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp.client import normal_lines
from mailcore.queue import ids, room, spool
from mailcore.queue.content import Content, ContentWriter
from mailcore.routing import router
from mailcore.routing.router import Resolution
from mailcore.submit import addressees, redirection
from mailcore.submit.accept import accept

_RECODINGS = {"7bit": to_seven_bit, "8bit": to_eight_bit}
_log = log.get("submit")


def send(data: bytes, identity: Identity, *, peer: str, tls: str, session: str) -> None:
    """Queue the message `data` of a user for those whom its header names.  Blocks.

    `peer` is the client's address, `tls` describes its connection.  When it returns the message
    is durable.  Raises DeliveryError with words for the user; then nothing was kept.
    """
    settings = snapshot().for_mail("", identity.address)
    data = normal_lines(data)
    block, body = header.split(data)
    if not block.endswith(b"\n"):
        block += b"\r\n"
    paths = _recipients(block, settings)
    message = _as_sent(block, data[body:], identity, settings)
    resolutions = _routes(paths, settings)
    told = Peer(address=peer, helo=_literal(peer), tls=tls, identity=identity.address, trusted=True)
    envelope = Envelope(
        reverse_path=Path.of(identity.address),
        recipients=tuple(EnvelopeRecipient(path) for path in paths),
        source=Source.AUTHSMTP,
        body=Body.SEVENBIT if message.isascii() else Body.EIGHTBIT,
        smtputf8=not block.isascii() or not all(str(path).isascii() for path in paths),
        auth_identity=identity.address,
    )
    writer = ContentWriter(spool.path(""), settings.queue.inline_limit)
    writer.write(message)
    chosen = written = writer.finish()
    number = ids.new_id()
    try:
        verdict = _judged(envelope, written, told, settings, session, number)
        if verdict.discard:
            written.discard()
            _log.info("message.discarded", session=session, peer=peer)
            return
        envelope, resolutions = _directed(envelope, resolutions, verdict)
        origin = Origin(
            protocol="IMAP",
            helo=told.helo,
            peer_ip=peer,
            tls=tls,
            session=session,
            identity=identity.address,
            add_missing_headers=True,
            fields=verdict.fields,
            results=verdict.results,
            renamed=verdict.renamed,
            removed=verdict.removed,
            hold=verdict.hold,
        )
        chosen = verdict.content or written
        if envelope.recipients:
            accept(envelope, resolutions, chosen, origin, number=number).result()
        if chosen is not written or not envelope.recipients:
            written.discard()
    except BaseException:
        written.discard()
        chosen.discard()
        raise
    _log.info(
        "message.queued",
        id=ids.text(number),
        session=session,
        peer=peer,
        reverse_path=str(envelope.reverse_path),
        recipients=len(envelope.recipients),
        size=len(message),
    )


def _recipients(block: bytes, settings: Snapshot) -> list[Path]:
    """Everybody the header names, once.  A header that is only partly read names nobody."""
    lines = block.count(b"\n")
    if len(block) > LIMITS.header_bytes or lines > LIMITS.header_lines:
        raise PermanentFailure(status.OTHER_CONTENT, "The header is too long to send.")
    found: dict[str, Path] = {}
    boxes = addressees.named(block)
    for box in boxes:
        written = box.address if box.domain else f"{box.address}@{settings.default_domain}"
        try:
            path = Path.of(written)
        except GrammarError:
            what = box.address or box.name
            text = f"{what[:100]!r} is no mail address."
            raise PermanentFailure(status.BAD_ADDRESS_SYNTAX, text) from None
        found.setdefault(path.key, path)
    if not found:
        text = "The message names no recipients in To, Cc or Bcc."
        raise PermanentFailure(status.BAD_ADDRESS_SYNTAX, text)
    most = min(settings.esmtp.max_recipients, LIMITS.addresses - 1)
    _refuse(limits.check_count(len(boxes), most, hard=True))
    return list(found.values())


def _as_sent(block: bytes, body: bytes, identity: Identity, settings: Snapshot) -> bytes:
    """The message as others get it.  Raises PermanentFailure: it is not fit to be sent."""
    esmtp, hygiene = settings.esmtp, settings.hygiene
    block = addressees.without_bcc(block)
    if settings.imap.outbox_field:
        name = settings.imap.outbox_field.encode("ascii", "ignore")
        block = addressees.without(block, name.lower())
        block += header.fold(name, header.encode(identity.address))
    message = block + b"\r\n" + body
    if esmtp.size_limit and len(message) > esmtp.size_limit:
        raise PermanentFailure(status.MESSAGE_TOO_BIG, "The message is too big to send.")
    if any(len(line) > esmtp.max_line for line in message.split(b"\r\n")):
        raise PermanentFailure(status.OTHER_CONTENT, "A line of the message is too long to send.")
    if hygiene.check_from:
        _check_authors(block, identity)
    _refuse(
        content.judge(
            message,
            max_octets=esmtp.header_limit,
            max_fields=esmtp.max_header_fields,
            refuse_broken_mime=hygiene.broken_mime == "reject",
        )
    )
    if hygiene.refuse_unlabelled_eight_bit and not message.isascii():
        _refuse(content.judge_label(block))
    if hygiene.refuse_base64_text:
        _refuse(content.judge_base64(message))
    if hygiene.recode != "nothing":
        message = _RECODINGS[hygiene.recode](message)
    if hygiene.broken_mime == "wrap":
        why = content.judge_structure(message, header.split(message)[0])
        if why is not None:
            message = wrapped(message, why=why.text.split("\n")[0])
    return message


def _check_authors(block: bytes, identity: Identity) -> None:
    """Every address that the header says it is from has to be the user's own."""
    found = authors.named(block)
    if found is None:
        _refuse(authors.UNCLEAR)
        return
    for path in found:
        if not sender.is_plainly(path, identity.address) and not identity.may_send_as(path):
            _refuse(sender.not_yours(path))


def _routes(paths: Sequence[Path], settings: Snapshot) -> list[Resolution]:
    """Where each recipient's mail goes.  Raises DeliveryError: one of them can't be written to."""
    if room.is_short(spool.path(""), settings.queue.free_space):
        _refuse(limits.SYSTEM_FULL)
    if backscatter.memory.is_stale:
        backscatter.memory.load()
    resolutions = [router.resolve(path) for path in paths]
    for resolution in resolutions:
        if resolution.refusal is not None:
            raise _failure(
                Reply(resolution.refusal.code, resolution.refusal.status, resolution.refusal.text)
            )
        if Source.AUTHSMTP in settings.policy.suppress_backscatter:
            ends = [end.path for end in resolution.destinations]
            _refuse(backscatter.judge_recipients(ends))
    _refuse(suppression.check(*paths))
    return resolutions


def _judged(
    envelope: Envelope,
    written: Content,
    peer: Peer,
    settings: Snapshot,
    session: str,
    number: int,
) -> Verdict:
    """What the checks of submissions say.  Raises DeliveryError when any is against it."""
    with closing(Milters(settings)) as milters:
        if settings.filters.milters:
            _refuse(milters.begin(peer, envelope.reverse_path, session))
            for recipient in envelope.recipients:
                _refuse(milters.recipient(recipient.path))
        asked = links.wanted(settings, peer, Standing.WHITELISTED)
        if not asked:
            return NO_OBJECTION
        verdict = chain.run(
            asked,
            Received(
                peer=peer,
                reverse_path=envelope.reverse_path,
                recipients=tuple(each.path for each in envelope.recipients),
                content=written,
                settings=settings,
                session=session,
                number=number,
                envelope=envelope,
                milters=milters if settings.filters.milters else None,
            ),
        )
    _refuse(verdict.refusal)
    for refusal in verdict.refused.values():
        _refuse(refusal)
    return verdict


def _directed(
    envelope: Envelope, resolutions: list[Resolution], verdict: Verdict
) -> tuple[Envelope, list[Resolution]]:
    """Who gets it in the end, and from whom."""
    if verdict.dropped:
        envelope, resolutions = redirection.without(envelope, resolutions, verdict.dropped)
    if verdict.redirects:
        envelope, resolutions = redirection.redirected(envelope, resolutions, verdict)
    return envelope, resolutions


def _literal(address: str) -> str:
    """How a client calls itself that has no name to tell.  RFC 5321 §4.1.3."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _refuse(refusal: Reply | None) -> None:
    if refusal is not None:
        raise _failure(refusal)


def _failure(refusal: Reply) -> DeliveryError:
    kind = TemporaryFailure if refusal.is_temporary else PermanentFailure
    return kind(refusal.status or status.OTHER_SECURITY, refusal.text)
