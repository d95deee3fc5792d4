"""One connection: bytes in, framing, one command at a time, bytes out with back-pressure.

Replies made while one segment of input is worked through leave in one write.  While a
command waits for a thread, further input waits too, and reading stops when much of it has
piled up; so a client can pipeline, but not make us hoard.
"""

import asyncio
import contextlib
import re
import sqlite3
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import cast

from mailcore import log
from mailcore.errors import GrammarError
from mailcore.imapd import capabilities, dispatch, refusal
from mailcore.imapd.compression import Compression
from mailcore.imapd.context import Context
from mailcore.imapd.refusal import Deselected, Gone, No
from mailcore.imapd.session import Session
from mailcore.protocol.imap.framer import Complete, Continue, Framer, TooLong
from mailcore.server.limits import ConnectionLimits
from mailcore.server.shutdown import Sessions

_LOGIN_LINE = 8192
_LOGIN_LITERALS = 8192
_HIGH_WATER = 256 * 1024
_INPUT_PILE = 256 * 1024
_MOST_ERRORS = 30
PROGRESS_SECONDS = 10.0
_APPEND = re.compile(rb"[^ ]+ (?:APPEND|(?:UID )?REPLACE) ", re.I)

_log = log.get("imapd")


class Connection(asyncio.Protocol):
    """Made by the listener for each TCP connection."""

    __slots__ = (
        "__weakref__", "began", "compression", "context", "counted", "errors", "framer", "heard",
        "limits", "out", "paused", "peer", "reader", "session", "sessions", "task", "transport",
        "upgrading", "writable",
    )  # fmt: skip

    def __init__(
        self, context: Context, sessions: Sessions, limits: ConnectionLimits, *, secure: bool
    ) -> None:
        self.context = context
        self.sessions = sessions
        self.limits = limits
        self.framer = Framer(_LOGIN_LINE, self._literal_limit)
        self.framer.ahead_limit = capabilities.largest_ahead(context.rules.imap)
        self.session = Session(self, context, secure=secure)
        self.out: list[bytes] = []
        self.transport: asyncio.Transport | None = None
        self.peer = ""
        self.counted = False
        self.compression: Compression | None = None
        self.task: asyncio.Task[None] | None = None
        self.reader: Callable[[bytes], None] | None = None
        self.writable: asyncio.Future[None] | None = None
        self.paused = False
        self.upgrading = False
        self.errors = 0
        self.began = self.heard = time.monotonic()

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_HIGH_WATER)
        name = self.transport.get_extra_info("peername")
        self.peer = name[0] if isinstance(name, tuple) else ""
        self.session.begin(self.peer)
        if not (self.session.loopback or self.session.may_forward or self._admitted()):
            return
        self.sessions.add(self)
        self.session.greet()
        self.flush()

    def data_received(self, data: bytes) -> None:
        if self.session.over or self.upgrading:
            return
        self.heard = time.monotonic()
        if self.compression is None:
            self._take(data)
        else:
            self.compression.feed(data)
            self._inflate()

    def _take(self, data: bytes) -> None:
        self.framer.feed(data)
        if self.task is None:
            self.work()
        elif self.reader is not None:
            self._feed_reader()
        elif self.framer.pending > _INPUT_PILE:
            self._pause_reading()

    def _inflate(self) -> None:
        """Take in one slice of compressed input; others get their turn before the next."""
        if self.compression is None or self.session.over or self.paused:
            return
        if not self.compression.has_more:
            return
        try:
            data = self.compression.take()
        except ValueError:
            self.session.bye("That was not compressed.")
            return
        self._take(data)
        if self.compression is not None and self.compression.has_more:
            asyncio.get_running_loop().call_soon(self._inflate)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        if self.writable is None:
            self.writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self.writable is not None:
            waiting, self.writable = self.writable, None
            if not waiting.done():
                waiting.set_result(None)
            if self.task is None:
                self.work()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.session.ended()
        self.sessions.remove(self)
        if self.counted:
            self.limits.release(self.peer)
        if self.task is not None:
            self.task.cancel()
        if self.writable is not None and not self.writable.done():
            self.writable.set_exception(Gone("connection lost"))
            self.writable.exception()

    def _admitted(self) -> bool:
        self.counted = self.limits.admit(self.peer)
        if not self.counted:
            self.session.bye("Too many connections.")
        return self.counted

    # The session's side

    def count_as(self, peer: str) -> None:
        """The connection is a client's at `peer`, which a proxy has made for it."""
        self.peer = peer
        self._admitted()

    def send(self, data: bytes) -> None:
        """Queue a reply; `flush` or `drained` sends it."""
        self.out.append(data)

    @property
    def congested(self) -> bool:
        return self.writable is not None

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        found = None if self.transport is None else self.transport.get_extra_info("ssl_object")
        return cast("ssl.SSLObject | None", found)

    def flush(self) -> None:
        if self.out and self.transport is not None:
            data = self.out[0] if len(self.out) == 1 else b"".join(self.out)
            self.out.clear()
            if self.compression is not None:
                data = self.compression.packed(data)
            self.transport.write(data)

    async def drained(self) -> None:
        """Send what is queued and wait until the client has taken most of it."""
        self.flush()
        if self.transport is None:
            raise Gone("connection lost")
        if self.writable is not None:
            await self.writable

    def close(self) -> None:
        """Send what is queued, then end the connection."""
        self.flush()
        if self.transport is not None:
            self.transport.close()

    def read_line(self, reader: Callable[[bytes], None] | None) -> None:
        """Give the next raw lines to `reader` instead of taking commands; None ends that."""
        self.reader = reader

    def next_line(self) -> "asyncio.Future[bytes]":
        """The next raw line, for a command that is waiting for it."""
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def take(line: bytes) -> None:
            self.reader = None
            if not waiting.done():
                waiting.set_result(line)

        self.reader = take
        self.flush()
        asyncio.get_running_loop().call_soon(self._feed_reader)
        return waiting

    @property
    def compressed(self) -> bool:
        return self.compression is not None

    def compress(self) -> None:
        """Send what is queued plain; everything after it, either way, is compressed."""
        self.flush()
        self.compression = Compression()
        rest = self.framer.rest()
        if rest:
            self.compression.feed(rest)
            asyncio.get_running_loop().call_soon(self._inflate)

    def logged_out(self) -> None:
        """The limits of strangers hold again; what was compressed is so no more."""
        self.flush()
        self.compression = None
        self.began = time.monotonic()
        self.framer.line_limit = _LOGIN_LINE
        self.framer.ahead_limit = capabilities.largest_ahead(self.context.rules.imap)

    def logged_in(self) -> None:
        """From now on the larger limits hold."""
        rules = self.context.rules.imap
        self.framer.line_limit = rules.command_limit
        self.framer.ahead_limit = capabilities.largest_ahead(rules)

    async def start_tls(self) -> None:
        """Change to TLS; what the client sent ahead in the clear is forgotten."""
        assert self.transport is not None
        assert self.context.tls is not None
        self.upgrading = True
        self.framer.clear()
        self.flush()
        loop = asyncio.get_running_loop()
        try:
            upgraded = await loop.start_tls(
                self.transport, self, self.context.tls, server_side=True,
                ssl_handshake_timeout=self.context.rules.imap.login_seconds,
            )  # fmt: skip
        except (OSError, TimeoutError):
            raise Gone("TLS handshake failed") from None
        finally:
            self.upgrading = False
        if upgraded is None:
            raise Gone("connection lost")
        self.transport = upgraded
        self.transport.set_write_buffer_limits(high=_HIGH_WATER)
        self.framer.clear()

    # Draining and time-outs

    def drain(self) -> None:
        """The server stops: end when the command under way is done."""
        self.session.stopping = True
        if self.task is None:
            self.session.bye("Server is shutting down.")

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def check_time(self, now: float) -> None:
        """Log out who dawdles: before the login, in the middle of a command, or for long."""
        rules = self.context.rules.imap
        if self.session.identity is None:
            if now - self.began > rules.login_seconds:
                self.session.bye("You took too long to log in.")
        elif self.task is None and now - self.heard > rules.idle_seconds + 10:
            self.session.bye("Autologout; idle for too long.")
        elif self.writable is not None and now - self.heard > rules.idle_seconds + 10:
            self.abort()

    # Taking commands

    def work(self) -> None:
        """Take commands until input runs out or one of them has to wait."""
        while self.task is None and not self.session.over and self.writable is None:
            if self.reader is not None:
                line = self.framer.line()
                if line is None:
                    break
                self.reader(line)
                continue
            event = self.framer.next()
            if event is None:
                break
            match event:
                case Complete(data):
                    self._command(data)
                case Continue(head, size):
                    self._continue(head, size)
                case TooLong(tag, literal):
                    self._too_long(tag, literal=literal)
        self.flush()
        if self.paused and self.framer.pending <= _INPUT_PILE:
            self._resume_reading()

    def _feed_reader(self) -> None:
        if self.reader is not None and not self.session.over:
            line = self.framer.line()
            if line is not None:
                self.reader(line)

    def _literal_limit(self, head: bytes) -> int:
        if self.session.identity is None:
            return _LOGIN_LITERALS
        rules = self.context.rules.imap
        return rules.append_limit if _APPEND.match(head) else rules.literal_limit

    def _continue(self, head: bytes, size: int) -> None:
        """Let the literal come, unless it is already clear that it is not wanted."""
        try:
            dispatch.before_literal(self.session, head, size)
        except (No, GrammarError) as error:
            self.framer.refuse()
            answer = refusal.response(error) or b"NO"
            self.send(head.split(b" ", 1)[0][:100] + b" " + answer + b"\r\n")
        else:
            self.framer.accept()
            self.send(b"+ OK\r\n")

    def _too_long(self, tag: bytes, *, literal: bool) -> None:
        if not tag:
            self.send(b"* BAD Command too long.\r\n")
        elif literal:
            self.send(tag + b" NO [LIMIT] The literal is too large.\r\n")
        else:
            self.send(tag + b" BAD Command too long.\r\n")
        self._count_error()

    def _command(self, data: bytes) -> None:
        session = self.session
        try:
            tag, waiting = dispatch.begin(session, data)
        except Exception as error:
            self._failed(dispatch.tag_of(data), error)
            return
        if waiting is not None:
            self.task = asyncio.get_running_loop().create_task(self._finish(tag, waiting))

    async def _finish(self, tag: bytes, waiting: Coroutine[object, object, None]) -> None:
        ticking = self._tick(tag, self.task)
        try:
            await waiting
        except (Gone, ConnectionError):
            self.close()
        except Exception as error:
            self._failed(tag, error)
        finally:
            self.task = None
            ticking.cancel()
        if self.session.stopping and not self.session.over:
            self.session.bye("Server is shutting down.")
        self.heard = time.monotonic()
        self.work()

    def _tick(self, tag: bytes, task: "asyncio.Task[None] | None") -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(PROGRESS_SECONDS, self._progress, tag, task)

    def _progress(self, tag: bytes, task: "asyncio.Task[None] | None") -> None:
        """Tell a client that waits for long that its command is still worked at.  RFC 9585."""
        if self.task is not task:
            return
        self._tick(tag, task)
        session = self.session
        waits_for_us = self.reader is None and not self.congested
        if waits_for_us and session.identity is not None and session.offers("INPROGRESS"):
            self.send(b'* OK [INPROGRESS ("%b" NIL NIL)] Still working.\r\n' % tag)
            self.flush()

    def _failed(self, tag: bytes, error: Exception) -> None:
        if isinstance(error, Deselected):
            self.session.bye(str(error))
            return
        answer = refusal.response(error)
        if answer is None:
            _log.exception("command.crashed", exc_info=error, session=self.session.id)
            answer = b"NO [SERVERBUG] Internal error."
        elif isinstance(error, sqlite3.OperationalError):
            _log.warning("store.busy", session=self.session.id, error=str(error))
        self.send((tag or b"*") + b" " + answer + b"\r\n")
        if isinstance(error, GrammarError):
            self._count_error()

    def _count_error(self) -> None:
        self.errors += 1
        if self.errors >= _MOST_ERRORS:
            self.session.bye("Too many errors.")

    def _pause_reading(self) -> None:
        if not self.paused and self.transport is not None:
            self.paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        self.paused = False
        if self.transport is not None:
            with contextlib.suppress(RuntimeError):
                self.transport.resume_reading()
        if self.compression is not None and self.compression.has_more:
            asyncio.get_running_loop().call_soon(self._inflate)
