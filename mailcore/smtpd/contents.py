"""The content of a session's transactions: DATA and BDAT, and what becomes of it.

RFC 5321, RFC 3030, RFC 2033; effects are `submit`'s.
"""

from dataclasses import replace

from mailcore import log
from mailcore.envelope import Body, Source
from mailcore.errors import GrammarError
from mailcore.policy.contract import Peer
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp import commands, exdata
from mailcore.queue.content import Content
from mailcore.smtpd import intake, replies
from mailcore.smtpd.conversation import Conversation
from mailcore.smtpd.handover import Handed, hand_over
from mailcore.smtpd.hygiene import tidied
from mailcore.smtpd.transaction import Transaction
from mailcore.status import Status
from mailcore.submit.accept import Origin

_FARTHEST_OVER = 8  # a chunk this many times the size limit isn't even drained

_log = log.get("smtpd")


class Contents(Conversation):
    """What a session does with content; `smtp_X` is command X."""

    async def smtp_DATA(self, argument: bytes) -> None:
        transaction = self.transaction
        if argument:
            self.refuse(replies.NO_ARGUMENT)
        elif transaction is None or transaction.chunks is not None or transaction.failed:
            self.refuse(replies.BAD_SEQUENCE if self.helo else replies.HELO_FIRST)
        elif not transaction.recipients:
            self.refuse(replies.NO_RECIPIENTS)
        elif transaction.options.body is Body.BINARY:
            self.refuse(replies.BINARY_NEEDS_BDAT)
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
        if "CHUNKING" in self.settings.extensions.off:
            self.refuse(replies.NOT_OFFERED)
            self.end()
            return
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
                self.service.spool,
                size_limit=esmtp.size_limit,
                line_limit=esmtp.max_line,
                binary=transaction.options.body is Body.BINARY,
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
        try:
            if isinstance(content, Reply):
                handed = Handed(content)
            else:
                handed = await self._submit(transaction, content)
        finally:
            transaction.discard()
        reply = handed.reply
        self._tell(transaction, handed)
        if reply.is_success:
            self.messages += 1
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

    def _tell(self, transaction: Transaction, handed: Handed) -> None:
        """The reply after the content: one for each recipient where the protocol has them."""
        reply, refused = handed.reply, handed.refused
        if self.listener.lmtp:
            each = (refused.get(n, reply) for n in range(len(transaction.recipients)))
            self.wire.write(b"".join(one.encode() for one in each))
        elif refused:
            answers = (
                (str(recipient.path), refused.get(index, reply))
                for index, recipient in enumerate(transaction.recipients)
            )
            self.wire.write(exdata.encode(answers))
        else:
            self.wire.write(reply.encode())

    async def _submit(self, transaction: Transaction, received: Content) -> Handed:
        content = await tidied(received, self.identity, self.settings, self.service.spool)
        if isinstance(content, Reply):
            return Handed(content)
        identity = self.identity.address if self.identity else ""
        source = Source.LMTP if self.listener.lmtp else Source.SMTP
        if identity:
            source = Source.AUTHSMTP
        envelope = transaction.envelope(source, identity, self.listener.name)
        origin = self._origin(transaction)
        host = await self.host()
        return await hand_over(
            transaction,
            envelope,
            content,
            replace(origin, peer_host=host) if host else origin,
            self._peer(host),
            self.settings,
            each=transaction.options.exdata or self.listener.lmtp,
        )

    def _peer(self, host: str) -> Peer:
        return Peer(
            address=self.peer,
            host=host,
            helo=self.helo,
            tls=self.tls,
            local_address=self.local_address,
            listener=self.listener.name,
            identity=self.identity.address if self.identity else "",
            trusted=not self.is_stranger,
            vouches=self.listing.vouches if self.listing else (),
            notes=tuple(self.listing.notes.items()) if self.listing else (),
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
