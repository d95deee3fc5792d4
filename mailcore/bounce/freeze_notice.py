"""Tells an account that sent far too much, and postmaster, that it sends nothing any more."""

import secrets
from datetime import UTC, datetime

from mailcore import log
from mailcore.bounce.addressee import postmaster
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import NULL_PATH, Body, Envelope, EnvelopeRecipient, Path, Source
from mailcore.errors import DeliveryError, GrammarError, PermanentFailure
from mailcore.message import compose
from mailcore.message.address_list import Mailbox
from mailcore.message.compose import Outgoing
from mailcore.message.trace import Origin
from mailcore.policy.models import Freeze
from mailcore.queue.content import Content
from mailcore.submit.accept import accept

_PATIENCE = 30.0  # seconds until the queue has it on disk
_TEXT = """\
This mail server has stopped taking mail from {account}:
it {reason}.

If that was not you, somebody else has your password: please change it.
Mail to you still arrives. Postmaster can let you send again.
"""

_log = log.get("policy")


def tell() -> int:
    """Send the notices that are due; how many.  One that can't be sent is tried again."""
    settings = snapshot()
    count = 0
    for row in Freeze.objects.filter(told=False):
        try:
            _send(row, settings)
        except (DeliveryError, TimeoutError) as problem:
            _log.warning("notice.unsent", account=row.account, error=str(problem))
            continue
        count += Freeze.objects.filter(pk=row.pk, told=False).update(told=True)
    return count


def _send(row: Freeze, settings: Snapshot) -> None:
    readers = [path for path in (_path(row.account), postmaster(settings)) if path is not None]
    data = compose.build(
        Outgoing(
            sender=Mailbox("Mail server", "postmaster", settings.me),
            to=tuple(Mailbox("", path.local, path.domain) for path in readers),
            subject=f"Sending from {row.account} has been stopped",
            text=_TEXT.format(account=row.account, reason=row.reason),
        ),
        moment=datetime.now(UTC),
        message_id=f"<freeze.{row.pk}.{secrets.token_hex(8)}@{settings.me}>",
        boundary=secrets.token_hex(16),
    )
    for path in readers:
        envelope = Envelope(
            reverse_path=NULL_PATH,
            recipients=(EnvelopeRecipient(path),),
            source=Source.DSN,
            body=Body.SEVENBIT,
        )
        try:
            accept(envelope, None, Content.of(data), Origin("notice")).result(timeout=_PATIENCE)
        except PermanentFailure as problem:  # no such reader: the other one must do
            _log.warning("notice.refused", recipient=str(path), error=problem.text)


def _path(address: str) -> Path | None:
    try:
        return Path.of(address)
    except GrammarError:
        return None
