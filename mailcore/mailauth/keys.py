"""Make, look for, use, retire and forget DKIM keys; and the rotation that does it by itself.

Each change is one transaction and one new revision, and says who did it.  ConfigError in words
for the administrator; then nothing has changed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from mailcore.accounts.models import Domain
from mailcore.conf import store
from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.dns.resolver import Resolver
from mailcore.errors import ConfigError, GrammarError, TemporaryFailure
from mailcore.mailauth import sealing, tags
from mailcore.mailauth.author import ace
from mailcore.mailauth.models import DkimKey

KINDS = ("rsa", "ed25519")
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
State = DkimKey.State


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A key as it is shown: never its private half."""

    domain: str
    selector: str
    algorithm: str
    state: str
    created: datetime
    since: datetime
    seen: datetime | None
    checked: datetime | None
    name: str
    text: str


def listing(domain: str = "") -> list[KeyValue]:
    """Every key, or those of one domain, the newest first."""
    rows = DkimKey.objects.all()
    if domain:
        rows = rows.filter(domain=ace(domain))
    return [_value(row) for row in rows]


def show(domain: str, selector: str) -> KeyValue:
    return _value(_row(domain, selector))


def add(domain: str, kind: str, *, by: str, selector: str = "") -> KeyValue:
    """Make a key; it signs once its record was seen in DNS, or `activate` says so."""
    if kind not in KINDS:
        raise ConfigError(f"{kind!r} is no kind of key: {', '.join(KINDS)}")
    name = _ours(domain)
    selector = selector.lower() or _fresh_selector(name, kind)
    if not _SELECTOR.fullmatch(selector):
        raise ConfigError(f"{selector!r} is not a selector: letters, digits and hyphens")
    key = sealing.generate(kind)
    with _one_revision(f"Make DKIM key {selector} of {name}", by):
        row = DkimKey.objects.create(
            domain=name,
            selector=selector,
            algorithm=kind,
            private=sealing.seal(key, deployment().secret),
            public=sealing.public(key),
        )
    return _value(row)


def activate(domain: str, selector: str, *, by: str) -> None:
    """Sign with this key from now on; its predecessor of the same kind is retired."""
    row = _row(domain, selector)
    now = timezone.now()
    with _one_revision(f"Use DKIM key {selector} of {row.domain}", by):
        before = DkimKey.objects.filter(
            domain=row.domain, algorithm=row.algorithm, state=State.ACTIVE
        )
        before.exclude(pk=row.pk).update(state=State.RETIRED, since=now)
        if (
            not DkimKey.objects.filter(pk=row.pk)
            .exclude(state=State.ACTIVE)
            .update(state=State.ACTIVE, since=now)
        ):
            raise ConfigError(f"{row} is in use already")


def retire(domain: str, selector: str, *, by: str) -> None:
    """Sign with this key no more.  Its record has to stay while its mail is under way."""
    row = _row(domain, selector)
    with _one_revision(f"Retire DKIM key {selector} of {row.domain}", by):
        if (
            not DkimKey.objects.filter(pk=row.pk)
            .exclude(state=State.RETIRED)
            .update(state=State.RETIRED, since=timezone.now())
        ):
            raise ConfigError(f"{row} is retired already")


def remove(domain: str, selector: str, *, by: str) -> None:
    """Forget a key that is not in use."""
    row = _row(domain, selector)
    with _one_revision(f"Remove DKIM key {selector} of {row.domain}", by):
        if not DkimKey.objects.filter(pk=row.pk).exclude(state=State.ACTIVE).delete()[0]:
            raise ConfigError(f"{row} is in use: retire it first")


def check(domain: str, selector: str, resolver: Resolver) -> bool:
    """Whether DNS has the key's record; remembers when it first had.  Blocks.

    Raises TemporaryFailure when DNS does not answer.
    """
    row = _row(domain, selector)
    found = any(_matches(text, row.public) for text in resolver.txt(str(row)).records)
    now = timezone.now()
    seen = (row.seen or now) if found else None
    DkimKey.objects.filter(pk=row.pk).update(checked=now, seen=seen)
    return found


def rotate(domain: str, *, by: str) -> list[KeyValue]:
    """A successor for each kind of key that a domain has in use and that has none yet."""
    name = _ours(domain)
    rows = DkimKey.objects.filter(domain=name)
    waiting = {row.algorithm for row in rows if row.state == State.NEW}
    kinds = {row.algorithm for row in rows if row.state == State.ACTIVE} - waiting
    return [add(domain, kind, by=by) for kind in KINDS if kind in kinds]


def keep_up(resolver: Resolver, *, by: str = "rotation") -> None:
    """What rotation has to do now: look for records, use, succeed, forget.  Idempotent."""
    settings = snapshot().mailauth
    now = timezone.now()
    for row in DkimKey.objects.filter(state=State.NEW):
        try:
            found = check(row.domain, row.selector, resolver)
        except TemporaryFailure:
            continue
        row.refresh_from_db()
        ripe = now - timedelta(seconds=settings.dkim_publish_before)
        if found and row.seen is not None and (row.seen <= ripe or not _has_active(row)):
            activate(row.domain, row.selector, by=by)
    if settings.dkim_rotate_after:
        old = now - timedelta(seconds=settings.dkim_rotate_after)
        for row in DkimKey.objects.filter(state=State.ACTIVE, since__lt=old):
            successors = DkimKey.objects.filter(
                domain=row.domain, algorithm=row.algorithm, state=State.NEW
            )
            if not successors.exists() and _is_ours(row.domain):
                add(row.domain, row.algorithm, by=by)
    over = now - timedelta(seconds=settings.dkim_keep_after)
    for row in DkimKey.objects.filter(state=State.RETIRED, since__lt=over):
        remove(row.domain, row.selector, by=by)


def _has_active(row: DkimKey) -> bool:
    """Whether there is a key to go on with; without one nobody has to wait."""
    return DkimKey.objects.filter(
        domain=row.domain, algorithm=row.algorithm, state=State.ACTIVE
    ).exists()


def _matches(text: str, public: str) -> bool:
    try:
        return tags.solid(tags.parse(text).get("p", "")) == public
    except GrammarError:
        return False


def _value(row: DkimKey) -> KeyValue:
    return KeyValue(
        row.domain, row.selector, row.algorithm, row.state, row.created, row.since,
        row.seen, row.checked, str(row), f"v=DKIM1; k={row.algorithm}; p={row.public}",
    )  # fmt: skip


def _row(domain: str, selector: str) -> DkimKey:
    row = DkimKey.objects.filter(domain=ace(domain), selector=selector.lower()).first()
    if row is None:
        raise ConfigError(f"there is no DKIM key {selector} of {domain}")
    return row


def _ours(domain: str) -> str:
    """A domain of ours as DNS knows it.  Raises ConfigError."""
    name = ace(domain)
    if not name or not _is_ours(name):
        raise ConfigError(f"{domain!r} is no domain of this server")
    return name


def _is_ours(name: str) -> bool:
    names = (ace(each) for each in Domain.objects.values_list("name", flat=True))
    return name == ace(snapshot().me) or name in set(names)


def _fresh_selector(domain: str, kind: str) -> str:
    """`rsa-20261122`, and a number behind it when there is one of that day."""
    stem = f"{kind}-{timezone.now():%Y%m%d}"
    taken = set(
        DkimKey.objects.filter(domain=domain, selector__startswith=stem).values_list(
            "selector", flat=True
        )
    )
    selector, number = stem, 1
    while selector in taken:
        number += 1
        selector = f"{stem}-{number}"
    return selector


@contextmanager
def _one_revision(summary: str, by: str) -> Iterator[None]:
    try:
        with transaction.atomic(using="default"):
            yield
            store.record(summary, by=by)
    except IntegrityError:
        raise ConfigError("there is such a key already") from None
