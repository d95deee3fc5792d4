"""One message over one session: MAIL, RCPT, DATA, and what came of each recipient."""

from collections.abc import Iterator, Sequence

from mailcore import status
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import client
from mailcore.protocol.smtp.client import MailWishes
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.status import Status
from mailcore.transports import contents
from mailcore.transports.contract import DEFERRED, FAILED, PASSED, RELAYED, Outcome
from mailcore.transports.esmtp import sending
from mailcore.transports.esmtp.forwarded import rewritten
from mailcore.transports.esmtp.groups import Group, groups, wire_path
from mailcore.transports.esmtp.session import Session
from mailcore.transports.esmtp.words import status_of, words

EXDATA_PATIENCE = 600.0  # seconds for the answer to each recipient


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
        for whole in groups(self.message, sendable, self.session.offered):
            for group in rewritten(self.message, whole):
                yield from self._group(group)

    def _utf8(self) -> bool:
        return "SMTPUTF8" in self.session.offered

    def _unsuitable(self) -> tuple[Status, str] | None:
        """Why this server can't take this message at all."""
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
        if data_reply is not None and data_reply.code != 354:
            yield from self._answer(taken, data_reply, b"DATA")
        elif taken:
            yield from self._hand_over(taken)
        elif data_reply is not None:
            session.wire.send(b".\r\n", session.manners.data)
            session.wire.reply(session.manners.data)

    def _hand_over(self, taken: Sequence[ClaimedRecipient]) -> Iterator[Outcome]:
        """The message, and its answer: one for all, or with EXDATA one for each."""
        session, timeout = self.session, self.session.manners.data
        self.sending = True
        convert = sending.is_converted(self.message, session.offered)
        sending.send_data(session.wire, self.message, self.row, timeout, convert=convert)
        each = EXDATA_PATIENCE if "XEXDATA" in session.offered else 0.0
        answers, complete = session.wire.replies(timeout, each, len(taken))
        session.served += 1
        session.fresh = any(reply.is_success for reply in answers)
        session.usable = session.usable and complete
        if len(set(answers)) == 1:
            yield from self._answer(taken, answers[0], b"DATA")
            return
        for recipient, reply in zip(taken, answers, strict=True):
            yield from self._answer([recipient], reply, b"DATA")

    def _commands(self, group: Group) -> list[bytes]:
        """MAIL and the RCPTs; GrammarError can't happen to paths that the grammar let in."""
        message, offered = self.message, self.session.offered
        wishes = MailWishes(
            size=client.estimated_size(
                message.size, converted=sending.is_converted(message, offered)
            ),
            eight_bit=message.eight_bit,
            smtputf8=message.smtputf8,
            verp=group.verp,
            exdata=True,
            ret=message.ret,
            envid=message.envid,
            security="STARTTLS" if self.session.demand.private else "",
            require_tls=self.session.demand.require_tls,
            priority=message.priority,
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
        session.wire.command(b"".join([*commands, b"DATA\r\n"]), session.manners.command)
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
