"""Logging in over a connection: SASL exchanges and passwords, off the event loop.

Shared by the ESMTP, POP3 and IMAP servers, so each rule is written once.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from mailcore import log, status
from mailcore.accounts.passwords import SCRAM_ITERATIONS
from mailcore.auth import login
from mailcore.auth.identity import Identity
from mailcore.conf.current import snapshot
from mailcore.errors import TemporaryFailure
from mailcore.protocol import sasl
from mailcore.protocol.scram import Scram
from mailcore.server import threads

MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-256")
_SCRAM = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}

_log = log.get("auth")

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


@dataclass(frozen=True, slots=True)
class Channel:
    """What a connection itself knows of its client, and what may be offered on it.

    `bindings` are SCRAM's (type → data); `certified` is the login that the client's verified
    certificate names, empty without one; `me` our name.
    """

    offered: tuple[str, ...] = MECHANISMS
    bindings: Mapping[str, bytes] = field(default_factory=dict)
    certified: str = ""
    me: str = "localhost"


PLAIN_CHANNEL = Channel()


def usable(names: tuple[str, ...], channel: Channel) -> tuple[str, ...]:
    """Those of the mechanisms an administrator wants that can work on this connection."""
    auth = snapshot().auth
    tokens = bool(auth.token_backends)
    return tuple(
        name
        for name in names
        if (channel.bindings or not name.endswith("-PLUS"))
        and (channel.certified or name != "EXTERNAL")
        and (auth.keep_passwords or name != "CRAM-MD5")
        and (tokens or name not in ("OAUTHBEARER", "XOAUTH2"))
    )


def mechanism(name: str, decoy: bytes, channel: Channel = PLAIN_CHANNEL) -> sasl.Mechanism | None:
    """A fresh exchange of the mechanism called `name` (any case), None when it isn't offered.

    `decoy` must be the same in all processes of an installation, so that they agree on
    the salts of names that don't exist.
    """
    name = name.upper()
    if name not in channel.offered:
        return None
    match name:
        case "PLAIN":
            return sasl.Plain()
        case "LOGIN":
            return sasl.Login()
        case "CRAM-MD5":
            return sasl.CramMd5(f"<{secrets.token_urlsafe(24)}@{channel.me}>".encode())
        case "EXTERNAL":
            return sasl.External(channel.certified) if channel.certified else None
        case "OAUTHBEARER" | "XOAUTH2":
            return sasl.Bearer(name)
    return _scram(name, decoy, channel)


def _scram(name: str, decoy: bytes, channel: Channel) -> Scram | None:
    plain = name.removesuffix("-PLUS")
    if plain not in _SCRAM:
        return None
    can_bind = f"{plain}-PLUS" in channel.offered
    return Scram(
        _SCRAM[plain],
        secrets.token_urlsafe(24),
        decoy,
        decoy_iterations=SCRAM_ITERATIONS,
        bindings=channel.bindings if can_bind else None,
        plus=plain != name,
    )


async def with_sasl(
    exchange: sasl.Mechanism,
    initial: bytes | None,
    ask: Exchange,
    *,
    service: str,
    peer: str,
    masters: tuple[str, ...] = (),
) -> Identity | None:
    """Run a SASL exchange to its end; the identity it proves, or None.

    `ask` sends a challenge and returns the decoded response; what it raises ends the
    exchange.  `masters` may act as others on this connection.  Raises TemporaryFailure when
    nobody can tell now.
    """
    step = exchange.step(initial)
    while True:
        match step:
            case sasl.Challenge(data):
                step = exchange.step(await ask(data))
            case sasl.SecretWanted(name):
                assert isinstance(exchange, Scram)
                secret = await threads.database.run(_secret, name, exchange.digest, peer)
                step = exchange.with_secret(secret, login.full_name(name))
            case sasl.Token(name, token):
                assert isinstance(exchange, sasl.Bearer)
                found = await threads.database.run(_with_token, name, token, service, peer)
                if found is not None:
                    return found
                step = exchange.refused()
            case _:
                return await _ended(exchange, step, service, peer, masters)


async def _ended(
    exchange: sasl.Mechanism, step: sasl.Step, service: str, peer: str, masters: tuple[str, ...]
) -> Identity | None:
    """What the last step of an exchange proves."""
    match step:
        case sasl.Credentials(authzid, name, password) if _is_self(authzid, name):
            return await with_password(name, password, service=service, peer=peer)
        case sasl.Credentials(authzid, name, password) if _is_master(name, masters):
            return await _as_other(authzid, name, password, service, peer)
        case sasl.Proved(authzid, name) if _is_self(authzid, name):
            return await threads.database.run(_login_as, name, service, peer)
        case sasl.Digest():
            return await threads.database.run(_with_digest, step, service, peer)
        case sasl.Failed() if isinstance(exchange, Scram) and exchange.claimed:
            await threads.database.run(_scram_failed, exchange.claimed, service, peer)
    return None


def _is_self(authzid: str, name: str) -> bool:
    """Nobody but a master acts as somebody else."""
    return not authzid or authzid.lower() == name.lower()


def _is_master(name: str, masters: tuple[str, ...]) -> bool:
    return login.full_name(name) in (login.full_name(master) for master in masters)


async def _as_other(
    wanted: str, master: str, password: str, service: str, peer: str
) -> Identity | None:
    """The identity of an account that a master acts for; the log says who did.  RFC 4616 §2."""
    if await with_password(master, password, service=service, peer=peer) is None:
        return None
    found = await threads.database.run(_login_as, wanted, service, peer)
    _log.warning("login.as_other", master=master, account=wanted[:320], service=service,
                 peer=peer, found=found is not None)  # fmt: skip
    return found


def _secret(name: str, digest: str, peer: str) -> login.ScramSecret | None:
    if len(name) > 320 or not name.isprintable():
        return None
    login.check_throttle(name, peer=peer)
    return login.scram_secret(name, digest)


def _with_digest(said: sasl.Digest, service: str, peer: str) -> Identity | None:
    return login.verify_digest(said, service=service, peer=peer)


def _with_token(name: str, token: str, service: str, peer: str) -> Identity | None:
    return login.verify_token(name, token, service=service, peer=peer)


def _login_as(name: str, service: str, peer: str) -> Identity | None:
    return login.login_as(name, service=service, peer=peer)


def _scram_failed(name: str, service: str, peer: str) -> None:
    login.scram_failed(name, service=service, peer=peer)


def unavailable(error: TemporaryFailure) -> bool:
    """Whether a failed login is our trouble (the directory) rather than too much guessing."""
    return error.status != status.Status(4, 7, 0)
