"""`manage.py maildrop [FILE …]`: run a filter on the message on standard input.  Courier maildrop.

With `-d ADDRESS` it delivers into that account, by FILE or the account's own filter.  Without, it
only says what FILE would do.  With `-m` or `-M` the filter judges, as at SMTP time.  Exit codes
are the filter's own; 75 when it fails.
"""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mailcore import log
from mailcore.accounts.directory import AccountValue
from mailcore.conf import current
from mailcore.errors import ConfigError, DeliveryError, GrammarError, MailError
from mailcore.filters import instructions, judging
from mailcore.filters.judging import Case
from mailcore.filters.rehearsal import Rehearsal
from mailcore.maildrop import interpreter, limits, parser
from mailcore.maildrop.tree import Block
from mailcore.message import header
from mailcore.routing import owners
from mailcore.transports.local import by_hand

USAGE, LATER = 64, 75
_LONGEST = 268_435_456  # octets of a message


class Command(BaseCommand):
    help = "Run a filter on the message on standard input; docs/maildrop.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="the filter; else the account's own")
        parser.add_argument("arguments", nargs="*", help="what it has as $1, $2 …")
        parser.add_argument("-d", dest="account", metavar="ADDRESS", help="deliver to this account")
        parser.add_argument("-m", dest="embedded", metavar="FILE", help="a filter that only judges")
        parser.add_argument(
            "-M", dest="name", metavar="NAME", help="one of the .mailfilters/ of -d"
        )
        parser.add_argument("-A", dest="fields", action="append", default=[], metavar="HEADER")
        parser.add_argument("-f", dest="sender", metavar="SENDER", help="else from Return-Path")
        parser.add_argument("-V", dest="verbose", type=int, default=0, help="say more: 1 to 9")

    def handle(self, *args: Any, **options: Any) -> None:
        current.without_watching()
        log.setup(json=False, level="WARNING" if options["verbose"] else "CRITICAL")
        try:
            sys.exit(self._run(**options))
        except (ConfigError, GrammarError, DeliveryError, MailError) as problem:
            self.stderr.write(str(problem))
            sys.exit(USAGE if isinstance(problem, ConfigError) else LATER)
        except (OSError, sqlite3.Error) as problem:
            self.stderr.write(repr(problem))
            sys.exit(LATER)

    def _run(self, **options: Any) -> int:
        account = owners.owner(options["account"])[0] if options["account"] else None
        message = _message(options["fields"])
        sender = options["sender"] if options["sender"] is not None else _sender(message)
        arguments = tuple(options["arguments"])
        if options["name"] or options["embedded"]:
            first = (options["file"],) if options["file"] is not None else ()
            case = Case(message, (*first, *arguments), {**os.environ, "SENDER": sender})
            return self._judge(account, options["embedded"], options["name"], case)
        block = _parsed(options["file"]) if options["file"] else None
        if account is not None:
            code, said = by_hand.deliver(account, message, sender, block, arguments)
        elif block is not None:
            code, said = self._rehearse(block, message, sender, arguments)
        else:
            raise ConfigError("maildrop needs a FILE, or -d and an account.")
        self.stdout.write(said.decode("utf-8", "replace"), ending="")
        return code

    def _judge(self, account: AccountValue | None, file: str, name: str, case: Case) -> int:
        home = account.home if account else Path.cwd()
        if file:
            block = _parsed(file)
        elif account is None:
            raise ConfigError("-M needs -d and an account.")
        else:
            found = judging.find(home, name)
            if found is None:
                return 0
            block = instructions.load(found)
        judgement = judging.judge(home, block, name or file, case)
        self.stdout.write(judgement.text)
        return judgement.exit_code

    def _rehearse(
        self, block: Block, message: bytes, sender: str, arguments: tuple[str, ...]
    ) -> tuple[int, bytes]:
        environment = {os.fsencode(name): os.fsencode(value) for name, value in os.environ.items()}
        host = Rehearsal(Path.cwd(), environment, self.stderr.write)
        told = {b"%d" % n: os.fsencode(each) for n, each in enumerate(arguments, 1)}
        told |= {b"FROM": os.fsencode(sender), b"DEFAULT": b"./Maildir"}
        result = interpreter.run(block, message, host, {**environment, **told})
        if not result.settled:
            host.deliver(result.variables.get(b"DEFAULT", b""), message, result.variables)
        return result.exit_code, host.output


def _message(fields: list[str]) -> bytes:
    """Standard input without its CRs, the fields given in front of it."""
    told = b"".join(os.fsencode(field) + b"\n" for field in fields)
    message = told + sys.stdin.buffer.read(_LONGEST + 1).replace(b"\r", b"")
    if len(message) > _LONGEST:
        raise ConfigError(f"The message is longer than {_LONGEST} octets.")
    return message


def _sender(message: bytes) -> str:
    """Who sent it, as its Return-Path says; else nobody that an answer could reach."""
    found = header.first(header.fields(header.split(message)[0]), b"return-path")
    return "MAILER-DAEMON" if found is None else found.decode("utf-8", "replace").strip(" <>")


def _parsed(file: str) -> Block:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123  # an administrator's own argument
            return parser.parse(stream.read(limits.SOURCE_OCTETS + 1))
    except GrammarError as error:
        raise GrammarError(f"{file}, {error}") from None
