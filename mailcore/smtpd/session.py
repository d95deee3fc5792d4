"""A session's own commands: greeting, TLS, AUTH and the small ones.  RFC 5321, RFC 4954.

MAIL to the end of the content is `transactions`'.
"""

from dataclasses import replace
from functools import lru_cache

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.errors import GrammarError
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import commands, extensions
from mailcore.server.wire import CommandTooLong
from mailcore.smtpd import authentication, replies
from mailcore.smtpd.transactions import Transactions
from mailcore.status import Status

_MOST_FAILED_LOGINS = 3

_log = log.get("smtpd")


class SmtpSession(Transactions):
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
        self.ask_for_host()
        assert self.session is not None
        self.session.extended_smtp = extended
        me = self.settings.me
        self.wire.write(_ehlo(self.offer) if extended else Reply(250, None, f"{me} Ok.").encode())

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
        elif not self.offer.starttls or self.transaction or self.identity:
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
            argument,
            replace(self.channel, offered=self.mechanisms),
            self.service.decoy,
            self.challenge,
            self.peer,
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


SmtpSession.handlers = {
    name.removeprefix("smtp_").encode(): getattr(SmtpSession, name)
    for name in dir(SmtpSession)
    if name.startswith("smtp_")
}


@lru_cache(maxsize=64)
def _ehlo(offer: extensions.Offer) -> bytes:
    return Reply(250, None, extensions.greeting(offer)).encode()
