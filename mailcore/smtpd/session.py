"""The commands of an SMTP session.  RFC 5321, RFC 6409, RFC 2033.

Parsing is `protocol.smtp`'s, deciding `policy`'s and `admission`'s, effects are `submit`'s.
"""

from functools import lru_cache

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.envelope import EnvelopeRecipient, Path, Source
from mailcore.errors import GrammarError
from mailcore.policy import limits
from mailcore.policy.contract import Peer
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import commands, extensions, parameters
from mailcore.protocol.smtp.commands import BadAddress
from mailcore.protocol.smtp.parameters import MailOptions, RcptOptions, UnknownParameter
from mailcore.queue.content import Content
from mailcore.server.limits import is_loopback
from mailcore.server.wire import CommandTooLong
from mailcore.smtpd import admission, authentication, intake, replies
from mailcore.smtpd.connection import SmtpConnection
from mailcore.smtpd.handover import hand_over
from mailcore.smtpd.transaction import Transaction
from mailcore.status import Status
from mailcore.submit.accept import Origin

_MOST_FAILED_LOGINS = 3
_FARTHEST_OVER = 8  # a chunk this many times the size limit isn't even drained
_NO_OPTIONS = RcptOptions()

_log = log.get("smtpd")


class SmtpSession(SmtpConnection):
    """A session on one of our listeners; `smtp_X` is command X."""

    # Greeting and session commands.

    async def smtp_EHLO(self, argument: bytes) -> None:
        if self.listener.lmtp:
            self.refuse(replies.LHLO_ONLY)
        else:
            self._greet(argument, extended=True)

    async def smtp_HELO(self, argument: bytes) -> None:
        if self.listener.lmtp:
            self.refuse(replies.LHLO_ONLY)
        else:
            self._greet(argument, extended=False)

    async def smtp_LHLO(self, argument: bytes) -> None:
        if self.listener.lmtp:
            self._greet(argument, extended=True)
        else:
            self.refuse(replies.NO_LHLO)

    def _greet(self, argument: bytes, *, extended: bool) -> None:
        try:
            name = commands.parse_name(argument)
        except GrammarError as error:
            self.refuse(Reply(501, Status(5, 5, 4), str(error)))
            return
        self.forget_transaction()
        self.helo = self.helo or name  # the first is the one Received tells (Courier)
        assert self.session is not None
        self.session.extended_smtp = extended
        me = self.settings.me
        self.wire.write(self._offer() if extended else Reply(250, None, f"{me} Ok.").encode())

    def _offer(self) -> bytes:
        return _ehlo(
            extensions.Offer(
                me=self.settings.me,
                size_limit=self.settings.esmtp.size_limit,
                starttls=self.service.tls is not None and not self.tls,
                mechanisms=() if self.identity else self.mechanisms,
            )
        )

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that may be used now: none in the clear, but from loopback."""
        esmtp = self.settings.esmtp
        if self.listener.lmtp or not (self.listener.submission or esmtp.auth_on_mail_port):
            return ()
        general = self.settings.general
        if self.tls or (general.plaintext_auth_from_loopback and is_loopback(self.peer)):
            return esmtp.auth_mechanisms
        return ()

    async def smtp_NOOP(self, argument: bytes) -> None:
        self.wire.write(replies.OK)

    async def smtp_RSET(self, argument: bytes) -> None:
        if argument:
            self.refuse(replies.NO_ARGUMENT)
            return
        self.forget_transaction()
        self.wire.write(replies.OK)

    async def smtp_QUIT(self, argument: bytes) -> None:
        if argument:
            self.refuse(replies.NO_ARGUMENT)
            return
        self.wire.write(replies.BYE)
        self.end()

    async def smtp_VRFY(self, argument: bytes) -> None:
        self.wire.write(replies.CANNOT_VRFY)

    async def smtp_EXPN(self, argument: bytes) -> None:  # type: ignore[override]  # octets
        self.refuse(replies.NOT_OFFERED)

    async def smtp_ETRN(self, argument: bytes) -> None:
        self.refuse(replies.NOT_OFFERED)

    async def smtp_HELP(self, argument: bytes) -> None:
        verbs = " ".join(sorted(verb.decode() for verb in self.handlers))
        self.wire.write(Reply(214, Status(2, 0, 0), f"Commands: {verbs}").encode())

    async def smtp_STARTTLS(self, argument: bytes) -> None:
        if argument:
            self.refuse(replies.NO_ARGUMENT)
        elif self.service.tls is None or self.tls or self.transaction or self.identity:
            self.refuse(replies.NO_TLS)
        else:
            self.wire.write(replies.START_TLS)
            self.wire.flush()
            self.wire.discard_input()
            self.helo = ""  # RFC 3207 §4.2: nothing said in the clear counts any more
            await self.start_tls()

    # AUTH.

    async def smtp_AUTH(self, argument: bytes) -> None:
        if not self.helo:
            self.refuse(replies.HELO_FIRST)
        elif self.identity or self.transaction:
            self.refuse(replies.BAD_SEQUENCE)
        elif not self.mechanisms:
            can_be_had = self.listener.submission or self.settings.esmtp.auth_on_mail_port
            self.refuse(replies.AUTH_NEEDS_TLS if can_be_had else replies.NOT_OFFERED)
        else:
            await self._log_in(argument)

    async def _log_in(self, argument: bytes) -> None:
        found = await authentication.authenticate(
            argument, self.mechanisms, self.service.decoy, self.challenge, self.peer
        )
        if isinstance(found, Identity):
            self.identity = found
            _log.info(
                "session.authenticated", peer=self.peer, session=self.id, account=found.address
            )
            self.wire.write(replies.AUTH_OK)
            return
        self.refuse(found)
        if found is replies.AUTH_FAILED:
            self.failed_logins += 1
            if self.failed_logins >= _MOST_FAILED_LOGINS:
                self.wire.write(replies.TOO_MANY_ERRORS.encode())
                self.end()

    async def challenge(self, data: bytes) -> bytes:
        """Send a SASL challenge; the decoded response."""
        self.wire.write(authentication.encode(data))
        try:
            line = await self.wire.line(
                authentication.MAX_LINE, self.settings.esmtp.command_timeout
            )
        except CommandTooLong:
            raise GrammarError("response too long") from None
        return authentication.decode(line)

    # The envelope.

    async def smtp_MAIL(self, argument: bytes) -> None:
        refusal = self._may_not_mail()
        if refusal is not None:
            self.refuse(refusal)
            return
        try:
            mail = commands.parse_mail(argument)
            options = parameters.read_mail(mail.parameters) if mail.parameters else MailOptions()
        except GrammarError as error:
            self.refuse(_syntax(error, replies.SENDER_SYNTAX))
            return
        refusal = await admission.judge_sender(
            mail.reverse_path, options, self.settings, self.identity
        )
        if refusal is None and self.is_stranger:
            refusal = await admission.judge_stranger(
                mail.reverse_path, self.helo, self.peer, self.settings
            )
        if refusal is not None:
            self.refuse(refusal)
            return
        self.transaction = Transaction(mail.reverse_path, options)
        self.wire.write(replies.SENDER_OK)

    def _may_not_mail(self) -> Reply | None:
        if not self.helo:
            return replies.HELO_FIRST
        if self.transaction is not None:
            return replies.BAD_SEQUENCE
        if self.listener.submission and self.identity is None:
            return replies.AUTH_REQUIRED if self.mechanisms else replies.TLS_REQUIRED
        return None

    async def smtp_RCPT(self, argument: bytes) -> None:
        transaction = self.transaction
        if transaction is None or transaction.chunks is not None:
            self.refuse(replies.BAD_SEQUENCE if self.helo else replies.HELO_FIRST)
            return
        try:
            rcpt = commands.parse_rcpt(argument)
            options = parameters.read_rcpt(rcpt.parameters) if rcpt.parameters else _NO_OPTIONS
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
        refusal = limits.check_count(transaction.attempts, self.settings.esmtp.max_recipients)
        if refusal is not None:
            return refusal
        if self.is_stranger:
            if self.access.denied:
                return replies.PEER_DENIED
            if not self.peer_judged:
                self.peer_judged = True
                self.peer_refusal = await admission.judge_peer(self.peer, self.settings)
            if self.peer_refusal is not None:
                return self.peer_refusal
        if not path.is_ascii and not transaction.options.smtputf8:
            return replies.SMTPUTF8_NEEDED
        if path.domain == f"[{self.local_address}]":  # user@[our.ip]
            path = Path(path.local, self.settings.default_domain.lower())
        resolution = await admission.resolve_recipient(
            path,
            authenticated=self.identity is not None,
            relay_client=self.access.may_relay,
        )
        if isinstance(resolution, Reply):
            return resolution
        transaction.recipients.append(EnvelopeRecipient(path, options.notify, options.orcpt))
        transaction.resolutions.append(resolution)
        return None

    # The content.

    async def smtp_DATA(self, argument: bytes) -> None:
        transaction = self.transaction
        if argument:
            self.refuse(replies.NO_ARGUMENT)
        elif transaction is None or transaction.chunks is not None or transaction.failed:
            self.refuse(replies.BAD_SEQUENCE if self.helo else replies.HELO_FIRST)
        elif not transaction.recipients:
            self.refuse(replies.NO_RECIPIENTS)
        else:
            self.wire.write(replies.GO_AHEAD)
            esmtp = self.settings.esmtp
            content = await intake.read_data(
                self.wire,
                self.service.spool,
                size_limit=esmtp.size_limit,
                line_limit=esmtp.max_line,
                seconds=esmtp.data_timeout,
            )
            await self._finish(transaction, content)

    async def smtp_BDAT(self, argument: bytes) -> None:
        try:
            chunk = commands.parse_bdat(argument)
        except GrammarError as error:
            # Where the next command begins is anybody's guess now.
            self.refuse(Reply(501, Status(5, 5, 4), str(error)))
            self.end()
            return
        esmtp = self.settings.esmtp
        if chunk.size > max(esmtp.size_limit, 1_000_000) * _FARTHEST_OVER:
            self.refuse(replies.TOO_BIG)
            self.end()
            return
        transaction = self.transaction
        if transaction is None or not transaction.recipients or transaction.failed:
            async for _ in intake.chunk(self.wire, chunk.size, esmtp.data_timeout):
                pass
            none = transaction is not None and not transaction.failed
            self.refuse(replies.NO_RECIPIENTS if none else replies.BAD_SEQUENCE)
            return
        if transaction.chunks is None:
            transaction.chunks = intake.ChunkIntake(
                self.service.spool, size_limit=esmtp.size_limit, line_limit=esmtp.max_line
            )
        chunks = transaction.chunks
        await chunks.take(self.wire, chunk.size, esmtp.data_timeout)
        if chunk.last:
            content = await chunks.finish()
            transaction.chunks = None
            await self._finish(transaction, content)
        elif chunks.refusal is not None:
            transaction.failed = True
            chunks.discard()
            self.refuse(chunks.refusal)
        else:
            self.wire.write(Reply(250, Status(2, 0, 0), f"{chunk.size} octets received.").encode())

    async def _finish(self, transaction: Transaction, content: Content | Reply) -> None:
        """Submit the message, answer, and be ready for the next."""
        self.transaction = None
        reply = content if isinstance(content, Reply) else await self._submit(transaction, content)
        count = len(transaction.recipients) if self.listener.lmtp else 1
        self.wire.write(reply.encode() * count)
        if reply.is_success:
            self.tarpit = self.errors = 0
        else:
            self.errors += not reply.is_temporary
            _log.info(
                "message.rejected",
                peer=self.peer,
                session=self.id,
                reverse_path=str(transaction.reverse_path),
                status=str(reply.status),
            )

    async def _submit(self, transaction: Transaction, content: Content) -> Reply:
        identity = self.identity.address if self.identity else ""
        source = Source.LMTP if self.listener.lmtp else Source.SMTP
        if identity:
            source = Source.AUTHSMTP
        envelope = transaction.envelope(source, identity, self.listener.name)
        origin = self._origin(transaction)
        return await hand_over(transaction, envelope, content, origin, self._peer(), self.settings)

    def _peer(self) -> Peer:
        return Peer(
            address=self.peer,
            helo=self.helo,
            tls=self.tls,
            local_address=self.local_address,
            listener=self.listener.name,
            identity=self.identity.address if self.identity else "",
            trusted=not self.is_stranger,
        )

    def _origin(self, transaction: Transaction) -> Origin:
        assert self.session is not None
        if self.listener.lmtp:
            protocol = "LMTP"
        else:
            protocol = "ESMTP" if self.session.extended_smtp else "SMTP"
        if transaction.options.smtputf8:
            protocol = "UTF8" + protocol.removeprefix("E")
        return Origin(
            protocol=protocol + ("S" if self.tls else "") + ("A" if self.identity else ""),
            helo=self.helo,
            peer_ip=self.peer,
            tls=self.tls,
            session=self.id,
            identity=self.identity.address if self.identity else "",
            add_missing_headers=self.identity is not None,
        )


SmtpSession.handlers = {
    name.removeprefix("smtp_").encode(): getattr(SmtpSession, name)
    for name in dir(SmtpSession)
    if name.startswith("smtp_")
}


@lru_cache(maxsize=64)
def _ehlo(offer: extensions.Offer) -> bytes:
    return Reply(250, None, extensions.greeting(offer)).encode()


def _syntax(error: GrammarError, address: Reply) -> Reply:
    """Courier: 517 or 513 for the address, 554 for the shape; 555 is RFC 5321's."""
    if isinstance(error, BadAddress):
        return address
    if isinstance(error, UnknownParameter):
        return Reply(555, Status(5, 5, 4), str(error))
    return Reply(554, Status(5, 5, 4), str(error))
