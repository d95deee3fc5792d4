"""AUTH.  RFC 4954, RFC 6409 §4.3."""

import binascii

from mailcore import log
from mailcore.auth.identity import Identity
from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.protocol import sasl
from mailcore.protocol.reply import Reply
from mailcore.server import logins
from mailcore.smtpd import replies
from mailcore.status import Status

MAX_LINE = 12_288  # octets of a response; RFC 4954 §4.5.6
_log = log.get("smtpd")


class _Cancelled(Exception):
    """The client sent `*`."""


async def authenticate(
    argument: bytes, channel: logins.Channel, decoy: bytes, ask: logins.Exchange, peer: str
) -> Identity | Reply:
    """Run the exchange that AUTH's argument begins: an identity, or the reply that ends it.

    `ask` sends a challenge and returns the decoded response.
    """
    name, _, response = argument.partition(b" ")
    exchange = logins.mechanism(name.decode("latin-1"), decoy, channel)
    if exchange is None:
        return replies.NO_MECHANISM
    try:
        initial = _initial(response)
        identity = await logins.with_sasl(exchange, initial, ask, service="smtp", peer=peer)
    except _Cancelled:
        return replies.AUTH_CANCELLED
    except GrammarError:
        return replies.NOT_BASE64
    except TemporaryFailure as error:
        _log.warning("login.put_off", peer=peer, status=str(error.status))
        return Reply(454, Status(4, 7, 0), error.text)
    return identity or replies.AUTH_FAILED


def _initial(response: bytes) -> bytes | None:
    if not response:
        return None
    return b"" if response == b"=" else sasl.decode_response(response)


def encode(challenge: bytes) -> bytes:
    """A challenge as the 334 reply that carries it."""
    return b"334 " + binascii.b2a_base64(challenge)[:-1] + b"\r\n"


def decode(line: bytes) -> bytes:
    """A response line's octets.  Raises when it isn't base64, or cancels."""
    line = line.rstrip(b"\r\n")
    if line == b"*":
        raise _Cancelled
    return sasl.decode_response(line)
