"""`manage.py sendmail`: what programs on this machine call to send mail.  Courier sendmail.

Exit codes are sysexits': 0 queued, 64 usage, 65 nobody to send to, 67 refused, 75 try again.
"""

import os
import sys
import time
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand

from mailcore import log
from mailcore.conf import current
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.errors import DeliveryError, GrammarError, TemporaryFailure
from mailcore.filters import global_filters
from mailcore.queue import committer, ids, spool
from mailcore.queue.content import ContentWriter
from mailcore.routing import router
from mailcore.routing.router import LOCAL, Destination, Resolution
from mailcore.submit import sendmail
from mailcore.submit.accept import Origin, accept
from mailcore.submit.sendmail import Submission

USAGE, NOTHING_TO_DO, REFUSED, LATER = 64, 65, 67, 75
WAIT = 120.0


class Command(BaseCommand):
    help = "Queue the message on standard input.  -f -F -N -R -V -S -verp -bcc -delay=TIME -n"
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """sendmail's options are its own, older than any option parser."""
        if argv[2:3] in (["--help"], ["-h"]):
            return super().run_from_argv(argv)
        sys.exit(_run(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(_run(list(args)))


def _run(arguments: list[str]) -> int:
    current.without_watching()
    log.setup(json=False, level="CRITICAL")  # cron mails whatever its programs say
    try:
        options = sendmail.parse_options(arguments)
    except GrammarError as problem:
        return _complain(problem, USAGE)
    try:
        data = sys.stdin.buffer.read()
        settings = snapshot()
        submission = sendmail.compose(options, data, os.environ, settings.default_domain)
        if options.dry_run:
            sys.stdout.buffer.write(submission.data.replace(b"\r\n", b"\n"))
            return 0
        _queue(submission, settings, options.delay)
    except GrammarError as problem:
        return _complain(problem, NOTHING_TO_DO)
    except (TemporaryFailure, OSError) as problem:
        return _complain(problem, LATER)
    except DeliveryError as problem:
        return _complain(problem, REFUSED)
    return 0


def _queue(submission: Submission, settings: Snapshot, delay: int) -> None:
    resolutions = [_resolve(each.path) for each in submission.envelope.recipients]
    writer = ContentWriter(spool.path(""), settings.queue.inline_limit)
    writer.write(submission.data)
    content = writer.finish()
    origin = Origin("local", helo=f"uid-{os.getuid()}", add_missing_headers=True)
    number = ids.new_id()
    envelope = replace(submission.envelope, release_at=time.time() + delay if delay else 0.0)
    try:
        global_filters.check_local(envelope, content, settings, number)
        accept(envelope, resolutions, content, origin, number=number).result(WAIT)
        committer.drain()
    except DeliveryError:
        content.discard()
        raise


def _resolve(path: Path) -> Resolution:
    """Local mail is taken even for users there are not, and bounces: senders may have gone."""
    found = router.resolve(path)
    if found.refusal is None:
        return found
    return Resolution(found.path, True, (Destination(LOCAL, found.path.key, found.path),))


def _complain(problem: Exception, code: int) -> int:
    sys.stderr.write(f"sendmail: {problem}\n")
    return code
