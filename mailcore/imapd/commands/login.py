"""LOGIN, and what every successful login does.  RFC 3501 §6.2.3."""

from collections.abc import Coroutine
from pathlib import Path

from mailcore import log
from mailcore.auth import login
from mailcore.auth.identity import Identity
from mailcore.errors import TemporaryFailure
from mailcore.imapd.refusal import No
from mailcore.imapd.session import Session
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap.lexer import Arguments
from mailcore.server import logins

_log = log.get("imapd")
_prepared: set[Path] = set()
"""Accounts this process has seen to have their standard folders."""


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.space()
    name = arguments.astring().decode("utf-8", "replace")
    arguments.space()
    password = arguments.astring().decode("utf-8", "replace")
    arguments.end()
    if not session.may_send_password:
        raise No("PRIVACYREQUIRED", "Use TLS to send a password.")
    known = login.verify_cached(name, password, service="imap", peer=session.peer)
    if known is not None and known.maildir in _prepared:
        welcome(session, tag, known)
        return None
    return _verify(session, tag, name, password)


async def _verify(session: Session, tag: bytes, name: str, password: str) -> None:
    try:
        identity = await logins.with_password(name, password, service="imap", peer=session.peer)
    except TemporaryFailure as error:
        raise No("UNAVAILABLE", error.text) from error
    await enter(session, tag, identity)


async def enter(session: Session, tag: bytes, identity: Identity | None) -> None:
    """Let an identity in, making its mailboxes ready on the first visit; None is refused."""
    if identity is None:
        raise No("AUTHENTICATIONFAILED", "Login failed.")
    if identity.maildir not in _prepared:
        session.identity = identity
        try:
            await session.in_thread(MailStore.ensure_standard_folders)
        finally:
            session.identity = None
        if len(_prepared) > 100_000:
            _prepared.clear()
        _prepared.add(identity.maildir)
    welcome(session, tag, identity)


def welcome(session: Session, tag: bytes, identity: Identity) -> None:
    """The session is authenticated from here on."""
    session.identity = identity
    session.may_forward = False
    session.context.rules = session.context.rules.for_mail("", identity.address)
    session.connection.logged_in()
    _log.info("session.opened", session=session.id, address=identity.address, peer=session.peer)
    session.complete(tag, b"[CAPABILITY " + session.capabilities() + b"] Logged in.")
