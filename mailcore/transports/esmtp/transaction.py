"""One message over one session: MAIL, RCPT, DATA, and what came of each recipient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from mailcore import status
from mailcore.mailauth import signing
from mailcore.message import recode, verp
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import client
from mailcore.protocol.smtp.client import MailWishes
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.status import Status
from mailcore.transports import contents
from mailcore.transports.contract import DEFERRED, FAILED, PASSED, RELAYED, Outcome
from mailcore.transports.esmtp.session import Session, status_of, words

_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Group:
    """Recipients that share one MAIL command."""

    reverse_path: str
    recipients: tuple[ClaimedRecipient, ...]


class Transaction:
    """The delivery of one message's recipients; lives until each has an outcome."""

    def __init__(self, session: Session, message: ClaimedMessage, row: bytes | None) -> None:
        self.session = session
        self.message = message
        self.row = row
        self.answered: set[int] = set()
        self.sending = False

    @property
    def is_untouched(self) -> bool:
        """Whether it can begin again on another connection without doubling anything."""
        return not self.answered and not self.sending

    def run(self) -> Iterator[Outcome]:
        """Raises OSError when the connection breaks; recipients not yet answered are open."""
        refused = self._unsuitable()
        if refused is not None:
            yield from self._all(self.message.recipients, FAILED, *refused)
            return
        sendable: list[ClaimedRecipient] = []
        for recipient in self.message.recipients:
            if wire_path(recipient.forward_path, self._utf8()) is None:
                text = "553 The address has characters that the server can't take (SMTPUTF8)."
                yield from self._all([recipient], FAILED, status.NON_ASCII_ADDRESS, text)
            else:
                sendable.append(recipient)
        for group in groups(self.message, sendable, "DSN" in self.session.offered):
            yield from self._group(group)

    def _utf8(self) -> bool:
        return "SMTPUTF8" in self.session.offered

    def _unsuitable(self) -> tuple[Status, str] | None:
        """Why this server can't take this message at all."""
        if self.message.minimum_security and not self.session.wire.encrypted:
            text = "Unable to set minimum security level: the server offers no encryption."
            return status.ENCRYPTION_REQUIRED, text
        largest = self.session.offered.largest
        if largest and self.message.size > largest:
            text = f"552 The server takes no more than {largest} octets."
            return status.MESSAGE_TOO_BIG, text
        if not self.message.smtputf8 or self._utf8():
            return None
        header = contents.header(self.message, self.row)
        if header.isascii() and wire_path(self.message.reverse_path, False) is not None:
            return None
        return (
            status.NON_ASCII_ADDRESS,
            "553 The server does not support Unicode mail (SMTPUTF8),\n"
            "and this message has an address or a header\n"
            "that can't be written without it.\n"
            "It was not sent.",
        )

    def _group(self, group: Group) -> Iterator[Outcome]:
        session = self.session
        if not session.fresh and not session.reset():
            raise ConnectionResetError("the server gave up the connection")
        session.fresh = False
        commands = self._commands(group)
        pipelined = "PIPELINING" in session.offered
        replies = self._pipelined(commands) if pipelined else self._one_by_one(commands)
        mail_reply, rcpt_replies, data_reply = replies
        if mail_reply.code == 421 and session.served:
            raise ConnectionResetError("the server has had enough of this connection")
        if not mail_reply.is_success:
            yield from self._answer(group.recipients, mail_reply, commands[0])
            return
        taken: list[ClaimedRecipient] = []
        for recipient, reply, command in zip(
            group.recipients, rcpt_replies, commands[1:], strict=True
        ):
            if reply.is_success:
                taken.append(recipient)
            else:
                yield from self._answer([recipient], reply, command)
        if data_reply is None:
            return
        if data_reply.code != 354:
            yield from self._answer(taken, data_reply, b"DATA")
            return
        if not taken:
            session.wire.send(b".\r\n", session.manners.data)
            session.wire.reply(session.manners.data)
            return
        self.sending = True
        self._send_content()
        final = session.wire.reply(session.manners.data)
        session.served += 1
        session.fresh = final.is_success
        yield from self._answer(taken, final, b"DATA")

    def _commands(self, group: Group) -> list[bytes]:
        """MAIL and the RCPTs; GrammarError can't happen to paths that the grammar let in."""
        message, offered = self.message, self.session.offered
        converted = message.eight_bit and "8BITMIME" not in offered
        wishes = MailWishes(
            size=client.estimated_size(message.size, converted=converted),
            eight_bit=message.eight_bit,
            smtputf8=message.smtputf8,
            ret=message.ret,
            envid=message.envid,
        )
        reverse = wire_path(group.reverse_path, self._utf8()) or ""
        commands = [client.mail(reverse, wishes, offered)]
        for recipient in group.recipients:
            path = wire_path(recipient.forward_path, self._utf8()) or ""
            commands.append(client.rcpt(path, recipient.notify, recipient.orcpt, offered))
        return commands

    def _pipelined(self, commands: list[bytes]) -> tuple[Reply, list[Reply], Reply | None]:
        """Everything up to DATA in one go.  RFC 2920."""
        session = self.session
        session.wire.send(b"".join([*commands, b"DATA\r\n"]), session.manners.command)
        replies = [session.wire.reply(session.manners.command) for _ in range(len(commands) + 1)]
        return replies[0], replies[1:-1], replies[-1]

    def _one_by_one(self, commands: list[bytes]) -> tuple[Reply, list[Reply], Reply | None]:
        session = self.session
        mail_reply = session.say(commands[0])
        if not mail_reply.is_success:
            return mail_reply, [], None
        replies = [session.say(command) for command in commands[1:]]
        if not any(reply.is_success for reply in replies):
            return mail_reply, replies, None
        return mail_reply, replies, session.say(b"DATA\r\n")

    def _send_content(self) -> None:
        """Prefix and content, dots stuffed, CRLF only, the final dot.  RFC 5321 §4.5.2."""
        send, timeout = self.session.wire.send, self.session.manners.data
        if self.row is not None or self._converts():
            whole = self.message.prefix + self._rest()
            if self._converts():
                whole = recode.to_seven_bit(client.normal_lines(whole))
                whole = signing.renewed(whole, self.message.source)
            send(_finished(client.stuff(client.normal_lines(whole))), timeout)
            return
        send(client.stuff(self.message.prefix), timeout)
        with contents.open_rest(self.message, None) as stream:
            for piece in pieces(stream):
                send(client.stuff(client.normal_lines(piece)), timeout)
        send(b".\r\n", timeout)

    def _converts(self) -> bool:
        return self.message.eight_bit and "8BITMIME" not in self.session.offered

    def _rest(self) -> bytes:
        if self.row is not None:
            return self.row
        with contents.open_rest(self.message, None) as stream:
            return stream.read()

    def _answer(
        self, recipients: Sequence[ClaimedRecipient], reply: Reply, command: bytes
    ) -> Iterator[Outcome]:
        """One reply as the outcome of these recipients: 5 fails, 1-3 is yes, else later."""
        if reply.code == 421:
            self.session.usable = False
        if reply.code < 400:
            action = PASSED if "DSN" in self.session.offered else RELAYED
        else:
            action = FAILED if reply.code >= 500 else DEFERRED
        for recipient in recipients:
            self.answered.add(recipient.id)
            yield Outcome(
                self.message,
                recipient,
                action,
                status_of(reply),
                words(reply),
                self.session.peer,
                command.decode("utf-8", "replace").rstrip(),
            )

    def _all(
        self, recipients: Sequence[ClaimedRecipient], action: str, why: Status, text: str
    ) -> Iterator[Outcome]:
        for recipient in recipients:
            self.answered.add(recipient.id)
            yield Outcome(self.message, recipient, action, why, text, self.session.peer)


def groups(
    message: ClaimedMessage, recipients: Sequence[ClaimedRecipient], peer_has_dsn: bool
) -> list[Group]:
    """Which recipients share a MAIL.

    A peer without DSN can't be told NOTIFY=NEVER, so those recipients get a null reverse-path
    instead (Courier).  VERP wants a reverse-path of its own for each.
    """
    reverse = message.reverse_path
    if message.verp and reverse:
        return [Group(verp.encode(reverse, each.forward_path), (each,)) for each in recipients]
    if peer_has_dsn or not reverse:
        found = [Group(reverse, tuple(recipients))]
    else:
        never = tuple(each for each in recipients if each.notify == "NEVER")
        others = tuple(each for each in recipients if each.notify != "NEVER")
        found = [Group(reverse, others), Group("", never)]
    return [group for group in found if group.recipients]


def wire_path(path: str, utf8: bool) -> str | None:
    """A path as this peer can be told it: the domain in ACE without SMTPUTF8; None: can't be."""
    if path.isascii():
        return path
    if utf8:
        return path
    local, at, domain = path.rpartition("@")
    if not local.isascii():
        return None
    try:
        return local + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """A stream in portions of whole lines; the last is given its line end."""
    left = b""
    while chunk := stream.read(_PIECE):
        left += chunk
        end = left.rfind(b"\n") + 1
        if end:
            yield left[:end]
            left = left[end:]
    if left:
        yield left.rstrip(b"\r") + b"\r\n"


def _finished(data: bytes) -> bytes:
    return data + (b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n")
