"""AUTHENTICATE, with an initial response if there is one.  RFC 3501 §6.2.2, RFC 4959."""

import base64
from collections.abc import Coroutine

from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.imapd.commands import login
from mailcore.imapd.refusal import Bad, No
from mailcore.imapd.session import SPEAKS_PASSWORD, Session
from mailcore.protocol import sasl
from mailcore.protocol.imap.lexer import Arguments
from mailcore.server import logins


def run(session: Session, tag: bytes, arguments: Arguments) -> Coroutine[object, object, None]:
    arguments.space()
    name = arguments.keyword().decode()
    initial: bytes | None = None
    if arguments.skip(b" "):
        text = arguments.data[arguments.at :]
        initial = b"" if text == b"=" else sasl.decode_response(text)
    if name in SPEAKS_PASSWORD and not session.may_send_password:
        raise No("PRIVACYREQUIRED", "Use TLS to send a password.")
    exchange = logins.mechanism(name, session.context.decoy, session.channel)
    if exchange is None:
        raise No("CANNOT", "No such mechanism.")
    return _exchange(session, tag, exchange, initial)


async def _exchange(
    session: Session, tag: bytes, exchange: sasl.Mechanism, initial: bytes | None
) -> None:
    async def ask(challenge: bytes) -> bytes:
        session.send(b"+ " + base64.b64encode(challenge) + b"\r\n")
        line = await session.connection.next_line()
        if line == b"*":
            raise Bad("Authentication cancelled.")
        return sasl.decode_response(line)

    try:
        identity = await logins.with_sasl(
            exchange, initial, ask, service="imap", peer=session.peer, masters=session.masters
        )
    except TemporaryFailure as error:
        raise No("UNAVAILABLE", error.text) from error
    except Bad:
        raise
    except GrammarError:
        raise Bad("Malformed response.") from None
    await login.enter(session, tag, identity)
