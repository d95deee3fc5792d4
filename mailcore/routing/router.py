"""Forward-path → where it goes: the one place that decides.  docs/routing.md.

`cached` answers from memory and never waits; `resolve` may ask the database.  Aliases are
expanded here, so whoever accepts a message knows every destination before saying 250.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import Error as DatabaseError

from mailcore import status
from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue, Unknown
from mailcore.conf.current import snapshot
from mailcore.envelope import Path
from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.mailauth import forwarding
from mailcore.routing import dotcourier, homes
from mailcore.status import Status

LOCAL, ESMTP = "local", "esmtp"
DEEPEST = 20  # aliases within aliases
MOST = 10_000  # destinations of one forward-path
_MOST_EXTENSIONS = 4


@dataclass(frozen=True, slots=True)
class Destination:
    """Transport and host to hand `path` to.  A local host is the account's address."""

    transport: str
    host: str
    path: Path


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why mail for this path is not taken: `code status text` of the reply."""

    code: int
    status: Status
    text: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the router says of one forward-path.

    `local`: the domain is ours.  `alias`: expanded; with several destinations it is a list,
    whose members' failures the sender is not told (Courier).
    """

    path: Path
    local: bool
    destinations: tuple[Destination, ...] = ()
    refusal: Refusal | None = None
    alias: bool = False

    @property
    def is_list(self) -> bool:
        return self.alias and len(self.destinations) > 1


class _Directory(Protocol):
    def domains(self) -> frozenset[str]: ...
    def account(self, address: str) -> AccountValue | None: ...
    def alias(self, address: str) -> tuple[str, ...] | None: ...
    def speaks(self, account: AccountValue, local: str) -> bool: ...


class _NotCached(Exception):
    """Only the database knows."""


class _Asked:
    """The directory, asking the database when it must."""

    domains = staticmethod(directory.hosted_domains)
    account = staticmethod(directory.account)
    alias = staticmethod(directory.alias)

    def speaks(self, account: AccountValue, local: str) -> bool:
        """Whether the account has instructions for others of this name; looks at the disk."""
        settings = snapshot().for_mail("", account.address)
        if not settings.local.instructions:
            return False
        separators = settings.queue.extension_separators
        extension = dotcourier.extension(local, dotcourier.ALIAS, separators)
        return homes.speaks(account.home, extension, settings.local.instructions_word)


class _Remembered:
    """The directory from memory alone."""

    def domains(self) -> frozenset[str]:
        found = directory.cached_domains()
        if isinstance(found, Unknown):
            raise _NotCached
        return found

    def account(self, address: str) -> AccountValue | None:
        found = directory.cached_account(address)
        if isinstance(found, Unknown):
            raise _NotCached
        return found

    def alias(self, address: str) -> tuple[str, ...] | None:
        found = directory.cached_alias(address)
        if isinstance(found, Unknown):
            raise _NotCached
        return found

    def speaks(self, account: AccountValue, local: str) -> bool:
        raise _NotCached


_ASKED = _Asked()
_REMEMBERED = _Remembered()


def cached(path: Path) -> Resolution | None:
    """The resolution if memory has it, without any I/O; None means: ask `resolve`."""
    try:
        return _resolution(path, _REMEMBERED)
    except _NotCached:
        return None


def resolve(path: Path) -> Resolution:
    """Where `path` goes.  Raises TemporaryFailure when the directory does not answer."""
    try:
        return _resolution(path, _ASKED)
    except DatabaseError:
        connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()
        raise TemporaryFailure(
            status.DIRECTORY_FAILURE, "Address lookup failed. Try again later."
        ) from None


def is_local(domain: str, hosted: frozenset[str]) -> bool:
    """Whether mail for `domain` stays here: hosted, or this server's own name."""
    return domain in hosted or domain == snapshot().me.lower()


def _resolution(path: Path, ask: _Directory) -> Resolution:
    path = path if path.domain else Path(path.local, snapshot().default_domain.lower())
    if not is_local(path.domain, ask.domains()):
        return Resolution(path, False, (Destination(ESMTP, path.domain, path),))
    passed_on = _percent(path)
    if passed_on is not None:
        return Resolution(path, True, (Destination(ESMTP, passed_on.domain, passed_on),))
    refusal = _malformed(path)
    if refusal:
        return Resolution(path, True, refusal=refusal)
    bounce = _bounce(path)
    if bounce is not None:
        return bounce
    found = _lookup(path, ask)
    if isinstance(found, Refusal):
        return Resolution(path, True, refusal=found)
    if isinstance(found, Destination):
        return Resolution(path, True, (found,))
    reached: dict[tuple[str, str], Destination] = {}
    for destination in _expand(path, found, ask, (path.key,), set()):
        reached.setdefault((destination.transport, destination.path.key), destination)
        if len(reached) > MOST:
            break
    if not reached:
        return Resolution(path, True, refusal=_unknown(path))
    return Resolution(path, True, tuple(reached.values()), alias=True)


def _bounce(path: Path) -> Resolution | None:
    """A bounce of mail that we forwarded goes to who sent it; None for other mail.  SRS."""
    try:
        original = forwarding.original(path.local)
    except GrammarError:
        return Resolution(path, True, refusal=_unknown(path))
    if original is None:
        return None
    return Resolution(path, True, (Destination(ESMTP, original.domain, original),))


def _lookup(path: Path, ask: _Directory) -> Destination | tuple[str, ...] | Refusal:
    """One step: an account, the targets of an alias, or a refusal."""
    for local in _names(path.local.lower()):
        address = f"{local}@{path.domain}"
        targets = ask.alias(address)
        if targets is not None:
            return targets
        account = ask.account(address)
        if account is not None:
            return _account(path, account)
    if path.local.lower() == "postmaster":
        return _postmaster(path, ask)
    targets = ask.alias(f"@{path.domain}")
    return (_spoken_for(path, ask) or _unknown(path)) if targets is None else targets


def _spoken_for(path: Path, ask: _Directory) -> Destination | None:
    """Nobody, for whom the domain's account `alias` has instructions.  Courier."""
    account = ask.account(f"{dotcourier.ALIAS}@{path.domain}")
    if account is None or not account.active or not ask.speaks(account, path.local):
        return None
    return Destination(LOCAL, account.address, path)


def _names(local: str) -> Iterator[str]:
    """The local part, then without its extension, longest first; Courier defaultsep."""
    yield local
    separators = snapshot().queue.extension_separators
    ends = [at for at, letter in enumerate(local) if letter in separators and at]
    for end in reversed(ends[:_MOST_EXTENSIONS]):
        yield local[:end]


def _account(path: Path, account: AccountValue) -> Destination | Refusal:
    if not account.active:
        return Refusal(550, status.MAILBOX_DISABLED, f"User <{path}> takes no mail.")
    return Destination(LOCAL, account.address, path)


def _postmaster(path: Path, ask: _Directory) -> tuple[str, ...] | Refusal | Destination:
    """Postmaster is read at every domain of ours.  RFC 5321 §4.5.1."""
    named = snapshot().general.postmaster
    if not named:
        return _unknown(path)
    account = ask.account(named)
    return _account(path, account) if account else (named,)


def _expand(
    path: Path,
    targets: tuple[str, ...],
    ask: _Directory,
    above: tuple[str, ...],
    seen: set[str],
) -> Iterator[Destination]:
    """Every destination below an alias; each name is expanded once.

    A name that leads back to itself stands for the account of that name, or for nothing.
    """
    for target in targets:
        member = _member(target, path.domain)
        if member is None:
            continue
        if not is_local(member.domain, ask.domains()):
            yield Destination(ESMTP, member.domain, member)
        elif member.key in above:
            account = ask.account(member.key)
            if account is not None and account.active:
                yield Destination(LOCAL, account.address, member)
        elif member.key not in seen and len(above) < DEEPEST:
            seen.add(member.key)
            found = _lookup(member, ask)
            if isinstance(found, Destination):
                yield found
            elif isinstance(found, tuple):
                yield from _expand(member, found, ask, (*above, member.key), seen)


def _member(target: str, domain: str) -> Path | None:
    """An alias's target as a path; one without a domain is in the alias's own."""
    try:
        return Path.of(target if "@" in target else f"{target}@{domain}")
    except GrammarError:
        return None


def _percent(path: Path) -> Path | None:
    """`user%domain@ours` for a domain that is relayed so.  Courier esmtppercentrelay."""
    relayed = snapshot().outgoing.percent_relay
    local, percent, domain = path.local.rpartition("%")
    if not (relayed and percent and local) or domain.lower() not in map(str.lower, relayed):
        return None
    return Path(local, domain.lower())


def _malformed(path: Path) -> Refusal | None:
    """Local parts that name nobody here.  Courier reserves a leading dot and `!`."""
    if path.local.startswith(".") or "!" in path.local or "/" in path.local:
        return Refusal(550, status.NO_SUCH_MAILBOX, f"User <{path}> unknown")
    return None


def _unknown(path: Path) -> Refusal:
    return Refusal(550, status.NO_SUCH_MAILBOX, f"User <{path}> unknown")
