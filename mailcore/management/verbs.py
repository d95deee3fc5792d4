"""Commands of the form `manage.py NOUN VERB …`, all with --json and the same errors."""

import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model, QuerySet

from mailcore.conf import current
from mailcore.errors import ConfigError

Row = TypeVar("Row", bound=Model)
BY = f"{os.environ.get('SUDO_USER') or os.environ.get('USER') or 'root'}@command-line"


class VerbCommand(BaseCommand):
    """Subclasses list their verbs; each verb's function returns what is to be printed.

    A list of mappings prints as a table, a mapping as lines, both as JSON with --json.
    """

    requires_system_checks: list[str] = []

    def verbs(self, add: Callable[[str, Callable[..., object], str], CommandParser]) -> None:
        """Declare each verb: name, function, help."""

    def add_arguments(self, parser: CommandParser) -> None:
        children = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

        def add(name: str, run: Callable[..., object], help: str) -> CommandParser:
            child: CommandParser = children.add_parser(name, help=help, description=help)
            child.add_argument("--json", action="store_true", help="print JSON")
            child.set_defaults(run=run)
            return child

        self.verbs(add)

    def handle(self, *args: Any, run: Callable[..., object], **options: Any) -> None:
        current.without_watching()
        try:
            answer = run(**options)
        except ConfigError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(answer, default=str, indent=2))
        else:
            self._print(answer)

    def _print(self, answer: object) -> None:
        if isinstance(answer, Mapping):
            for key, value in answer.items():
                self.stdout.write(f"{key}: {plain(value)}")
        elif isinstance(answer, Sequence) and not isinstance(answer, str):
            self.stdout.write(table(answer))
        elif answer is not None:
            self.stdout.write(str(answer))


def plain(value: object) -> str:
    """One value as a person reads it; control characters never reach the terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(plain(one) for one in value)
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value))


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Columns as wide as they need to be."""
    if not rows:
        return "None."
    heads = list(rows[0])
    lines = [heads, *([plain(row[head]) for head in heads] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def required(rows: "QuerySet[Row]", what: str) -> Row:
    """The only row, or a ConfigError that names what is missing."""
    row = rows.first()
    if row is None:
        raise ConfigError(f"there is no {what}")
    return row


def read_password(*, from_stdin: bool) -> str:
    """A password by prompt or standard input, never by argument (`ps` shows those)."""
    first = ask_password("Password: ", from_stdin=from_stdin)
    if not from_stdin and getpass.getpass("Again: ") != first:
        raise ConfigError("the two passwords differ")
    return first


def ask_password(prompt: str, *, from_stdin: bool) -> str:
    """An existing password, asked for once."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ConfigError("no terminal to ask for the password: use --password-stdin")
    return getpass.getpass(prompt)
