"""One conversation with one milter about one message, step by step as the session goes on."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from mailcore import status
from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.message import header
from mailcore.policy import milter_changes
from mailcore.policy.contract import Peer, Received, Verdict
from mailcore.protocol import milter
from mailcore.protocol.milter import Answer, Kind, Packets, Step
from mailcore.protocol.reply import Reply
from mailcore.protocol.reply import parse as parse_reply

_REJECTED = Reply(550, status.RELAY_DENIED, "Message refused.")
_PUT_OFF = Reply(451, status.RELAY_DENIED.as_temporary(), "Please try again later.")
_MOST_CHANGES = 2_000
_READ = 65_536

Address = str | tuple[str, int]  # of a Unix socket, or host and port


@dataclass(slots=True)
class Ended(Exception):
    """The filter has decided; nothing more is told."""

    verdict: Verdict


class Conversation:
    """A connection to one milter, kept while one message comes in; close it.

    Each step may take what is left of `seconds`, and raises Ended when the filter has decided
    and wants to hear no more, else OSError (time-outs too) or GrammarError.
    """

    def __init__(self, address: Address, seconds: float) -> None:
        self._left_over = seconds
        self._deadline = 0.0
        self._packets = Packets()
        self._answers: list[Answer] = []
        self._steps = Step.NONE
        with self._step():
            self._socket = _connected(address, seconds)

    def close(self) -> None:
        """Say goodbye without waiting for anything."""
        with contextlib.suppress(OSError):
            self._socket.setblocking(False)
            self._socket.sendall(milter.QUIT)
        self._socket.close()

    # The steps, in this order.

    def begin(self, peer: Peer, me: str) -> None:
        """Negotiate; tell who the peer is and what it calls itself."""
        with self._step():
            self._send(milter.negotiate())
            answer = self._answer()
            if answer.kind is not Kind.NEGOTIATED:
                raise GrammarError("it does not negotiate")
            self._steps = answer.steps
            name = peer.host or f"[{peer.address}]"
            told = [("j", me), ("{daemon_name}", peer.listener), ("_", f"{name} [{peer.address}]")]
            told += [("{client_addr}", peer.address), ("{client_name}", peer.host or "unknown")]
            packet = milter.connect(peer.host, peer.address)
            self._tell(b"C", packet, Step.NO_CONNECT, Step.SILENT_CONNECT, told)
            told = [("{tls_version}", peer.tls.partition(",")[0])]
            self._tell(b"H", milter.helo(peer.helo), Step.NO_HELO, Step.SILENT_HELO, told)

    def sender(self, path: Path, session: str, identity: str) -> None:
        with self._step():
            told = [("i", session), ("{mail_addr}", str(path))]
            told += [("{auth_authen}", identity), ("{auth_type}", "PLAIN" * bool(identity))]
            self._tell(b"M", milter.mail(str(path)), Step.NO_MAIL, Step.SILENT_MAIL, told)

    def recipient(self, path: Path) -> Reply | None:
        """The refusal of this recipient, or None."""
        with self._step():
            told = [("{rcpt_addr}", str(path))]
            try:
                self._tell(b"R", milter.rcpt(str(path)), Step.NO_RCPT, Step.SILENT_RCPT, told)
            except Ended as ended:
                if ended.verdict.refusal is None:
                    raise
                return ended.verdict.refusal
        return None

    def content(self, received: Received) -> Verdict:
        """Tell the message; the filter's changes and its decision."""
        with self._step():
            self._tell(b"T", milter.DATA, Step.NO_DATA, Step.SILENT_DATA)
            self._tell_message(received)
            return self._finish(received)

    def _tell_message(self, received: Received) -> None:
        block, start = header.split(received.content.head)
        if Step.NO_HEADER not in self._steps:
            for each in header.fields(block):
                raw = block[each.start : each.end].partition(b":")[2].rstrip(b"\r\n")
                packet = milter.header(each.raw_name, raw.removeprefix(b" "))
                self._tell(b"L", packet, Step.NO_HEADER, Step.SILENT_HEADER)
        self._tell(b"N", milter.END_OF_HEADER, Step.NO_EOH, Step.SILENT_EOH)
        if Step.NO_BODY in self._steps:
            return
        with received.content.open() as octets:
            octets.seek(start)
            while chunk := octets.read(milter.BODY_CHUNK):
                for packet in milter.body(chunk):
                    if self._tell(b"B", packet, Step.NO_BODY, Step.SILENT_BODY) is Kind.SKIP:
                        return

    def _finish(self, received: Received) -> Verdict:
        """The end of the message: changes, then the decision."""
        self._send(milter.macros(b"E", [("i", received.session)]) + milter.END_OF_MESSAGE)
        changes: list[Answer] = []
        limit = received.settings.esmtp.size_limit or 1 << 30
        size = 0
        while True:
            answer = self._answer()
            decided = self._decision(answer)
            if decided is not None or answer.kind is Kind.CONTINUE:
                verdict = decided or Verdict()
                if verdict.is_final:
                    return verdict
                return milter_changes.apply(changes, received)
            if answer.kind is Kind.PROGRESS:
                continue
            changes.append(answer)
            size += len(answer.value)
            if len(changes) > _MOST_CHANGES or size > limit * 2:
                raise GrammarError("too many changes")

    # The wire.

    @contextlib.contextmanager
    def _step(self) -> Iterator[None]:
        """The clock runs while the filter is asked, not while the peer thinks."""
        began = time.monotonic()
        self._deadline = began + self._left_over
        try:
            yield
        finally:
            self._left_over -= time.monotonic() - began

    def _tell(
        self,
        command: bytes,
        packet: bytes,
        unwanted: Step,
        silent: Step,
        told: list[tuple[str, str]] | None = None,
    ) -> Kind:
        """Say one step, and hear the answer if there is one.  Raises Ended on a decision."""
        if unwanted in self._steps:
            return Kind.CONTINUE
        self._send((milter.macros(command, told) if told else b"") + packet)
        if silent in self._steps:
            return Kind.CONTINUE
        answer = self._answer()
        while answer.kind is Kind.PROGRESS:
            answer = self._answer()
        decided = self._decision(answer)
        if decided is not None:
            raise Ended(decided)
        return answer.kind

    @staticmethod
    def _decision(answer: Answer) -> Verdict | None:
        """What ends the conversation, or this recipient's part of it."""
        match answer.kind:
            case Kind.ACCEPT:
                return Verdict()
            case Kind.DISCARD:
                return Verdict(discard=True)
            case Kind.REJECT:
                return Verdict(refusal=_REJECTED)
            case Kind.TEMPFAIL | Kind.FAIL | Kind.CLOSE:
                return Verdict(refusal=_PUT_OFF)
            case Kind.REPLY:
                return Verdict(refusal=_reply(answer.value))
        return None

    def _send(self, octets: bytes) -> None:
        self._socket.settimeout(self._left())
        self._socket.sendall(octets)

    def _answer(self) -> Answer:
        while not self._answers:
            self._socket.settimeout(self._left())
            data = self._socket.recv(_READ)
            if not data:
                raise ConnectionError("the milter hung up")
            self._answers += self._packets.feed(data)
        return self._answers.pop(0)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the milter took too long")
        return left


def _reply(text: bytes) -> Reply:
    """The filter's own reply; one that is no refusal is ours."""
    lines: Iterator[bytes] = (line for line in text.replace(b"\r", b"").split(b"\n") if line)
    try:
        found = parse_reply(lines)
    except GrammarError:
        return _REJECTED
    if found.code < 400:
        return _REJECTED
    kind = status.RELAY_DENIED if found.code >= 500 else status.RELAY_DENIED.as_temporary()
    return Reply(found.code, found.status or kind, found.text)


def _connected(address: Address, seconds: float) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address, seconds)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(seconds)
    try:
        made.connect(address)
    except OSError:
        made.close()
        raise
    return made
