"""Milters: other people's filters, asked over a socket once the whole message is there.

Each message is one conversation: connection, envelope, header, body, then the filter's changes.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailcore import log, status
from mailcore.conf.schema.registry import Snapshot
from mailcore.errors import ConfigError, GrammarError, TemporaryFailure
from mailcore.message import header
from mailcore.policy import milter_changes
from mailcore.policy.contract import Peer, Received, Verdict
from mailcore.protocol import milter
from mailcore.protocol.milter import Answer, Kind, Packets, Step
from mailcore.protocol.reply import Reply
from mailcore.protocol.reply import parse as parse_reply

_REJECTED = Reply(550, status.RELAY_DENIED, "Message refused.")
_PUT_OFF = Reply(451, status.RELAY_DENIED.as_temporary(), "Please try again later.")
_BROKEN = Reply(451, status.OTHER_SYSTEM, "Mail filters temporarily unavailable.")
_MOST_CHANGES = 2_000
_READ = 65_536

_log = log.get("policy")

Address = str | tuple[str, int]  # of a Unix socket, or host and port


def wanted(settings: Snapshot, peer: Peer) -> bool:
    return bool(settings.filters.milters)


def check(received: Received) -> Verdict:
    """Ask every milter; each sees the changes of those before it.

    Raises TemporaryFailure when one fails and mail may not pass it then.
    """
    settings = received.settings.filters
    total = Verdict()
    for line in settings.milters:
        milter_at, may_fail = parse(line)
        try:
            verdict = _ask(milter_at, received, settings.milter_timeout)
        except (OSError, GrammarError) as error:
            _log.error("milter.failed", milter=line, error=repr(error))
            if may_fail or settings.on_failure == "accept":
                continue
            raise TemporaryFailure(_BROKEN.status or status.OTHER_SYSTEM, _BROKEN.text) from None
        total = total.and_then(verdict)
        received = received.after(verdict)
        if total.is_final:
            break
    return total


def parse(line: str) -> tuple[Address, bool]:
    """A line of filters.milters: where it is, and whether mail passes it when it fails.

    Raises ConfigError.
    """
    address, _, word = line.strip().partition(" ")
    kind, _, place = address.partition(":")
    if word.strip() in ("", "accept", "defer"):
        may_fail = word.strip() == "accept"
        if kind in ("unix", "local") and place.startswith("/"):
            return place, may_fail
        host, _, port = place.rpartition(":")
        if kind in ("inet", "inet6") and host and port.isdigit() and int(port) < 65_536:
            return (host.strip("[]"), int(port)), may_fail
    raise ConfigError(f"filters.milters: {line!r} is no milter's address")


def _ask(address: Address, received: Received, seconds: float) -> Verdict:
    with Conversation(address, seconds) as conversation:
        return conversation.judge(received)


@dataclass(slots=True)
class _Ended(Exception):
    """The filter has decided; nothing more is told."""

    verdict: Verdict


@dataclass(slots=True)
class Conversation:
    """A connection to one milter.  `seconds` are for the whole message.

    Raises OSError (time-outs too) and GrammarError.
    """

    address: Address
    seconds: float
    _socket: socket.socket = field(init=False)
    _packets: Packets = field(init=False, default_factory=Packets)
    _answers: list[Answer] = field(init=False, default_factory=list)
    _steps: Step = field(init=False, default=Step.NONE)
    _deadline: float = field(init=False, default=0.0)

    def __enter__(self) -> "Conversation":
        self._deadline = time.monotonic() + self.seconds
        self._socket = _connected(self.address, self.seconds)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(milter.QUIT)
        self._socket.close()

    def judge(self, received: Received) -> Verdict:
        """The whole conversation about one message."""
        self._send(milter.negotiate())
        answer = self._answer()
        if answer.kind is not Kind.NEGOTIATED:
            raise GrammarError("it does not negotiate")
        self._steps = answer.steps
        refused: dict[int, Reply] = {}
        try:
            self._tell_peer(received)
            refused = self._tell_envelope(received)
            if len(refused) == len(received.recipients):
                self._send(milter.ABORT)
                return Verdict(refused=refused)
            self._tell_message(received)
            verdict = self._finish(received)
        except _Ended as ended:
            verdict = ended.verdict
        return Verdict(refused=refused).and_then(verdict)

    # The steps.

    def _tell_peer(self, received: Received) -> None:
        peer, me = received.peer, received.settings.me
        name = peer.host or f"[{peer.address}]"
        told = [("j", me), ("{daemon_name}", peer.listener), ("_", f"{name} [{peer.address}]")]
        told += [("{client_addr}", peer.address), ("{client_name}", peer.host or "unknown")]
        packet = milter.connect(peer.host, peer.address)
        self._tell(b"C", packet, Step.NO_CONNECT, Step.SILENT_CONNECT, told)
        told = [("{tls_version}", peer.tls.partition(",")[0])]
        self._tell(b"H", milter.helo(peer.helo), Step.NO_HELO, Step.SILENT_HELO, told)

    def _tell_envelope(self, received: Received) -> dict[int, Reply]:
        """Sender and recipients; the recipients it will not have."""
        sender, peer = received.reverse_path, received.peer
        told = [("i", received.session), ("{mail_addr}", str(sender))]
        told += [("{auth_authen}", peer.identity), ("{auth_type}", "PLAIN" * bool(peer.identity))]
        packet = milter.mail(str(sender))
        self._tell(b"M", packet, Step.NO_MAIL, Step.SILENT_MAIL, told)
        refused: dict[int, Reply] = {}
        for index, path in enumerate(received.recipients):
            try:
                told = [("{rcpt_addr}", str(path))]
                packet = milter.rcpt(str(path))
                self._tell(b"R", packet, Step.NO_RCPT, Step.SILENT_RCPT, told)
            except _Ended as ended:
                if ended.verdict.refusal is None:
                    raise
                refused[index] = ended.verdict.refusal
        self._tell(b"T", milter.DATA, Step.NO_DATA, Step.SILENT_DATA)
        return refused

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

    def _tell(
        self,
        command: bytes,
        packet: bytes,
        unwanted: Step,
        silent: Step,
        told: list[tuple[str, str]] | None = None,
    ) -> Kind:
        """Say one step, and hear the answer if there is one.  Raises _Ended on a decision."""
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
            raise _Ended(decided)
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
