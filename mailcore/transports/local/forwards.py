"""Send a message on: into the queue again, with all that its sender asked for.  Courier."""

from mailcore import status
from mailcore.conf.current import snapshot
from mailcore.envelope import Body, Envelope, EnvelopeRecipient, Notify, Path, Ret, Source
from mailcore.errors import DeliveryError, GrammarError, PermanentFailure
from mailcore.message import trace
from mailcore.queue import spool
from mailcore.queue.content import Content, ContentWriter
from mailcore.submit.accept import Origin, accept
from mailcore.transports import contents
from mailcore.transports.local import arrivals
from mailcore.transports.local.errand import Errand

WAIT = 60.0
_CHUNK = 256 * 1024


def forward(errand: Errand, addresses: tuple[Path, ...]) -> None:
    """Queue the message for these addresses; it is durable when this returns.

    Raises DeliveryError: PermanentFailure when it is refused, as to a user who is not there;
    OSError when the message can't be read or written.
    """
    message = errand.message
    settings = snapshot()
    authserv_id = settings.mailauth.authserv_id or settings.me
    prefix, results = trace.without_results(message.prefix, authserv_id)
    top = trace.delivered_to(arrivals.forward_path(errand.recipient)) + prefix
    _check_hops(top + contents.header(message, errand.row)[len(message.prefix) :])
    content = _content(errand)
    envelope = Envelope(
        reverse_path=_reverse_path(errand.sender),
        recipients=tuple(_recipient(errand, address) for address in addresses),
        source=Source(message.source),
        body=Body.EIGHTBIT if message.eight_bit else Body.SEVENBIT,
        smtputf8=message.smtputf8,
        ret=Ret(message.ret),
        envid=message.envid,
        auth_identity=message.auth_identity,
        listener=message.listener,
        minimum_security=message.minimum_security,
    )
    origin = Origin("local", helo=errand.account.domain, fields=top, results=results, onward=True)
    try:
        accepted = accept(envelope, None, content, origin).result(WAIT)
    except DeliveryError:
        content.discard()
        raise
    whom = ", ".join(map(str, addresses[:3])) + (" …" if len(addresses) > 3 else "")
    errand.forwarded.append(f"{whom} as {accepted.text}")


def _recipient(errand: Errand, address: Path) -> EnvelopeRecipient:
    """What the sender wants to hear of this recipient holds for who gets it instead."""
    was = errand.recipient
    notify = frozenset(Notify(word) for word in was.notify.split(",") if word)
    return EnvelopeRecipient(address, notify, was.orcpt or f"rfc822;{was.forward_path}")


def _check_hops(block: bytes) -> None:
    """Our own fields are on top of the content, where `accept` doesn't count them."""
    if trace.count_received(block.lower()) > trace.MOST_RECEIVED:
        raise PermanentFailure(status.ROUTING_LOOP, "Routing loop: too many Received headers.")


def _content(errand: Errand) -> Content:
    """A copy of what follows the message's prefix."""
    writer = ContentWriter(spool.path(""), snapshot().queue.inline_limit)
    with contents.open_rest(errand.message, errand.row) as stream:
        while chunk := stream.read(_CHUNK):
            writer.write(chunk)
    return writer.finish()


def _reverse_path(text: str) -> Path:
    """A reverse-path as it was accepted; null, and address literals, among them."""
    try:
        return Path.of(text)
    except GrammarError:
        local, _, domain = text.rpartition("@")
        return Path(local, domain)
