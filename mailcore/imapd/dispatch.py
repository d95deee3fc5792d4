"""The table of commands: in which states each is allowed, and what carries it out."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from mailcore.imapd.commands import (
    acl,
    append,
    authenticate,
    capability,
    check,
    close,
    compress,
    copy,
    create,
    delete,
    enable,
    esearch,
    expunge,
    fetch,
    idle,
    login,
    logout,
    lsub,
    metadata,
    move,
    namespace,
    noop,
    quota,
    rename,
    replace,
    search,
    select,
    sort,
    starttls,
    status,
    store,
    subscribe,
    thread,
    unauthenticate,
    unselect,
)  # fmt: skip
from mailcore.imapd.commands import (
    id as identification,
)
from mailcore.imapd.commands import (
    list as listing,
)
from mailcore.imapd.refusal import Bad
from mailcore.imapd.session import Session
from mailcore.protocol.imap.lexer import Arguments

Waiting = Coroutine[object, object, None]
Run = Callable[[Session, bytes, Arguments], Waiting | None]

_TAG = re.compile(rb"[!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]{1,100}")

ANY, STRANGER, USER, SELECTED = range(4)


@dataclass(frozen=True, slots=True)
class Command:
    """`state` is the least a session must have reached; STRANGER: and must not have passed.

    A command of an `extension` that is switched off is unknown.  One that has to do with message
    `numbers` is of no use after ENABLE UIDONLY.
    """

    run: Run
    state: int
    extension: str = ""
    numbers: bool = False


COMMANDS: dict[bytes, Command] = {
    b"CAPABILITY": Command(capability.run, ANY),
    b"NOOP": Command(noop.run, ANY),
    b"LOGOUT": Command(logout.run, ANY),
    b"ID": Command(identification.run, ANY, "ID"),
    b"STARTTLS": Command(starttls.run, STRANGER),
    b"LOGIN": Command(login.run, STRANGER),
    b"AUTHENTICATE": Command(authenticate.run, STRANGER),
    b"ENABLE": Command(enable.run, USER, "ENABLE"),
    b"SELECT": Command(select.run, USER),
    b"EXAMINE": Command(select.run_examine, USER),
    b"CREATE": Command(create.run, USER),
    b"DELETE": Command(delete.run, USER),
    b"RENAME": Command(rename.run, USER),
    b"SUBSCRIBE": Command(subscribe.run, USER),
    b"UNSUBSCRIBE": Command(subscribe.run_unsubscribe, USER),
    b"LIST": Command(listing.run, USER),
    b"LSUB": Command(lsub.run, USER),
    b"NAMESPACE": Command(namespace.run, USER, "NAMESPACE"),
    b"STATUS": Command(status.run, USER),
    b"APPEND": Command(append.run, USER),
    b"IDLE": Command(idle.run, USER, "IDLE"),
    b"GETQUOTA": Command(quota.run, USER, "QUOTA"),
    b"GETQUOTAROOT": Command(quota.run_root, USER, "QUOTA"),
    b"SETQUOTA": Command(quota.run_set, USER, "QUOTA"),
    b"COMPRESS": Command(compress.run, USER, "COMPRESS=DEFLATE"),
    b"UNAUTHENTICATE": Command(unauthenticate.run, USER, "UNAUTHENTICATE"),
    b"ESEARCH": Command(esearch.run, USER, "MULTISEARCH"),
    b"SETACL": Command(acl.run_set, USER, "ACL"),
    b"DELETEACL": Command(acl.run_delete, USER, "ACL"),
    b"GETACL": Command(acl.run_get, USER, "ACL"),
    b"LISTRIGHTS": Command(acl.run_list, USER, "ACL"),
    b"MYRIGHTS": Command(acl.run_my, USER, "ACL"),
    b"GETMETADATA": Command(metadata.run_get, USER),
    b"SETMETADATA": Command(metadata.run_set, USER),
    b"CHECK": Command(check.run, SELECTED),
    b"CLOSE": Command(close.run, SELECTED),
    b"UNSELECT": Command(unselect.run, SELECTED, "UNSELECT"),
    b"EXPUNGE": Command(expunge.run, SELECTED),
    b"SEARCH": Command(search.run, SELECTED, numbers=True),
    b"SORT": Command(sort.run, SELECTED, "SORT", numbers=True),
    b"THREAD": Command(thread.run, SELECTED, numbers=True),
    b"FETCH": Command(fetch.run, SELECTED, numbers=True),
    b"STORE": Command(store.run, SELECTED, numbers=True),
    b"COPY": Command(copy.run, SELECTED, numbers=True),
    b"MOVE": Command(move.run, SELECTED, "MOVE", numbers=True),
    b"REPLACE": Command(replace.run, SELECTED, "REPLACE", numbers=True),
    b"UID COPY": Command(copy.run_uid, SELECTED),
    b"UID EXPUNGE": Command(expunge.run_uid, SELECTED, "UIDPLUS"),
    b"UID FETCH": Command(fetch.run_uid, SELECTED),
    b"UID MOVE": Command(move.run_uid, SELECTED, "MOVE"),
    b"UID REPLACE": Command(replace.run_uid, SELECTED, "REPLACE"),
    b"UID SEARCH": Command(search.run_uid, SELECTED),
    b"UID SORT": Command(sort.run_uid, SELECTED, "SORT"),
    b"UID STORE": Command(store.run_uid, SELECTED),
    b"UID THREAD": Command(thread.run_uid, SELECTED),
}


def begin(session: Session, data: bytes) -> tuple[bytes, Waiting | None]:
    """Carry out a command, or begin to: → its tag, and what is left to await.

    Raises what refuses it.
    """
    arguments = Arguments(data)
    arguments.utf8 = session.utf8
    tag = arguments.tag()
    name = arguments.keyword()
    if name == b"UID":
        arguments.space()
        name = b"UID " + arguments.keyword()
    command = COMMANDS.get(name)
    if command is None or (command.extension and not session.offers(command.extension)):
        raise Bad("Unknown command.")
    _check_state(session, command.state)
    if command.numbers and session.uidonly:
        raise Bad("[UIDREQUIRED] There are no message numbers after ENABLE UIDONLY.")
    return tag, command.run(session, tag, arguments)


def before_literal(session: Session, head: bytes, size: int) -> None:
    """Refuse a synchronizing literal before it is sent, when its command has no future."""
    arguments = Arguments(head)
    arguments.tag()
    name = arguments.keyword()
    command = COMMANDS.get(name)
    if command is None and name != b"UID":
        raise Bad("Unknown command.")
    if command is not None:
        _check_state(session, command.state)
    if name in (b"APPEND", b"REPLACE") and session.identity is not None:
        append.check_room(session, name, arguments, size)


def tag_of(data: bytes) -> bytes:
    """The tag of a command that cannot be understood; empty when it has none."""
    found = _TAG.match(data)
    return found.group() if found else b""


def _check_state(session: Session, state: int) -> None:
    if state == STRANGER and session.identity is not None:
        raise Bad("Already logged in.")
    if state >= USER and session.identity is None:
        raise Bad("Log in first.")
    if state == SELECTED and session.view is None:
        raise Bad("No mailbox is selected.")
