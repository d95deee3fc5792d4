"""`manage.py dotcourier show|check|set|remove ADDRESS[+EXTENSION]`: delivery instructions."""

import sys
from collections.abc import Sequence
from typing import Any

from mailcore.accounts.directory import AccountValue
from mailcore.conf.current import snapshot
from mailcore.errors import ConfigError, GrammarError
from mailcore.management.verbs import VerbCommand
from mailcore.routing import dotcourier, homes, owners
from mailcore.routing.homes import Found
from mailcore.transports.local import checking
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
        text = _speaking(*_owner(address)).text.decode("utf-8", "replace")
        return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)

    def do_check(self, *, address: str, input: str | None, **_: Any) -> object:
        account, extension = _owner(address)
        if input:
            return _rows(_checked(account, _read(), "what was read"))
        found = _speaking(account, extension)
        if not found.text:
            return f"{found.name} is empty: default delivery."
        return _rows(_checked(account, found.text, found.name))

    def do_set(self, *, address: str, **_: Any) -> object:
        account, extension = _owner(address)
        name, text = _own(account, extension), _read()
        remarks = _checked(account, text, name)
        for each in remarks:
            if each.is_wrong:
                raise ConfigError(f"{name}: line {each.line}: {each.problem}")
        try:
            homes.write(homes.make(account), name, text)
        except OSError as problem:
            raise ConfigError(f"{name} can't be written: {problem.strerror}") from problem
        return _rows(remarks)

    def do_remove(self, *, address: str, **_: Any) -> object:
        account, extension = _owner(address)
        name = _own(account, extension)
        try:
            (account.home / name).unlink()
        except FileNotFoundError:
            raise ConfigError(f"{account.address} has no {name}") from None
        return {"removed": name}


def _owner(address: str) -> tuple[AccountValue, str]:
    """The account and the extension, whose file there may be."""
    account, extension = owners.owner(address)
    if next(iter(dotcourier.candidates(extension)), None) is None:
        raise ConfigError(f"no file can be named for {address}")
    return account, extension


def _word(account: AccountValue) -> str:
    return snapshot().for_mail("", account.address).local.instructions_word


def _own(account: AccountValue, extension: str) -> str:
    """The name of the address's own file."""
    return next(iter(dotcourier.candidates(extension, _word(account)))).name


def _speaking(account: AccountValue, extension: str) -> Found:
    found = homes.instructions(account.home, extension, _word(account))
    if found is None:
        raise ConfigError("no file speaks for this address: default delivery")
    return found


def _read() -> bytes:
    """Standard input, but no more than is too much."""
    return sys.stdin.buffer.read(dotcourier.LONGEST + 1)


def _checked(account: AccountValue, text: bytes, name: str) -> list[Remark]:
    try:
        return checking.check(account, text)
    except GrammarError as problem:
        raise ConfigError(f"{name}: {problem}") from None
    except OSError as problem:
        raise ConfigError(f"the account's home can't be made: {problem.strerror}") from problem


def _rows(remarks: Sequence[Remark]) -> object:
    if not remarks:
        return "No instructions: mail is discarded, or delivered by default if the file is empty."
    return [{"line": each.line, "does": each.does, "problem": each.problem} for each in remarks]
