"""A composed message → the queue, the Sent folder, the Drafts folder."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils import timezone

from mailcore import status
from mailcore.auth.identity import Identity
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.envelope import Body, Envelope, EnvelopeRecipient, Path, Source
from mailcore.errors import DeliveryError, GrammarError, PermanentFailure, TemporaryFailure
from mailcore.filters import global_filters
from mailcore.mailbox.store import MailStore
from mailcore.message import address_list, compose
from mailcore.message.address_list import Mailbox
from mailcore.message.compose import Outgoing
from mailcore.message.trace import Origin
from mailcore.policy import rates, suppression
from mailcore.queue import ids
from mailcore.queue.content import ContentWriter
from mailcore.submit.accept import accept

PATIENCE = 30.0
MOST_RECIPIENTS = 500
SOURCE_FIELD = "X-Courier-Draft-Of"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something in a recipients field that is no address."""

    text: str


def recipients(text: str) -> tuple[tuple[Mailbox, ...], tuple[Wrong, ...]]:
    """The addresses somebody typed, and what is none of them."""
    good: list[Mailbox] = []
    wrong: list[Wrong] = []
    for one in address_list.mailboxes(text.replace(";", ",").replace("\n", ",")[:100_000]):
        try:
            Path.of(one.address)
        except GrammarError:
            wrong.append(Wrong(one.address or one.name))
        else:
            good.append(one)
    return tuple(good), tuple(wrong)


def send(letter: Outgoing, identity: Identity, store: MailStore, sent: str) -> str:
    """Hand the message over and keep a copy; the queue id as text.

    Returns when the queue has it on disk.  Raises DeliveryError in words for the writer.
    """
    paths = list(dict.fromkeys(Path.of(one.address) for one in letter.recipients))
    _may_send(identity.address, paths)
    mint = _Mint.now()
    data = mint.build(replace(letter, extra=()), with_bcc=False)
    writer = ContentWriter(deployment().spool)
    writer.write(data)
    envelope = Envelope(
        reverse_path=Path.of(identity.address),
        recipients=tuple(EnvelopeRecipient(path) for path in paths),
        source=Source.WEB,
        body=Body.SEVENBIT,
        smtputf8=not all(path.is_ascii for path in paths),
        auth_identity=identity.address,
    )
    origin = Origin("HTTP", helo=snapshot().me, identity=identity.address)
    content, number = writer.finish(), ids.new_id()
    try:
        global_filters.check_local(envelope, content, snapshot(), number)
        accepted = accept(envelope, None, content, origin, number=number).result(timeout=PATIENCE)
    except DeliveryError:
        content.discard()
        raise
    copy = mint.build(replace(letter, extra=()), with_bcc=True) if letter.bcc else data
    store.folder(sent).append(copy, ["\\Seen"], int(time.time()))
    return ids.text(accepted.id)


def _may_send(account: str, paths: Sequence[Path]) -> None:
    """Raises DeliveryError: somebody is on the suppression list, or it is too much."""
    refusal = suppression.check(*paths)
    if refusal is not None:
        raise PermanentFailure(refusal.status or status.RELAY_DENIED, refusal.text)
    refusal = rates.judge(account, len(paths), snapshot())
    if refusal is not None:
        raise TemporaryFailure(refusal.status or status.OTHER_SYSTEM, refusal.text)


def save_draft(letter: Outgoing, store: MailStore, drafts: str, before: int) -> int:
    """Put the draft into its folder instead of the version with UID `before`; the new UID."""
    folder = store.folder(drafts)
    uid = folder.append(
        _Mint.now().build(letter, with_bcc=True), ["\\Draft", "\\Seen"], int(time.time())
    )
    if before:
        folder.expunge([before], for_good=True)
    return uid


@dataclass(frozen=True, slots=True)
class _Mint:
    """What makes a message unique: the sent one and the sender's copy share it."""

    moment: datetime
    message_id: str
    boundary: str

    @classmethod
    def now(cls) -> "_Mint":
        return cls(
            datetime.now(UTC).astimezone(timezone.get_current_timezone()),
            f"<{secrets.token_urlsafe(18)}@{snapshot().me}>",
            f"=_{secrets.token_hex(16)}",
        )

    def build(self, letter: Outgoing, *, with_bcc: bool) -> bytes:
        return compose.build(
            letter,
            moment=self.moment,
            message_id=self.message_id,
            boundary=self.boundary,
            with_bcc=with_bcc,
        )
