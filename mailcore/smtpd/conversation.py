"""The conversation of a session: reading commands, replying, time and error limits."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from mailcore import log
from mailcore.protocol.reply import Reply
from mailcore.server import threads
from mailcore.server.wire import CommandTooLong, Disconnected, TimedOut
from mailcore.smtpd import admission, authentication, replies
from mailcore.smtpd.connection import SmtpConnection

MAX_COMMAND = 2_048  # octets, line end included
TARPIT_SECONDS = 8
_DEEPEST = 128
_TURN = 100  # commands after which another session gets its turn
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BEFORE_TLS = frozenset({b"EHLO", b"HELO", b"STARTTLS", b"QUIT", b"RSET", b"NOOP"})
_FOREIGN = frozenset({b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT", b"USER"})

_log = log.get("smtpd")

Handler = Callable[[Any, bytes], Awaitable[None]]  # a session and its command's argument


class Conversation(SmtpConnection):
    """Commands in, replies out, until one side has had enough."""

    handlers: ClassVar[dict[bytes, Handler]] = {}

    async def _handle_client(self) -> None:
        wire = self.wire
        try:
            if self.balanced and not await self._read_announcement():
                return
            if self.settings.access.drop and await self._is_dropped():
                _log.info("session.dropped", peer=self.peer)
                return
            if self._lacks_tls:
                wire.write(replies.NO_TLS_AT_ALL.encode())
                return
            greeting = f"{self.settings.me} {self.settings.esmtp.greeting or 'ESMTP'}"
            if self.listener.lmtp:
                greeting = f"{self.settings.me} LMTP"
            wire.write(Reply(220, None, greeting).encode())
            await self._converse()
        except TimedOut:
            wire.write(replies.TIMED_OUT.encode())
        except (Disconnected, ConnectionError, OSError):
            pass
        except Exception:
            _log.exception("session.broken", peer=self.peer, session=self.id)
            wire.write(replies.TROUBLE.encode())
        finally:
            self.forget_transaction()
            wire.close()

    async def _is_dropped(self) -> bool:
        """Whether this is a stranger whose every recipient would be refused.  Courier DROP."""
        if not self.is_stranger or self.listener.submission:
            return False
        lists = self.settings.policy.dns_lists or self.settings.esmtp.block_lists
        if lists and not self.access.exempt:
            self.listing = await threads.dns.run(admission.ask_lists, self.peer, self.settings)
        return admission.judge_peer(self.access, self.listing) is not None

    @property
    def _lacks_tls(self) -> bool:
        """Whether TLS is demanded that can't be had."""
        wanted = self.settings.access.tls_required and not self.listener.lmtp and not self.tls
        return wanted and self.service.context(self.listener) is None

    async def _converse(self) -> None:
        wire, timeout = self.wire, self.settings.esmtp.command_timeout
        turn = 0
        while True:
            if self.draining and self.transaction is None:
                wire.write(replies.SHUTTING_DOWN.encode())
                return
            try:
                line = await wire.line(authentication.MAX_LINE, timeout)
            except CommandTooLong:
                self.refuse(replies.LINE_TOO_LONG)
            else:
                await self._command(line)
            if self.ended:
                return
            if self._owed:
                await self._wait_in_the_tarpit()
            if self.errors >= self.settings.esmtp.max_errors:
                _log.warning("session.ended", peer=self.peer, reason="errors")
                wire.write(replies.TOO_MANY_ERRORS.encode())
                return
            turn += 1
            if turn % _TURN == 0:
                await wire.drain(timeout)
                await asyncio.sleep(0)

    async def _command(self, line: bytes) -> None:
        if line[-2:] != b"\r\n":
            self.refuse(replies.BARE_LINE_END)
            return
        line = line[:-2].rstrip(b" \t")
        if _CONTROL.search(line):
            self.refuse(replies.CONTROL_CHARACTERS)
            return
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        handler = self.handlers.get(verb)
        if self.settings.access.log_dialog:
            self._log_said(verb, argument)
        if len(line) > MAX_COMMAND - 2 and verb != b"AUTH":
            self.refuse(replies.LINE_TOO_LONG)
        elif verb not in _BEFORE_TLS and self._wants_tls:
            self.refuse(replies.TLS_REQUIRED)
        elif handler is not None:
            await handler(self, argument)
        elif verb in _FOREIGN:
            # A browser or a fooled client talks another protocol at us.
            self.refuse(replies.UNKNOWN_COMMAND)
            self.end()
        else:
            self.refuse(replies.UNKNOWN_COMMAND)

    @property
    def _wants_tls(self) -> bool:
        """Nothing is taken in the clear.  Courier ESMTP_TLS_REQUIRED."""
        return self.settings.access.tls_required and not self.tls and not self.listener.lmtp

    def _log_said(self, verb: bytes, argument: bytes) -> None:
        """Courier ESMTP_LOG_DIALOG, but for what comes with AUTH."""
        if verb == b"AUTH":
            argument = argument.partition(b" ")[0]
        said = (verb + b" " + argument).decode("utf-8", "replace").rstrip()
        _log.info("session.said", peer=self.peer, session=self.id, line=said[:MAX_COMMAND])

    def refuse(self, reply: Reply) -> None:
        """Answer no, and count it."""
        self.errors += 1
        if reply.code >= 500 and self.settings.esmtp.tarpit and self.is_stranger:
            self._owed = self.tarpit = min(self.tarpit * 2 or TARPIT_SECONDS, _DEEPEST)
        self.wire.write(reply.encode())

    @property
    def is_stranger(self) -> bool:
        """Neither logged in, nor a machine that may relay, nor a mail system of ours."""
        return self.identity is None and not self.access.may_relay and not self.listener.lmtp

    async def _wait_in_the_tarpit(self) -> None:
        """Guessing costs the guesser time, and us none.  Courier TARPIT."""
        seconds, self._owed = self._owed, 0
        self.wire.flush()
        await asyncio.sleep(seconds)

    def end(self) -> None:
        """No further command is read."""
        self.ended = True
