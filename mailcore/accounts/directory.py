"""Lookups of domains, accounts and aliases, as values, from a cache of this process.

The cache lives for one revision of `conf.current`: whoever changes the directory
advances the revision, and every process drops what it knew.  `cached_*` do no I/O
and may be called on an event loop; the others ask the database on a miss.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final

from mailcore.accounts.models import Account, Alias, Domain
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment

MOST_CACHED = 100_000


class Unknown(Enum):
    """The answer of `cached_*` when only the database can tell."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class AccountValue:
    """One account as the rest of the system sees it.

    `maildir` is absolute, as `home` is: where its `.courier` and `.mailfilter` files are, if it
    has any.  `node` names the machine that has its mail, empty: any (docs/proxy.md).
    """

    id: int
    address: str
    domain: str
    display_name: str
    maildir: Path
    home: Path
    quota_bytes: int
    quota_messages: int
    active: bool
    is_superuser: bool
    password: str = field(repr=False)
    scram_sha256: str = field(repr=False)
    scram_sha1: str = field(default="", repr=False)
    sealed_password: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    node: str = ""


@dataclass(frozen=True, slots=True)
class Sharer:
    """An account whose folders others may find in the shared tree.  `maildir` is absolute."""

    address: str
    maildir: Path
    quota_bytes: int
    quota_messages: int


@dataclass(slots=True)
class _Cache:
    """What this process knows at one revision."""

    revision: int
    domains: frozenset[str] | None = None
    accounts: dict[str, AccountValue | None] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    sharers: dict[tuple[str, str], tuple[Sharer, ...]] = field(default_factory=dict)


_cache = _Cache(-1)


def _fresh() -> _Cache:
    global _cache
    revision = snapshot().revision
    cache = _cache
    if cache.revision != revision:
        cache = _cache = _Cache(revision)
    return cache


def hosted_domains() -> frozenset[str]:
    """The domains we take mail for.  May ask the database."""
    cache = _fresh()
    if cache.domains is None:
        cache.domains = frozenset(Domain.objects.filter(active=True).values_list("name", flat=True))
    return cache.domains


def cached_domains() -> frozenset[str] | Unknown:
    """The same without I/O."""
    domains = _fresh().domains
    return UNKNOWN if domains is None else domains


def account(address: str) -> AccountValue | None:
    """The account called `address` (any case).  May ask the database."""
    key = address.lower()
    cache = _fresh()
    if key in cache.accounts:
        return cache.accounts[key]
    row = Account.objects.filter(address=key).select_related("domain").first()
    value = None if row is None else account_value(row)
    if len(cache.accounts) >= MOST_CACHED:
        cache.accounts.clear()
    cache.accounts[key] = value
    return value


def cached_account(address: str) -> AccountValue | Unknown | None:
    """The same without I/O: None is known to be absent."""
    return _fresh().accounts.get(address.lower(), UNKNOWN)


def alias(address: str) -> tuple[str, ...] | None:
    """Where mail for `address` goes, if it is an alias.  Exact; "@domain" is a key of its own.

    May ask the database.
    """
    key = address.lower()
    cache = _fresh()
    if key in cache.aliases:
        return cache.aliases[key]
    row = Alias.objects.filter(address=key, domain__active=True).first()
    value = None if row is None else tuple(row.targets)
    if len(cache.aliases) >= MOST_CACHED:
        cache.aliases.clear()
    cache.aliases[key] = value
    return value


def cached_alias(address: str) -> tuple[str, ...] | Unknown | None:
    """The same without I/O: None is known to be absent."""
    return _fresh().aliases.get(address.lower(), UNKNOWN)


def groups_of(options: Mapping[str, Any]) -> frozenset[str]:
    """The groups that an account's option `group` names; several with spaces between."""
    return frozenset(str(options.get("group") or "").split())


def may_share(options: Mapping[str, Any]) -> bool:
    """Whether an account takes part in sharing: Courier's option `disableshared`."""
    return not options.get("disableshared")


def sharers(domain: str, group: str) -> tuple[Sharer, ...]:
    """The accounts of one shared tree, by address: Courier's index of shared accounts.

    `domain` empty: of all domains.  `group` is the option `sharedgroup`, which divides an
    index into several that do not see each other.  May ask the database.
    """
    cache = _fresh()
    found = cache.sharers.get((domain, group))
    if found is None:
        rows = Account.objects.filter(active=True, domain__active=True)
        if domain:
            rows = rows.filter(domain__name=domain)
        found = tuple(
            Sharer(address, deployment().mail / maildir, octets, messages)
            for address, maildir, octets, messages, options in rows.order_by("address").values_list(
                "address", "maildir", "quota_bytes", "quota_messages", "options"
            )
            if may_share(options) and shared_group(options) == group
        )
        cache.sharers[(domain, group)] = found
    return found


def shared_group(options: Mapping[str, Any]) -> str:
    """Which index of shared accounts an account belongs to; empty for the common one."""
    return str(options.get("sharedgroup") or "")


def maildirs() -> list[Path]:
    """Where the mail of every active account is.  Asks the database."""
    rows = Account.objects.filter(active=True).values_list("maildir", flat=True)
    return [deployment().mail / relative for relative in rows]


def account_value(row: Account) -> AccountValue:
    """A row as a value; its domain must have been fetched with it."""
    return AccountValue(
        id=row.pk,
        address=row.address,
        domain=row.domain.name,
        display_name=row.display_name,
        maildir=deployment().mail / row.maildir,
        home=deployment().homes / row.maildir,
        quota_bytes=row.quota_bytes,
        quota_messages=row.quota_messages,
        active=row.active and row.domain.active,
        is_superuser=row.is_superuser,
        password=row.password,
        scram_sha256=row.scram_sha256,
        scram_sha1=row.scram_sha1,
        sealed_password=row.sealed_password,
        options=row.options,
        node=row.node,
    )


def forget() -> None:
    """Drop everything known, as a new revision does."""
    global _cache
    _cache = _Cache(-1)
