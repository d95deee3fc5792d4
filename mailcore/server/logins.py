"""Logging in over a connection: SASL exchanges and passwords, off the event loop.

Shared by the ESMTP, POP3 and IMAP servers, so each rule is written once.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable

from mailcore import status
from mailcore.accounts.passwords import SCRAM_ITERATIONS
from mailcore.auth import login
from mailcore.auth.identity import Identity
from mailcore.errors import TemporaryFailure
from mailcore.protocol import sasl
from mailcore.server import threads

MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-256")

Exchange = Callable[[bytes], Awaitable[bytes]]


async def with_password(name: str, password: str, *, service: str, peer: str) -> Identity | None:
    """The identity behind a name and password, None when they are wrong.

    A password that was right lately costs no thread.  Raises TemporaryFailure.
    """
    known = login.verify_cached(name, password, service=service, peer=peer)
    if known is not None:
        return known
    return await threads.password.run(_verify, name, password, service, peer)


def _verify(name: str, password: str, service: str, peer: str) -> Identity | None:
    return login.verify(name, password, service=service, peer=peer)


def decoy(secret: str) -> bytes:
    """The seed of made-up SCRAM salts: one for all servers and processes of an installation.

    A name must have the same salt wherever it is asked for, whether it exists or not.
    """
    return hmac.digest(secret.encode(), b"SCRAM decoy", "sha256")


def mechanism(name: str, decoy: bytes) -> sasl.Mechanism | None:
    """A fresh exchange of the mechanism called `name` (any case), None when unknown.

    `decoy` must be the same in all processes of an installation, so that they agree on
    the salts of names that don't exist.
    """
    match name.upper():
        case "PLAIN":
            return sasl.Plain()
        case "LOGIN":
            return sasl.Login()
        case "SCRAM-SHA-256":
            nonce = secrets.token_urlsafe(24)
            return sasl.ScramSha256(nonce, decoy, decoy_iterations=SCRAM_ITERATIONS)
    return None


async def with_sasl(
    exchange: sasl.Mechanism,
    initial: bytes | None,
    ask: Exchange,
    *,
    service: str,
    peer: str,
) -> Identity | None:
    """Run a SASL exchange to its end; the identity it proves, or None.

    `ask` sends a challenge and returns the decoded response; what it raises ends the
    exchange.  Raises TemporaryFailure when nobody can tell now.
    """
    step = exchange.step(initial)
    while True:
        match step:
            case sasl.Challenge(data):
                step = exchange.step(await ask(data))
            case sasl.SecretWanted(name):
                assert isinstance(exchange, sasl.ScramSha256)
                secret = await threads.database.run(_secret, name, peer)
                step = exchange.with_secret(secret, login.full_name(name))
            case sasl.Credentials(authzid, name, password):
                if authzid and authzid.lower() != name.lower():
                    return None
                return await with_password(name, password, service=service, peer=peer)
            case sasl.ScramDone(authzid, name):
                if authzid and authzid.lower() != name.lower():
                    return None
                return await threads.database.run(_login_as, name, service, peer)
            case sasl.Failed():
                if isinstance(exchange, sasl.ScramSha256) and exchange.claimed:
                    await threads.database.run(_scram_failed, exchange.claimed, service, peer)
                return None


def _secret(name: str, peer: str) -> login.ScramSecret | None:
    if len(name) > 320 or not name.isprintable():
        return None
    login.check_throttle(name, peer=peer)
    return login.scram_secret(name)


def _login_as(name: str, service: str, peer: str) -> Identity | None:
    return login.login_as(name, service=service, peer=peer)


def _scram_failed(name: str, service: str, peer: str) -> None:
    login.scram_failed(name, service=service, peer=peer)


def unavailable(error: TemporaryFailure) -> bool:
    """Whether a failed login is our trouble (the directory) rather than too much guessing."""
    return error.status != status.Status(4, 7, 0)
