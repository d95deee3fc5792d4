"""What nobody waits for: orphaned spool files, old history, mailboxes to tidy."""

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailcore import log
from mailcore.accounts import directory, retention
from mailcore.bounce import freeze_notice
from mailcore.bus import publish
from mailcore.conf.current import snapshot
from mailcore.delivery import dmarc_reports, tls_reports
from mailcore.dns.resolver import Resolver
from mailcore.errors import MailError
from mailcore.filters import global_filters
from mailcore.mailauth import keys
from mailcore.mailbox import trash
from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders, vault
from mailcore.policy import greylist
from mailcore.queue import destinations, spool, trace
from mailcore.tlspolicy import counts, sts
from workers.celery import app

_log = log.get("housekeeping")


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep() -> None:
    """Remove spool files no row names, history past its retention, rests that are over."""
    now = time.time()
    spool.sweep(now)
    trace.prune(now - snapshot().general.trace_retention)
    destinations.prune(now)
    greylist.prune(now)
    global_filters.prune(now)
    sts.expire(now)
    counts.prune(datetime.now(UTC).date())
    dmarc_reports.prune(now)


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def report_tls() -> None:
    """Send yesterday's TLS reports, and read those that came about us."""
    tls_reports.send(datetime.now(UTC).date() - timedelta(days=1))
    tls_reports.read_all()


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def report_dmarc() -> None:
    """Send the DMARC reports of days that are over, and read those that came about us."""
    dmarc_reports.send(datetime.now(UTC).date())
    dmarc_reports.read_all()


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def tidy_mailboxes() -> None:
    """Bring every Maildir's file names and UID list up to date with its index.

    What is too old goes from Trash, and from the vault of expunged messages.

    One mailbox that cannot be tidied keeps no other from it.
    """
    for maildir in directory.maildirs():
        if not folders.is_maildir(maildir):
            continue
        try:
            _tidy(maildir)
        except (OSError, MailError, sqlite3.Error) as problem:
            _log.warning("mailbox.untidy", maildir=str(maildir), error=repr(problem))


def _tidy(maildir: Path) -> None:
    rules, now = snapshot().mailboxes, time.time()
    with MailStore(
        maildir, announce=publish.announce_mailbox, keeps=retention.keeps_expunged
    ) as store:
        trash.expire(store, [trash.parse(rule) for rule in rules.empty_trash], now)
        store.checkpoint()
    vault.expire(maildir, retention.expunged_since(now))
    if rules.undelete_size:
        vault.shrink(maildir, rules.undelete_size)


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def tell_of_freezes() -> None:
    """Tell accounts that sent far too much, and postmaster, that they send no more."""
    freeze_notice.tell()


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def rotate_keys() -> None:
    """Look for the records of new DKIM keys; use, succeed and forget keys in time."""
    queue = snapshot().queue
    keys.keep_up(Resolver(queue.resolvers, float(queue.dns_timeout)))
