"""Message content from the wire into a ContentWriter, in bounded memory.

A message that turns out unacceptable is read to its end and dropped as it comes, so the
connection stays in step and can take the next one.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path as FilePath

from mailcore import log
from mailcore.errors import TemporaryFailure
from mailcore.message import binary, validate
from mailcore.message.validate import Kind
from mailcore.protocol.reply import Reply
from mailcore.protocol.smtp.data import ChunkReader, DataReader, Problem
from mailcore.queue import committer
from mailcore.queue.content import Content, ContentWriter
from mailcore.server import threads
from mailcore.server.wire import Wire
from mailcore.smtpd import replies

_SLOWEST = 1_000  # octets a second that a peer has to keep up, beside the timeout
_log = log.get("smtpd")

REFUSALS: dict[Problem, Reply] = {
    Problem.TOO_BIG: replies.TOO_BIG,
    Problem.BARE_LINE_END: replies.BARE_CONTENT,
    Problem.NUL: replies.NUL_CONTENT,
    Problem.LONG_LINE: replies.LONG_LINE,
}
_FOUND: dict[Kind, Reply] = {
    Kind.BARE_CR: replies.BARE_CONTENT,
    Kind.BARE_LF: replies.BARE_CONTENT,
    Kind.NUL: replies.NUL_CONTENT,
    Kind.LONG_LINE: replies.LONG_LINE,
}


class _Store:
    """A ContentWriter that remembers its first failure and then swallows the rest."""

    def __init__(self, spool: FilePath) -> None:
        self.writer = ContentWriter(spool)
        self.failure: Exception | None = None

    def write(self, data: bytes) -> None:
        if not data or self.failure is not None:
            return
        try:
            self.writer.write(data)
        except OSError as error:
            self._fail(error)

    async def finish(self) -> Content:
        """The content, durable if it is a file.  Raises TemporaryFailure."""
        if self.failure is None:
            try:
                if self.writer.is_file:
                    return await threads.store.run(self.writer.finish)
                return self.writer.finish()
            except OSError as error:
                self._fail(error)
        raise committer.as_failure(self.failure or OSError())

    def _fail(self, error: OSError) -> None:
        _log.error("content.unwritable", error=str(error))
        self.failure = error
        self.writer.discard()


async def read_data(
    wire: Wire, spool: FilePath, *, size_limit: int, line_limit: int, seconds: int
) -> Content | Reply:
    """The content of DATA, up to its end, or the reply that refuses it.

    Raises what the wire raises; then nothing is kept.
    """
    reader = DataReader(size_limit, line_limit)
    store = _Store(spool)
    began = asyncio.get_running_loop().time()
    try:
        while not reader.done:
            chunk = await wire.some(began + seconds + reader.size / _SLOWEST)
            store.write(reader.feed(chunk))
            if reader.problem is not None:
                store.writer.discard()
        wire.put_back(reader.rest)
        if reader.problem is not None:
            return REFUSALS[reader.problem]
        return await store.finish()
    except TemporaryFailure as error:
        return replies.of_failure(error)
    except BaseException:
        store.writer.discard()
        raise


class ChunkIntake:
    """The content of one transaction's BDAT chunks, of BINARYMIME if `binary`.  RFC 3030."""

    def __init__(
        self, spool: FilePath, *, size_limit: int, line_limit: int, binary: bool = False
    ) -> None:
        self._reader = ChunkReader(size_limit, line_limit, binary=binary)
        self._store = _Store(spool)
        self._spool = spool
        self._line_limit = line_limit
        self._binary = binary

    @property
    def refusal(self) -> Reply | None:
        """Why the chunks so far can't become a message."""
        problem = self._reader.problem
        if problem is not None:
            return REFUSALS[problem]
        if self._store.failure is not None:
            return replies.of_failure(committer.as_failure(self._store.failure))
        return None

    async def take(self, wire: Wire, size: int, seconds: int) -> None:
        """Read a chunk of `size` octets.  Raises what the wire raises."""
        async for data in chunk(wire, size, seconds):
            self._store.write(self._reader.feed(data))
            if self._reader.problem is not None:
                self._store.writer.discard()

    async def finish(self) -> Content | Reply:
        """The whole content after the last chunk, or the reply that refuses it."""
        self._store.write(self._reader.finish())
        if self.refusal is not None:
            self.discard()
            return self.refusal
        try:
            content = await self._store.finish()
            if self._binary:
                return await threads.checks.run(_as_lines, content, self._spool, self._line_limit)
            return content
        except TemporaryFailure as error:
            return replies.of_failure(error)

    def discard(self) -> None:
        self._store.writer.discard()


def _as_lines(content: Content, spool: FilePath, line_limit: int) -> Content | Reply:
    """A binary message's content with its binary parts in base64, or why it can't be taken."""
    try:
        with content.open() as stream:
            message = binary.without_binary(stream.read())
        for finding in validate.in_wire_form(message, max_line=line_limit):
            return _FOUND[finding.kind]
        writer = ContentWriter(spool)
        writer.write(message)
        return writer.finish()
    except OSError as error:
        raise committer.as_failure(error) from error
    finally:
        content.discard()


async def chunk(wire: Wire, size: int, seconds: int) -> AsyncIterator[bytes]:
    """The octets of one chunk as they come."""
    began = asyncio.get_running_loop().time()
    left = size
    while left:
        data = await wire.some(began + seconds + (size - left) / _SLOWEST, left)
        left -= len(data)
        yield data
