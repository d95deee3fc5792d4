"""Log in at a relay: one SASL exchange over SMTP.  RFC 4954; Courier esmtpauthclient."""

import base64
import binascii
import secrets

from mailcore import status
from mailcore.errors import GrammarError, PermanentFailure
from mailcore.protocol import sasl_client
from mailcore.protocol.reply import Reply
from mailcore.protocol.sasl_client import Answerer
from mailcore.transports.esmtp.session import Session
from mailcore.transports.esmtp.wire import BadPeer
from mailcore.transports.esmtp.words import words

_MOST_STEPS = 10
LOOPBACK = ("127.0.0.1", "::1")


def log_in(session: Session, user: str, password: str) -> None:
    """Raises PermanentFailure when no mechanism can be used, BadPeer when it says no."""
    private = session.wire.encrypted or session.target.address in LOOPBACK
    mechanism = sasl_client.choose(
        session.offered.mechanisms, user, password, secrets.token_hex(16), private=private
    )
    if mechanism is None:
        text = f"{session.target.host} offers no way to log in that can be used."
        raise PermanentFailure(status.AUTH_FAILED, text)
    try:
        reply = _exchange(session, mechanism)
    except GrammarError as problem:
        raise BadPeer(f"login failed: {problem}") from None
    finally:
        session.command = "AUTH"
    if not reply.is_success:
        raise BadPeer(f"login refused: {words(reply)}")


def _exchange(session: Session, mechanism: Answerer) -> Reply:
    line = b"AUTH " + mechanism.name.encode()
    if mechanism.initial is not None:
        line += b" " + (base64.b64encode(mechanism.initial) or b"=")
    reply = session.say(line + b"\r\n", secret=True)
    for _ in range(_MOST_STEPS):
        if reply.code != 334:
            break
        answer = mechanism.answer(_decoded(reply.text))
        reply = session.say(base64.b64encode(answer) + b"\r\n", secret=True)
    if reply.is_success and not mechanism.verify(_decoded(reply.text, lenient=True)):
        raise GrammarError("the server did not prove that it knows the password")
    return reply


def _decoded(text: str, *, lenient: bool = False) -> bytes:
    try:
        return binascii.a2b_base64(text.strip().encode("ascii"), strict_mode=bool(text.strip()))
    except (ValueError, UnicodeEncodeError):
        if lenient:
            return b""
        raise GrammarError("the server's challenge can't be read") from None
