"""The envelope of a session's transactions: MAIL and RCPT.  RFC 5321, RFC 6409.

Parsing is `protocol.smtp`'s, deciding `policy`'s and `admission`'s.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.envelope import EnvelopeRecipient, Path, Source
from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.filters import recipient
from mailcore.filters.recipient import Question
from mailcore.policy import limits, relay
from mailcore.policy.contract import Standing
from mailcore.policy.milter import BROKEN, Milters
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import commands, parameters
from mailcore.protocol.smtp.commands import BadAddress
from mailcore.protocol.smtp.extensions import Offer, offered
from mailcore.protocol.smtp.parameters import MailOptions, RcptOptions, UnknownParameter
from mailcore.queue import room
from mailcore.routing.router import Resolution
from mailcore.server import logins, threads
from mailcore.server.limits import is_loopback
from mailcore.smtpd import admission, replies
from mailcore.smtpd.contents import Contents
from mailcore.smtpd.transaction import Transaction
from mailcore.status import Status

_NO_OPTIONS = RcptOptions()

_log = log.get("smtpd")


class Transactions(Contents):
    """What a session does for mail; `smtp_X` is command X."""

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that may be used now: none in the clear, but from loopback."""
        esmtp = self.settings.esmtp
        if self.listener.lmtp or not (self.listener.submission or esmtp.auth_on_mail_port):
            return ()
        general = self.settings.general
        if self.tls or (general.plaintext_auth_from_loopback and is_loopback(self.peer)):
            return logins.usable(esmtp.auth_mechanisms, self.channel)
        return ()

    @property
    def offer(self) -> Offer:
        """What EHLO offers now."""
        settings = self.settings
        extensions, esmtp = settings.extensions, settings.esmtp
        starttls = self.service.context(self.listener) is not None and not self.tls
        hold = extensions.longest_hold if self.listener.submission else 0
        return Offer(
            me=settings.me,
            size_limit=esmtp.size_limit,
            starttls=starttls and "STARTTLS" not in extensions.off,
            encrypted=bool(self.tls),
            mechanisms=() if self.identity else self.mechanisms,
            hold=_hold(hold, int(time.time() + hold) // 86_400) if hold else "",
            recipients=esmtp.max_recipients,
            messages=extensions.max_messages,
            off=extensions.off,
        )

    async def smtp_MAIL(self, argument: bytes) -> None:
        refusal = self._may_not_mail()
        if refusal is not None:
            self.refuse(refusal)
            return
        try:
            mail = commands.parse_mail(argument)
            options = MailOptions()
            if mail.parameters:
                options = parameters.read_mail(mail.parameters, offered(self.offer))
            release_at = self._release_at(options)
            if options.verp and not mail.reverse_path.domain:
                raise GrammarError("VERP needs a sender with a domain.")
        except GrammarError as error:
            self.refuse(_syntax(error, replies.SENDER_SYNTAX))
            return
        refusal = await admission.judge_sender(
            mail.reverse_path, options, self.settings, self.identity
        )
        opinion = admission.NO_OPINION
        if refusal is None and self.is_stranger:
            opinion = await admission.judge_stranger(
                mail.reverse_path,
                self._peer(self.known_host),
                self.access,
                self.settings,
                self.listing,
            )
            self.listing = opinion.listing
            refusal = opinion.refusal
        if refusal is not None:
            self.refuse(refusal)
            return
        priority = min(options.priority, self._highest_priority)
        self.transaction = Transaction(
            mail.reverse_path,
            options,
            release_at=release_at,
            priority=priority,
            spf=opinion.spf,
        )
        if self.settings.filters.milters:
            refusal = await self._begin_milters(self.transaction)
            if refusal is not None:
                self.forget_transaction()
                self.refuse(refusal)
                return
        lowered = priority < options.priority
        self.wire.write(replies.PRIORITY_LOWERED if lowered else replies.SENDER_OK)

    @property
    def _highest_priority(self) -> int:
        """What this peer may ask for; a stranger may only stand back.  RFC 6710 §5.1."""
        return 0 if self.is_stranger else self.settings.extensions.highest_priority

    def _release_at(self, options: MailOptions) -> float:
        """When delivery may begin, 0 for now.  Raises GrammarError when that is too far off."""
        if not options.hold_for and not options.hold_until:
            return 0.0
        now = time.time()
        at = now + options.hold_for if options.hold_for else float(options.hold_until)
        if at > now + self.settings.extensions.longest_hold + 1:
            raise TooLong("Longer than mail is held here.")
        return at

    def _may_not_mail(self) -> Reply | None:
        if not self.helo:
            return replies.HELO_FIRST
        if self.transaction is not None:
            return replies.BAD_SEQUENCE
        most = self.settings.extensions.max_messages
        if most and self.messages >= most:
            self.end()
            return replies.TOO_MANY_MESSAGES
        if self.identity is None and self._only_users:
            return replies.AUTH_REQUIRED if self.mechanisms else replies.TLS_REQUIRED
        return None

    @property
    def _only_users(self) -> bool:
        """Whether mail is taken from users alone.  RFC 6409 §4.3; Courier AUTH_REQUIRED."""
        if self.listener.submission:
            return True
        return self.settings.access.auth_required and self.is_stranger

    async def smtp_RCPT(self, argument: bytes) -> None:
        transaction = self.transaction
        if transaction is None or transaction.chunks is not None:
            self.refuse(replies.BAD_SEQUENCE if self.helo else replies.HELO_FIRST)
            return
        try:
            rcpt = commands.parse_rcpt(argument)
            options = _NO_OPTIONS
            if rcpt.parameters:
                options = parameters.read_rcpt(rcpt.parameters, offered(self.offer))
        except GrammarError as error:
            self.refuse(_syntax(error, replies.RECIPIENT_SYNTAX))
            return
        refusal = await self._take_recipient(transaction, rcpt.forward_path, options)
        if refusal is None:
            self.wire.write(replies.RECIPIENT_OK)
            return
        if self.is_stranger:
            self.refuse(refusal)
        else:  # a user with a long list of old addresses is no guesser
            self.wire.write(refusal.encode())
        _log.info(
            "recipient.rejected",
            peer=self.peer,
            session=self.id,
            recipient=str(rcpt.forward_path),
            status=str(refusal.status),
        )

    async def _take_recipient(
        self, transaction: Transaction, path: Path, options: RcptOptions
    ) -> Reply | None:
        transaction.attempts += 1
        settings = self.settings
        refusal = limits.check_count(
            transaction.attempts,
            settings.esmtp.max_recipients,
            hard=settings.policy.max_recipients_hard,
        )
        if refusal is None and self.identity is None and not self.listener.lmtp:
            refusal = admission.judge_peer(self.access, self.listing)
        if refusal is not None:
            return refusal
        if self.access.suffix and self.identity is None:
            path = relay.with_suffix(path, self.access.suffix)
        if not path.is_ascii and not transaction.options.smtputf8:
            return replies.SMTPUTF8_NEEDED
        if path.domain == f"[{self.local_address}]":  # user@[our.ip]
            path = Path(path.local, self.settings.default_domain.lower())
        resolution = await admission.resolve_recipient(
            path,
            authenticated=self.identity is not None,
            relay_client=self.access.may_relay
            or relay.passes_on(path.domain, self.settings.esmtp.relay_to),
        )
        if isinstance(resolution, Reply):
            return resolution
        if room.is_short(self.service.spool, settings.queue.free_space):
            return limits.SYSTEM_FULL
        refusal = await admission.judge_recipient(
            path, resolution, transaction.reverse_path, self._asker(), settings
        )
        if refusal is None:
            refusal = await self._ask_filters(transaction, path, resolution)
        if refusal is not None:
            return refusal
        transaction.recipients.append(EnvelopeRecipient(path, options.notify, options.orcpt))
        transaction.resolutions.append(resolution)
        return None

    async def _ask_filters(
        self, transaction: Transaction, path: Path, resolution: Resolution
    ) -> Reply | None:
        """What the recipient's own filter says, then what milters say."""
        refusal = await self._ask_recipient(transaction, path, resolution)
        if refusal is None and transaction.milters is not None:
            refusal = await self._milters_say(transaction.milters.recipient, path)
        return refusal

    async def _begin_milters(self, transaction: Transaction) -> Reply | None:
        """Tell milters of the connection, the greeting and the sender."""
        peer = self._peer(await self.host())
        transaction.milters = Milters(self.settings)
        return await self._milters_say(
            transaction.milters.begin, peer, transaction.reverse_path, self.id
        )

    async def _milters_say(self, step: Callable[..., Reply | None], *told: object) -> Reply | None:
        try:
            return await threads.checks.run(step, *told)
        except TemporaryFailure:
            return BROKEN

    async def _ask_recipient(
        self, transaction: Transaction, path: Path, resolution: Resolution
    ) -> Reply | None:
        """What the recipient's own filter has against this sender.  Users' mail isn't asked about.

        All recipients of a transaction have the same standing; Courier's 412 is for the others.
        """
        standing: Standing | Reply = Standing.WHITELISTED
        if self.identity is not None:
            return None
        if not recipient.has_none(resolution, self.settings):
            peer = self._peer(self.known_host)
            question = Question(path, resolution, transaction.reverse_path, peer, self.settings)
            try:
                standing = await threads.filters.run(recipient.consult, question)
            except DatabaseError as error:
                _log.error("directory.unreachable", error=str(error))
                return replies.TROUBLE
        if isinstance(standing, Reply):
            return standing
        if transaction.standing is None:
            transaction.standing = standing
        return recipient.conflict(standing) if standing is not transaction.standing else None

    def _asker(self) -> admission.Asker:
        source = Source.AUTHSMTP if self.identity else Source.SMTP
        if self.listener.lmtp:
            source = Source.LMTP
        vouched = self.listing is not None and bool(self.listing.vouches)
        return admission.Asker(source, self.peer, self.is_stranger, vouched)


def _hold(seconds: int, day: int) -> str:
    """FUTURERELEASE's argument: the longest hold, and the last day it reaches.  RFC 4865 §3."""
    return f"{seconds} {datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%dT%H:%M:%SZ}"


class TooLong(GrammarError):
    """A longer hold than we offer: 501.  RFC 4865 §4.2."""


def _syntax(error: GrammarError, address: Reply) -> Reply:
    """Courier: 517 or 513 for the address, 554 for the shape; 555 is RFC 5321's."""
    if isinstance(error, BadAddress):
        return address
    if isinstance(error, TooLong):
        return Reply(501, Status(5, 5, 4), str(error))
    if isinstance(error, UnknownParameter):
        return Reply(555, Status(5, 5, 4), str(error))
    return Reply(554, Status(5, 5, 4), str(error))
