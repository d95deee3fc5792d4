"""A process of its own that accepts or delivers as told, to be killed at any moment.

    python -m tests.support.actor        with COURIER_HOME and the databases in the environment

Commands come as lines on standard input, answers go as lines to standard output.
"""

import os
import resource
import sys
import time
from collections import deque
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_web.settings")

import django

django.setup()

# ruff: noqa: E402 - models need Django's setting up
from django.core.management import call_command
from django.db import connections

from mailcore import log
from mailcore.accounts.models import Account, Domain
from mailcore.conf import current
from mailcore.conf.current import snapshot
from mailcore.delivery import attempt, scheduler
from mailcore.envelope import Envelope, EnvelopeRecipient, Path
from mailcore.errors import DeliveryError
from mailcore.queue import control, database, leases, signals, spool
from mailcore.queue.content import Content, ContentWriter
from mailcore.submit.accept import Origin, accept
from workers import doorbell

ACCOUNTS = 4
WINDOW = 50
HERE = Origin("ESMTP", "actor", "192.0.2.1")


def say(text: str) -> None:
    print(text, flush=True)


def message(number: int, size: int = 200) -> bytes:
    body = b"".join(b"line %06d\r\n" % line for line in range(size // 13))
    return b"From: <a@far.test>\r\nSubject: number %d\r\n\r\n" % number + body


def submit(number: int, size: int = 200) -> Any:
    path = Path(f"u{number % ACCOUNTS}", "example.test")
    envelope = Envelope(Path("a", "far.test"), (EnvelopeRecipient(path),))
    if size <= 131_072:
        content = Content.of(message(number, size))
    else:
        writer = ContentWriter(spool.path(""), snapshot().queue.inline_limit)
        writer.write(message(number, size))
        content = writer.finish()
    return accept(envelope, None, content, HERE)


def do_setup() -> None:
    call_command("migrate", verbosity=0)
    if connections["queue"].vendor == "sqlite":
        call_command("migrate", database="queue", verbosity=0)
    domain = Domain.objects.create(name="example.test")
    for number in range(ACCOUNTS):
        address = f"u{number}@example.test"
        Account.objects.create(
            address=address, domain=domain, password="x", maildir=f"example.test/u{number}"
        )
    say("ready")


def do_accept(number: str, size: str = "200") -> None:
    try:
        submit(int(number), int(size)).result(30)
    except DeliveryError as failure:
        say(f"refused {failure.status} {failure.text}")
    except OSError as failure:
        say(f"broken {failure.errno}")
    else:
        say(f"accepted {number}")


def do_flood(first: str) -> None:
    """Accept for ever, saying the number of each message once it is durable."""
    waiting: deque[tuple[int, Any]] = deque()
    number = int(first)
    while True:
        waiting.append((number, submit(number)))
        number += 1
        if len(waiting) >= WINDOW:
            oldest, future = waiting.popleft()
            future.result(30)
            say(f"accepted {oldest}")


def do_work() -> None:
    """Deliver for ever; leases of the dead are reaped at once."""
    leases.reap(time.time() + 1e6)
    say("working")
    while True:
        if not attempt.run_due("local")[0]:
            time.sleep(0.002)


def do_deliver() -> None:
    count = 0
    while some := attempt.run_due("local")[0]:
        count += some
    say(f"delivered {count}")


def do_instruct() -> None:
    """What accounts' instructions say of their mail, once each."""
    granted = scheduler.claim("instructions")
    for lease in granted:
        attempt.run(lease)
    say(f"instructed {len(granted)}")


def do_bell() -> None:
    """Ring for what is accepted from now on, as every process but this one does."""
    signals.message_queued.connect(doorbell.on_message_queued, dispatch_uid="doorbell")
    say("bell")


def do_tick() -> None:
    """What beat does."""
    doorbell.ring(scheduler.tick())
    say("ticked")


def do_reap() -> None:
    count = leases.reap(time.time() + 1e6)
    control.release([each.id for each in control.listing(held=True)])
    say(f"reaped {count}")


def do_left() -> None:
    with database.read() as cursor:
        cursor.execute("SELECT COUNT(*) FROM queue_recipient")
        say(f"left {cursor.fetchone()[0]}")


def do_rows() -> None:
    counts = []
    with database.read() as cursor:
        for table in ("message", "content", "recipient", "lease"):
            cursor.execute(f"SELECT COUNT(*) FROM queue_{table}")
            counts.append(str(cursor.fetchone()[0]))
    say("rows " + " ".join(counts))


def do_narrow(pages: str) -> None:
    """The queue's SQLite file may not grow beyond so many pages; 0: as it likes."""
    from django.db.backends.signals import connection_created

    def limit(connection: Any, **_: Any) -> None:
        if connection.alias == "queue":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA max_page_count={int(pages) or 1_073_741_823}")

    connection_created.connect(limit, weak=False, dispatch_uid="narrow")
    connections["queue"].close()
    say("narrow")


def do_short(octets: str) -> None:
    """No file of this process may be longer."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(octets), resource.RLIM_INFINITY))
    say("short")


def main() -> None:
    log.setup(json=False, level="CRITICAL")
    current.without_watching()
    signals.message_queued.disconnect(dispatch_uid="doorbell")
    for line in sys.stdin:
        word, *arguments = line.split()
        globals()[f"do_{word}"](*arguments)


if __name__ == "__main__":
    main()
