"""`manage.py dotcourier show|check|set|remove ADDRESS[+EXTENSION]`: delivery instructions."""

import sys
from collections.abc import Sequence
from typing import Any

from mailcore.accounts.directory import AccountValue
from mailcore.errors import ConfigError
from mailcore.management.verbs import BY, VerbCommand
from mailcore.routing import dotcourier, owners
from mailcore.routing.homes import Found
from mailcore.transports.local import editing
from mailcore.transports.local.checking import Remark


class Command(VerbCommand):
    help = "What an account's .courier files say; docs/dotcourier.md."

    def verbs(self, add: Any) -> None:
        for verb, run, what in (
            ("show", self.do_show, "print the file that speaks for an address"),
            ("check", self.do_check, "say what it does, line by line; with -, of standard input"),
            ("set", self.do_set, "make or replace an address's own file, from standard input"),
            ("remove", self.do_remove, "remove an address's own file"),
        ):
            child = add(verb, run, what)
            child.add_argument("address", metavar="ADDRESS[+EXTENSION]")
            if verb == "check":
                child.add_argument("input", nargs="?", choices=["-"], help="read standard input")

    def do_show(self, *, address: str, **_: Any) -> object:
        text = _speaking(*owners.owner(address)).text.decode("utf-8", "replace")
        return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)

    def do_check(self, *, address: str, input: str | None, **_: Any) -> object:
        account, extension = owners.owner(address)
        if input:
            return _rows(editing.check(account, _read(), "what was read"))
        found = _speaking(account, extension)
        if not found.text:
            return f"{found.name} is empty: default delivery."
        return _rows(editing.check(account, found.text, found.name))

    def do_set(self, *, address: str, **_: Any) -> object:
        account, extension = owners.owner(address)
        return _rows(editing.save(account, extension, _read(), by=BY))

    def do_remove(self, *, address: str, **_: Any) -> object:
        account, extension = owners.owner(address)
        return {"removed": editing.remove(account, extension, by=BY)}


def _speaking(account: AccountValue, extension: str) -> Found:
    found = editing.speaking(account, extension)
    if found is None:
        raise ConfigError("no file speaks for this address: default delivery")
    return found


def _read() -> bytes:
    """Standard input, but no more than is too much."""
    return sys.stdin.buffer.read(dotcourier.LONGEST + 1)


def _rows(remarks: Sequence[Remark]) -> object:
    if not remarks:
        return "No instructions: mail is discarded, or delivered by default if the file is empty."
    return [{"line": each.line, "does": each.does, "problem": each.problem} for each in remarks]
