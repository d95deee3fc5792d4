"""Make, change and remove domains, accounts and aliases.

Each function is one transaction and one new revision, and says who did it.  They
raise ConfigError, in words for the administrator, and then nothing has changed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from django.db import IntegrityError, transaction

from mailcore.accounts import passwords, sealed
from mailcore.accounts.models import Account, Alias, Domain
from mailcore.conf import store
from mailcore.conf.current import snapshot
from mailcore.envelope import Path
from mailcore.errors import ConfigError, GrammarError

_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
MIN_PASSWORD = 8
_BATCH = 500  # rows of one query

OPTIONS = ("disableimap", "disablesmtp", "disableweb", "disablepop3", "disableshared", "group",
           "mailhost", "sharedgroup")  # fmt: skip
"""Courier's account options that are known here; `group` may name several, with spaces."""


def domain_name(text: str) -> str:
    """`text` as we store a domain: lower case, U-labels.  Raises ConfigError."""
    name = text.strip().lower().rstrip(".")
    try:
        ascii_name = name.encode("idna").decode("ascii")
        name = ascii_name.encode("ascii").decode("idna")
    except UnicodeError:
        raise ConfigError(f"{text!r} is not a domain name") from None
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or len(labels) < 2:
        raise ConfigError(f"{text!r} is not a full domain name, such as example.com")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ConfigError(f"{text!r} is not a domain name")
    return name


def address(text: str) -> Path:
    """`text` as an address of ours: lower case.  Raises ConfigError."""
    try:
        path = Path.of(text.strip().lower())
    except GrammarError:
        raise ConfigError(f"{text!r} is not a mail address") from None
    if len(path.local.encode()) > 64:
        raise ConfigError(f"{text!r}: the part before the @ is longer than 64 octets")
    return Path(path.local, domain_name(path.domain))


def add_domain(name: str, *, by: str) -> Domain:
    """Take mail for `name` from now on."""
    name = domain_name(name)
    with _one_revision(f"Add domain {name}", by):
        if Domain.objects.filter(name=name).exists():
            raise ConfigError(f"there is a domain {name} already")
        return Domain.objects.create(name=name)


def set_domain(name: str, *, by: str, active: bool) -> None:
    """Switch a domain off (mail is refused, nobody logs in) or on again."""
    with _one_revision(f"Switch {name} {'on' if active else 'off'}", by):
        if not Domain.objects.filter(name=domain_name(name)).update(active=active):
            raise ConfigError(f"there is no domain {name}")


def remove_domain(name: str, *, by: str) -> None:
    """Remove a domain that has no accounts any more; its aliases go with it."""
    domain = _domain(name)
    with _one_revision(f"Remove domain {domain.name}", by):
        count = domain.accounts.count()
        if count:
            raise ConfigError(f"{domain.name} still has {count} accounts; remove them first")
        domain.delete()


def add_account(
    text: str,
    password: str,
    *,
    by: str,
    display_name: str = "",
    quota_bytes: int = 0,
    quota_messages: int = 0,
    superuser: bool = False,
    hashed: bool = False,
) -> Account:
    """Make a mailbox and login.

    `password` is clear text, or with `hashed` an imported hash; quotas of 0 are no limit.
    """
    path = address(text)
    domain = _domain(path.domain)
    credentials = _imported(password) if hashed else _encode(password)
    with _one_revision(f"Add account {path}", by):
        if Account.objects.filter(address=str(path)).exists():
            raise ConfigError(f"there is an account {path} already")
        if Alias.objects.filter(address=str(path)).exists():
            raise ConfigError(f"{path} is an alias; remove it first")
        return Account.objects.create(
            address=str(path),
            domain=domain,
            display_name=display_name,
            **credentials,
            quota_bytes=quota_bytes,
            quota_messages=quota_messages,
            maildir=f"{quote(domain.name, safe='.')}/{_safe_name(path.local)}",
            is_superuser=superuser,
        )


def set_password(text: str, password: str, *, by: str, hashed: bool = False) -> None:
    """Give the account a new password."""
    credentials = _imported(password) if hashed else _encode(password)
    with _one_revision(f"Change the password of {text}", by):
        changed = Account.objects.filter(address=str(address(text))).update(**credentials)
        if not changed:
            raise ConfigError(f"there is no account {text}")


def renew_hash(account_id: int, old: str, password: str) -> None:
    """After a login with an imported hash, or one that lacks a form: store all our forms.

    Does nothing when the password was changed meanwhile.
    """
    with transaction.atomic(using="default"):
        changed = Account.objects.filter(pk=account_id, password=old).update(**_forms(password))
        if changed:
            store.advance()


def set_account(
    text: str,
    *,
    by: str,
    display_name: str | None = None,
    quota_bytes: int | None = None,
    quota_messages: int | None = None,
    active: bool | None = None,
    superuser: bool | None = None,
    node: str | None = None,
    maildir: str | None = None,
    options: Mapping[str, str] | None = None,
) -> None:
    """Change what is not None; an empty `node` is any.

    `options` are those of OPTIONS to change; an empty one, or 0, goes.

    `maildir` is absolute, or relative to the mail directory; nothing is moved there.
    """
    new: dict[str, object] = {
        "display_name": display_name,
        "quota_bytes": quota_bytes,
        "quota_messages": quota_messages,
        "active": active,
        "is_superuser": superuser,
        "node": node,
        "maildir": maildir,
    }
    if maildir is not None and (not maildir or "\0" in maildir or ".." in maildir.split("/")):
        raise ConfigError(f"{maildir!r} can't be a Maildir")
    if node and not _NODE.fullmatch(node):
        raise ConfigError(f"{node!r} can't be the name of a node")
    new = {name: value for name, value in new.items() if value is not None}
    if unknown := sorted(set(options or ()) - set(OPTIONS)):
        raise ConfigError(f"there is no option {unknown[0]!r}; there are {', '.join(OPTIONS)}")
    if options:
        row = Account.objects.filter(address=str(address(text))).first()
        before = row.options if row is not None else {}
        new["options"] = _merged(before, options)
    if not new:
        return
    with _one_revision(f"Change account {text}: {', '.join(new)}", by):
        if not Account.objects.filter(address=str(address(text))).update(**new):
            raise ConfigError(f"there is no account {text}")


def _merged(before: Mapping[str, object], changes: Mapping[str, str]) -> dict[str, object]:
    after = {**before, **changes}
    return {name: value for name, value in after.items() if value not in ("", "0", False)}


def remove_account(text: str, *, by: str) -> None:
    """Remove the login; the Maildir stays on disk for whoever wants it back."""
    with _one_revision(f"Remove account {text}", by):
        if not Account.objects.filter(address=str(address(text))).delete()[0]:
            raise ConfigError(f"there is no account {text}")


def set_alias(text: str, targets: Sequence[str], *, by: str, must_be_new: bool = False) -> Alias:
    """Make or replace an alias; `@domain` catches all other mail of a domain."""
    name, wanted = alias_name(text), alias_targets(targets)
    domain = _domain(name.rpartition("@")[2])
    with _one_revision(f"Set alias {name}: {', '.join(wanted)}", by):
        if must_be_new and Alias.objects.filter(address=name).exists():
            raise ConfigError(f"there is an alias {name} already")
        if Account.objects.filter(address=name).exists() and name not in wanted:
            raise ConfigError(f"{name} is an account; list it as a target too to keep its mail")
        row, _ = Alias.objects.update_or_create(
            address=name, defaults={"domain": domain, "targets": wanted}
        )
        return row


def set_aliases(wanted: Mapping[str, Sequence[str]], *, by: str) -> None:
    """Make or replace many aliases at once, in a few queries."""
    aliases = {alias_name(name): alias_targets(targets) for name, targets in wanted.items()}
    domains = {row.name: row for row in Domain.objects.all()}
    for name in aliases:
        if name.rpartition("@")[2] not in domains:
            raise ConfigError(f"there is no domain {name.rpartition('@')[2]}; add it first")
    with _one_revision(f"Set {len(aliases)} aliases", by):
        for some in _batches(list(aliases)):
            for taken in Account.objects.filter(address__in=some).values_list("address", flat=True):
                if taken not in aliases[taken]:
                    raise ConfigError(
                        f"{taken} is an account; list it as a target too to keep its mail"
                    )
            rows = [
                Alias(address=name, domain=domains[name.rpartition("@")[2]], targets=aliases[name])
                for name in some
            ]
            Alias.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["address"],
                update_fields=["targets", "domain"],
            )


def remove_aliases(names: Sequence[str], *, by: str) -> None:
    """Remove many aliases at once."""
    with _one_revision(f"Remove {len(names)} aliases", by):
        for some in _batches(names):
            Alias.objects.filter(address__in=some).delete()


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _BATCH):
        yield names[start : start + _BATCH]


def remove_alias(text: str, *, by: str) -> None:
    """Remove an alias."""
    with _one_revision(f"Remove alias {text}", by):
        if not Alias.objects.filter(address=text.strip().lower()).delete()[0]:
            raise ConfigError(f"there is no alias {text}")


def alias_name(text: str) -> str:
    """`text` as the name of an alias: an address, or `@domain`.  Raises ConfigError."""
    name = text.strip().lower()
    return "@" + domain_name(name[1:]) if name.startswith("@") else str(address(name))


def alias_targets(targets: Sequence[str]) -> list[str]:
    """The targets of an alias, each once.  Raises ConfigError."""
    wanted = list(dict.fromkeys(_target(target) for target in targets))
    if not wanted:
        raise ConfigError("an alias needs at least one target")
    return wanted


def _target(text: str) -> str:
    try:
        return str(Path.of(text))
    except GrammarError:
        raise ConfigError(f"{text!r} is not a mail address") from None


def _domain(name: str) -> Domain:
    name = domain_name(name)
    domain = Domain.objects.filter(name=name).first()
    if domain is None:
        raise ConfigError(f"there is no domain {name}; add it first")
    return domain


def _encode(password: str) -> dict[str, str]:
    if len(password) < MIN_PASSWORD:
        raise ConfigError(f"the password needs at least {MIN_PASSWORD} characters")
    if len(password.encode()) > passwords.MAX_PASSWORD or "\0" in password:
        raise ConfigError("the password is too long")
    return _forms(password)


def _forms(password: str) -> dict[str, str]:
    """Every form in which an account keeps its password, by column."""
    return {
        "password": passwords.make(password),
        "scram_sha256": passwords.scram(password, "sha256"),
        "scram_sha1": passwords.scram(password, "sha1"),
        "sealed_password": sealed.seal(password) if snapshot().auth.keep_passwords else "",
    }


def _imported(encoded: str) -> dict[str, str]:
    return {"password": encoded, "scram_sha256": "", "scram_sha1": "", "sealed_password": ""}


def _safe_name(local: str) -> str:
    """A directory name for any local part: never hidden, never a path."""
    name = quote(local, safe="+@=,")
    return "%2E" + name[1:] if name.startswith(".") else name


@contextmanager
def _one_revision(summary: str, by: str) -> Iterator[None]:
    """A transaction that ends in a history entry and a new revision."""
    try:
        with transaction.atomic(using="default"):
            yield
            store.record(summary, by=by)
    except IntegrityError:
        raise ConfigError("somebody else changed this at the same moment; try again") from None
