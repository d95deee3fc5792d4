"""What one client is at: who it is, which mailbox it has selected, what it has been told."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.conf.current import snapshot
from mailcore.conf.schema.imap import Imap
from mailcore.imapd import capabilities, outbox_name, told
from mailcore.imapd.context import Context
from mailcore.imapd.refusal import Bad, Deselected, No
from mailcore.imapd.wire import Wire
from mailcore.mailbox import access, rights, sync
from mailcore.mailbox.changes import NOTHING, View
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.index import folder_rows
from mailcore.mailbox.refusals import MailboxMissing
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.stores import Stores
from mailcore.maildir.quota import Quota
from mailcore.server import logins, threads, tls
from mailcore.server.limits import is_loopback
from mailcore.server.logins import Channel
from mailcore.server.trust import believed

T = TypeVar("T")

_log = log.get("imapd")
_NOTHING: frozenset[str] = frozenset()
_IN_UTF8 = frozenset(("UTF8=ACCEPT", "IMAP4rev2"))
SPEAKS_PASSWORD = frozenset(("PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"))
"""Mechanisms that send what anybody could use again."""


class Session:
    """The state of RFC 3501 §3: not authenticated, authenticated, selected, logout."""

    __slots__ = (
        "connection", "context", "dirty", "enabled", "id", "identity", "idle_tag", "loopback",
        "masters", "may_forward", "over", "peer", "secure", "stopping", "view",
    )  # fmt: skip

    def __init__(self, connection: Wire, context: Context, *, secure: bool) -> None:
        self.connection = connection
        self.context = context
        self.secure = secure
        self.id = ""
        self.peer = ""
        self.loopback = False
        self.may_forward = False
        self.masters: tuple[str, ...] = ()
        self.identity: Identity | None = None
        self.view: View | None = None
        self.idle_tag: bytes | None = None
        self.enabled: frozenset[str] = _NOTHING
        self.dirty = False
        self.over = False
        self.stopping = False

    def begin(self, peer: str) -> None:
        self.peer = peer
        self.loopback = is_loopback(peer)
        auth = self.context.rules.auth
        self.may_forward = believed(peer, auth.proxy_from)
        self.masters = auth.masters if self.may_forward else ()
        self.id = secrets.token_hex(5)

    def speak_for(self, peer: str) -> None:
        """A proxy has said who its client is; that counts from here on.

        It says so once and before the login: what comes after that may be the client's own.
        """
        self.may_forward = False
        _log.info("session.forwarded", session=self.id, proxy=self.peer, peer=peer)
        self.peer = peer
        self.connection.count_as(peer)

    # Talking

    def send(self, line: bytes) -> None:
        """One untagged line, CRLF included."""
        self.connection.send(line)

    def greet(self) -> None:
        self.send(b"* OK [CAPABILITY %b] Courier ready.\r\n" % self.capabilities())

    def bye(self, text: str) -> None:
        """End the session."""
        if not self.over:
            self.over = True
            self.send(f"* BYE {text}\r\n".encode())
            self.connection.close()

    def complete(self, tag: bytes, text: bytes, *, expunges: bool = True) -> None:
        """`tag OK text`, after what there is to tell about the selected mailbox.

        `expunges` is False after FETCH, STORE and SEARCH (RFC 3501 §7.4.1).
        """
        if self.view is not None:
            self.tell(expunges=expunges)
        self.connection.send(tag + b" OK " + text + b"\r\n")

    @property
    def rules(self) -> Imap:
        """The settings that hold for this session: after the login, the account's."""
        return self.context.rules.imap

    def capabilities(self) -> bytes:
        found = [capabilities.listed(self.rules, early=self.identity is None)]
        if self.identity is not None:
            outbox = outbox_name.capability(self.rules) if self.context.send else b""
            return b" ".join([*found, outbox] if outbox else found)
        found += [b"AUTH=" + name.encode() for name in self.channel.offered]
        if not self.may_send_password:
            found.append(b"LOGINDISABLED")
        if self.may_start_tls:
            found.append(b"STARTTLS")
        return b" ".join(found)

    @property
    def channel(self) -> Channel:
        """What the connection allows for logging in, and the mechanisms that can work on it."""
        ssl_object = self.connection.ssl_object
        channel = Channel(
            bindings=tls.bindings(ssl_object),
            certified=tls.client_name(ssl_object, self.context.rules.access.client_name),
        )
        names = logins.usable(self.rules.auth_mechanisms, channel)
        if not self.may_send_password:
            names = tuple(name for name in names if name not in SPEAKS_PASSWORD)
        return replace(channel, offered=names, me=self.context.rules.me)

    def offers(self, name: str) -> bool:
        """Whether an extension is not switched off."""
        off = self.rules.extensions_off
        return not off or name in capabilities.offered(off)

    # What the client has switched on (RFC 5161)

    def enable(self, *names: str) -> None:
        self.enabled |= frozenset(names)

    @property
    def condstore(self) -> bool:
        return "CONDSTORE" in self.enabled

    @property
    def qresync(self) -> bool:
        return "QRESYNC" in self.enabled

    @property
    def utf8(self) -> bool:
        """Whether the client takes mailbox names and strings in UTF-8."""
        return not self.enabled.isdisjoint(_IN_UTF8)

    @property
    def rev2(self) -> bool:
        """Whether the client speaks IMAP4rev2: no RECENT, ESEARCH always (RFC 9051)."""
        return "IMAP4rev2" in self.enabled

    @property
    def uidonly(self) -> bool:
        """Whether there are no message numbers, only UIDs (RFC 9586)."""
        return "UIDONLY" in self.enabled

    @property
    def may_start_tls(self) -> bool:
        return not self.secure and self.context.tls is not None

    @property
    def may_send_password(self) -> bool:
        """Passwords in the clear only over TLS, or from this very machine when that is set."""
        return self.secure or (
            self.loopback and self.context.rules.general.plaintext_auth_from_loopback
        )

    # The mail store

    @property
    def user(self) -> Identity:
        if self.identity is None:
            raise Bad("Log in first.")
        return self.identity

    @property
    def quota(self) -> Quota:
        return Quota(self.user.quota_bytes, self.user.quota_messages)

    def store(self) -> AbstractContextManager[MailStore]:
        """The account's mail store, for one quick job on the loop."""
        return self.context.stores.borrow(self.user.maildir)

    async def in_thread(self, job: Callable[[MailStore], T]) -> T:
        """Run `job(store)` where blocking is allowed."""
        return await threads.store.run(_with_store, self.context, self.user.maildir, job)

    @property
    def selected(self) -> View:
        if self.view is None:
            raise Bad("No mailbox is selected.")
        return self.view

    @property
    def writable_view(self) -> View:
        if self.selected.read_only:
            raise No("READ-ONLY", "The mailbox is selected read-only.")
        return self.selected

    @contextmanager
    def folder(self) -> Iterator[Folder]:
        """The selected mailbox, for one quick job on the loop."""
        view = self.selected
        with self.context.stores.borrow(view.place.maildir) as store:
            yield folder_of(store, view)

    async def in_folder(self, job: Callable[[Folder], T]) -> T:
        """Run `job(folder)` on the selected mailbox where blocking is allowed."""
        view = self.selected
        return await threads.store.run(
            _with_store,
            self.context,
            view.place.maildir,
            lambda store: job(folder_of(store, view)),
        )

    # News of the selected mailbox

    def tell(self, *, expunges: bool) -> None:
        """Send what has happened to the selected mailbox since the last time."""
        view = self.selected
        with self.folder() as folder:
            try:
                changes = view.update(folder, expunges=expunges)
            except MailboxMissing:
                raise Deselected("The selected mailbox was deleted.") from None
        if changes is not NOTHING:
            self.send(told.lines(view, changes, self.enabled))

    def complete_changed(self, tag: bytes, text: bytes) -> None:
        """`complete`, with the mailbox's mod-sequence for who keeps it (RFC 7162 §3.2.7)."""
        self.tell(expunges=True)
        if self.condstore:
            text = b"[HIGHESTMODSEQ %d] " % self.selected.modseq + text
        self.connection.send(tag + b" OK " + text + b"\r\n")

    def news(self) -> None:
        """Something happened to a mailbox in IDLE."""
        if self.idle_tag is not None and self.view is not None and not self.over:
            if self.connection.congested:
                return
            try:
                self.tell(expunges=True)
            except Deselected as error:
                self.bye(str(error))
            self.connection.flush()

    def start_idle(self, tag: bytes) -> None:
        self.idle_tag = tag
        if self.view is not None:
            with self.folder() as folder:
                path = folder.path
            self.context.hub.join(self.view.place.maildir, self.view.folder_id, path, self)

    def stop_idle(self) -> bytes:
        tag, self.idle_tag = self.idle_tag, None
        if self.view is not None:
            self.context.hub.leave(self.view.place.maildir, self.view.folder_id, self)
        return tag or b"*"

    # Beginnings and ends

    def select(self, view: View) -> None:
        self.unselect()
        self.view = view

    def unselect(self) -> None:
        """Leave the selected mailbox; its file names are brought up to date meanwhile."""
        view, self.view = self.view, None
        if view is not None and self.dirty and self.identity is not None:
            self.dirty = False
            maildir, stores, folder = view.place.maildir, self.context.stores, view.folder_id
            self.context.hub.spawn(lambda: _write_back(stores, maildir, folder))

    def forget_identity(self) -> None:
        """Nobody is logged in any more, and nothing is switched on.

        A proxy may have passed this connection on to its client by now: it is believed no more.
        """
        self.unselect()
        self.may_forward = False
        self.masters = ()
        self.identity = None
        self.enabled = _NOTHING
        self.context.rules = snapshot()

    def ended(self) -> None:
        """The connection is gone."""
        self.over = True
        if self.idle_tag is not None:
            self.stop_idle()
        self.unselect()
        if self.identity is not None:
            _log.debug("session.closed", session=self.id, address=self.identity.address)


def folder_of(store: MailStore, view: View) -> Folder:
    """The folder of a view through some store.

    Raises Deselected when it was deleted, or is not shared with the session any more.
    """
    row = folder_rows.by_id(store.index, view.folder_id)
    if row is None:
        raise Deselected("The selected mailbox was deleted.")
    if not view.place.is_own:
        had = access.rights_in(store.maildir, row.directory, view.place.who)
        if rights.READ not in had:
            raise Deselected("The selected mailbox is not shared with you any more.")
    return Folder(store.index, row, store.announce, store.keeps)


def _with_store(context: Context, maildir: Path, job: Callable[[MailStore], T]) -> T:
    with context.stores.borrow(maildir) as store:
        return job(store)


def _write_back(stores: Stores, maildir: Path, folder: int) -> None:
    with stores.borrow(maildir) as store:
        sync.write_back(store.index, folder)
