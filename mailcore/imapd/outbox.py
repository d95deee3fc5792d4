"""The outbox: a folder into which a message is put to be sent.  Courier OUTBOX.

First the message lies written beside its place in the folder, then it is queued, then the folder
has it.  A process that dies before the queue has it sent nothing; one that dies later sent
it, and a client that tries again sends it twice.  What was refused is nowhere.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.errors import StoreError
from mailcore.imapd.context import Send
from mailcore.imapd.outbox_name import named
from mailcore.imapd.refusal import No, OnlySent
from mailcore.imapd.session import Session
from mailcore.mailbox import flags
from mailcore.mailbox.addition import Addition
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.places import Place
from mailcore.server import threads, tls

T = TypeVar("T")

_log = log.get("imapd")


def post(session: Session, place: Place, messages: int) -> "Post | None":
    """What sends the messages that are to come to `place`; None where they are only kept.

    Raises No for several: of those that could not be all or none.
    """
    send, name = session.context.send, named(session.rules.outbox)
    if send is None or not name or not place.is_own or place.name != name:
        return None
    if messages > 1:
        raise No("CANNOT", "Messages are sent one at a time.")
    return Post(send, session.user, session)


def where(post: "Post | None") -> Callable[[Callable[[], T]], Awaitable[T]]:
    """Where adding to a folder is done: mail that is sent may have to wait for filters."""
    return post.run if post is not None else threads.store.run


class Post:
    """One message on its way out while its copy comes into the folder."""

    def __init__(self, send: Send, identity: Identity, session: Session) -> None:
        self._send = send
        self._identity = identity
        self._peer, self._id = session.peer, session.id
        self._tls = tls.describe(session.connection.ssl_object)
        self.sent = False

    def sends(self, messages: Sequence[Addition]) -> Callable[[], None]:
        """The step to take before the folder has the message."""

        def step() -> None:
            [message] = messages
            self._send(
                message.data, self._identity, peer=self._peer, tls=self._tls, session=self._id
            )
            self.sent = True

        return step

    async def run(self, job: Callable[[], T]) -> T:
        """Run the whole job where filters may take their time.

        Raises OnlySent for what goes wrong after the message was sent.
        """
        try:
            return await threads.checks.run(job)
        except Exception as problem:
            if not self.sent:
                raise
            _log.error("outbox.unkept", session=self._id, error=repr(problem))
            raise OnlySent(str(problem)) from problem

    def copy(
        self,
        source: Folder,
        to: Folder,
        uids: Sequence[int],
        had: frozenset[str],
        place: Place,
    ) -> list[tuple[int, int]]:
        """Send the message of `source` and put a copy into the outbox; the pair of UIDs."""
        pairs = []
        for uid in uids:  # there is one at most
            row = source.row(uid)
            if row is None:
                raise StoreError("The message is gone.")
            words = flags.permitted(row.flags, had)
            found = [Addition(source.read(uid), words, row.internal_date)]
            [made] = to.append_all(found, quota=place.quota, first=self.sends(found))
            pairs.append((uid, made))
        return pairs
