"""From name and password to an identity; every protocol logs in here.

A correct password is remembered for some minutes as an HMAC under a key that only
this process has, together with the stored hash it was checked against: a changed
password or a disabled account ends that at once.
"""

import base64
import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field

from django.db.utils import Error as DatabaseError

from mailcore import log, status
from mailcore.accounts import directory, sealed
from mailcore.accounts.directory import AccountValue
from mailcore.auth import throttle
from mailcore.auth.contract import Login, No
from mailcore.auth.identity import Identity, of_account
from mailcore.auth.registry import backends, token_backends
from mailcore.conf.current import snapshot
from mailcore.errors import TemporaryFailure
from mailcore.protocol.sasl import Digest, digest_is_right

MOST_REMEMBERED = 50_000

_log = log.get("auth")
_key = secrets.token_bytes(32)
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Remembered:
    until: float
    encoded: str = field(repr=False)
    identity: Identity


_remembered: dict[bytes, _Remembered] = {}


@dataclass(frozen=True, slots=True)
class ScramSecret:
    """RFC 5802 §3: what the server keeps instead of the password."""

    iterations: int
    salt: bytes
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


def full_name(name: str) -> str:
    """The login name with its domain, lower case."""
    name = name.strip().lower()
    rules = snapshot()
    if "@" not in name and (domain := rules.auth.default_domain):
        return f"{name}@{domain}"
    return name


def verify(name: str, password: str, *, service: str, peer: str) -> Identity | None:
    """Check a password; None when it is wrong.  Blocks for tens of milliseconds.

    Raises TemporaryFailure when guessing is being slowed down (4.7.0) or no back end
    can tell (4.4.3).
    """
    name = full_name(name)
    rules = snapshot().auth
    digest = _digest(name, password, service)
    if _usable_name(name):
        try:
            known = _recall(digest, directory.account(name))
            if known is not None:
                return known
            throttle.check(name, peer, rules)
            answer = _ask(Login(name, password, service))
        except DatabaseError as error:
            _log.error("directory.unreachable", error=str(error))
            raise TemporaryFailure(status.DIRECTORY_FAILURE, "Try again later.") from error
    else:
        answer = No.REFUSED
    if isinstance(answer, No):
        throttle.failed(name, peer, rules)
        _log.info("login.failed", name=name[:320], service=service, peer=peer)
        return None
    throttle.succeeded(name, peer)
    _remember(digest, name, answer, rules.cache_seconds)
    return answer


def verify_cached(name: str, password: str, *, service: str, peer: str) -> Identity | None:
    """The identity if this password was found right lately; None: ask `verify`.  No I/O."""
    name = full_name(name)
    account = directory.cached_account(name)
    if not isinstance(account, AccountValue):
        return None
    return _recall(_digest(name, password, service), account)


def scram_secret(name: str, digest: str = "sha256") -> ScramSecret | None:
    """What SCRAM with this digest needs of the account; None when it has no such secret.

    Raises TemporaryFailure when the directory cannot be asked.
    """
    try:
        account = directory.account(full_name(name))
    except DatabaseError as error:
        raise TemporaryFailure(status.DIRECTORY_FAILURE, "Try again later.") from error
    if account is None or not account.active:
        return None
    kept = account.scram_sha256 if digest == "sha256" else account.scram_sha1
    if not kept:
        return None
    iterations, *parts = kept.split(":")
    salt, stored_key, server_key = (base64.b64decode(part) for part in parts)
    return ScramSecret(int(iterations), salt, stored_key, server_key)


def check_throttle(name: str, *, peer: str) -> None:
    """Raise TemporaryFailure when this peer has guessed too often; for SCRAM, before it starts."""
    throttle.check(full_name(name), peer, snapshot().auth)


def scram_failed(name: str, *, service: str, peer: str) -> None:
    """Count a SCRAM exchange that proved nothing."""
    throttle.failed(full_name(name), peer, snapshot().auth)
    _log.info("login.failed", name=name[:320], service=service, peer=peer)


def verify_digest(said: Digest, *, service: str, peer: str) -> Identity | None:
    """Check a CRAM-MD5 digest against the password kept for that; None when it is wrong.

    Raises TemporaryFailure as `verify` does.
    """
    name = full_name(said.name)
    check_throttle(name, peer=peer)
    try:
        account = directory.account(name) if _usable_name(name) else None
    except DatabaseError as error:
        raise TemporaryFailure(status.DIRECTORY_FAILURE, "Try again later.") from error
    password = sealed.opened(account.sealed_password) if account is not None else ""
    # An unknown name costs the same sum as a known one.
    if not digest_is_right(said, password or "nobody has this password") or not password:
        scram_failed(name, service=service, peer=peer)
        return None
    return login_as(name, service=service, peer=peer)


def verify_token(name: str, token: str, *, service: str, peer: str) -> Identity | None:
    """Ask the token back ends about a bearer token; `name` may be empty.

    Raises TemporaryFailure when guessing is slowed down, or a back end can't tell.
    """
    rules = snapshot().auth
    throttle.check(full_name(name), peer, rules)
    for backend in rules.token_backends:
        answer = token_backends.get(backend)().verify_token(name, token, service)
        if not isinstance(answer, No):
            throttle.succeeded(answer.address, peer)
            return answer
        if answer is No.REFUSED:
            break
    scram_failed(name, service=service, peer=peer)
    return None


def login_as(name: str, *, service: str, peer: str) -> Identity | None:
    """The identity of a name that was proved another way (SCRAM, a certificate)."""
    try:
        account = directory.account(full_name(name))
    except DatabaseError as error:
        raise TemporaryFailure(status.DIRECTORY_FAILURE, "Try again later.") from error
    if account is None or not account.active or account.options.get(f"disable{service}"):
        return None
    throttle.succeeded(account.address, peer)
    return of_account(account)


def _usable_name(name: str) -> bool:
    return 0 < len(name) <= 320 and name.isprintable()


def _ask(login: Login) -> Identity | No:
    answer: Identity | No = No.REFUSED
    for name in snapshot().auth.backends:
        answer = backends.get(name)().verify(login)
        if answer is not No.UNKNOWN:
            return answer
    return answer


def _digest(name: str, password: str, service: str) -> bytes:
    said = "\0".join((name, service, password)).encode("utf-8", "surrogatepass")
    return hmac.digest(_key, said, "sha256")


def _recall(digest: bytes, account: AccountValue | None) -> Identity | None:
    found = _remembered.get(digest)
    if found is None or account is None or not account.active:
        return None
    if found.until < time.monotonic() or found.encoded != account.password:
        _remembered.pop(digest, None)
        return None
    return of_account(account)


def _remember(digest: bytes, name: str, identity: Identity, seconds: int) -> None:
    account = directory.account(name)
    if account is None or not seconds:
        return
    with _lock:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[digest] = _Remembered(time.monotonic() + seconds, account.password, identity)


def forget() -> None:
    """Drop every remembered password."""
    _remembered.clear()
