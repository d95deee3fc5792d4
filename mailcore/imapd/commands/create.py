"""CREATE, with a special use if one is asked for.  RFC 3501 §6.3.3, RFC 6154 §3, RFC 4314 §4."""

from collections.abc import Coroutine

from mailcore.imapd import places
from mailcore.imapd.refusal import Bad, No
from mailcore.imapd.session import Session
from mailcore.mailbox import access
from mailcore.mailbox.info import STANDARD
from mailcore.mailbox.store import MailStore
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.lexer import Arguments

_USES = {use.lower(): use for use in STANDARD.values()}


def run(
    session: Session, tag: bytes, arguments: Arguments
) -> Coroutine[object, object, None] | None:
    arguments.space()
    name = arguments.mailbox()
    use = ""
    if arguments.skip(b" "):
        use = _use(session, arguments)
    arguments.end()
    if name.endswith("."):
        # Only announces that names below will follow: nothing to make (Courier, RFC 3501).
        session.complete(tag, b"CREATE completed.")
        return None
    return _create(session, tag, name, use)


def _use(session: Session, arguments: Arguments) -> str:
    """`(USE (\\Sent))`; the mailbox can have one."""
    arguments.open()
    if arguments.keyword() != b"USE" or not session.offers("CREATE-SPECIAL-USE"):
        raise Bad("Unknown parameter.")
    arguments.space()
    asked = arguments.flags()
    arguments.close()
    if not asked:
        return ""
    use = _USES.get(asked[0].lower())
    if use is None or len(asked) > 1:
        raise No("USEATTR", "That special use is not to be had.")
    return use


def listed_as(name: str, asked: str) -> bytes:
    """The LIST response that says what the server calls a mailbox.  RFC 9051 §6.3.9.7."""
    names = responses.mailbox(name, utf8=True), responses.mailbox(asked, utf8=True)
    return b'* LIST () "." %b ("OLDNAME" (%b))\r\n' % names


async def _create(session: Session, tag: bytes, name: str, use: str) -> None:
    place = await places.find(session, name)
    if use and not place.is_own:
        raise No("USEATTR", "Another account's mailbox has no special use here.")

    def job(store: MailStore) -> bytes:
        access.require_parent(store, place.name, place.who)
        if use and use in {store.special_uses().get(one) for one in store.names()}:
            raise No("USEATTR", "Another mailbox has that special use.")
        store.create(place.name)
        if use:
            store.use_specially(place.name, use)
        return place.mailbox_id(store.row(place.name).uidvalidity)

    identifier = await places.run(session, place, job)
    if session.rev2 and place.shown != name:
        session.send(listed_as(place.shown, name))
    session.complete(tag, b"[MAILBOXID (%b)] CREATE completed." % identifier)
