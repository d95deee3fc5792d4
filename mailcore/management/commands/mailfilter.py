"""`manage.py mailfilter check|show|set|remove`: accounts' filters, edited safely."""

import sys
from typing import Any

from mailcore.errors import ConfigError
from mailcore.filters import editing
from mailcore.maildrop import checking, limits
from mailcore.management.verbs import VerbCommand
from mailcore.routing import owners


class Command(VerbCommand):
    help = "What an account's .mailfilter and .mailfilters/ say; docs/maildrop.md."

    def verbs(self, add: Any) -> None:
        child = add("check", self.do_check, "say what is wrong with a filter, with its line")
        child.add_argument("file", nargs="?", default="-", help="- or nothing: standard input")
        for verb, run, what in (
            ("show", self.do_show, "print an account's filter"),
            ("set", self.do_set, "make or replace it, if nothing is wrong with it"),
            ("remove", self.do_remove, "remove it"),
        ):
            child = add(verb, run, what)
            child.add_argument("address")
            if verb == "set":
                child.add_argument("file", nargs="?", default="-", help="else standard input")
            child.add_argument(
                "--name", default="", help="one of .mailfilters/, such as rcptfilter or smtpfilter"
            )

    def do_check(self, *, file: str, **_: Any) -> object:
        found = checking.problems(_read(file))
        if found:
            raise ConfigError("\n".join(found))
        return "Nothing is wrong with it."

    def do_show(self, *, address: str, name: str, **_: Any) -> object:
        account, _extension = owners.owner(address)
        text = editing.read(account, name).decode("utf-8", "replace")
        return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)

    def do_set(self, *, address: str, file: str, name: str, **_: Any) -> object:
        account, _extension = owners.owner(address)
        editing.replace(account, _read(file), name)
        return {"set": name or ".mailfilter", "of": account.address}

    def do_remove(self, *, address: str, name: str, **_: Any) -> object:
        account, _extension = owners.owner(address)
        editing.remove(account, name)
        return {"removed": name or ".mailfilter"}


def _read(file: str) -> bytes:
    """A file or standard input, but no more than is too much."""
    if file == "-":
        return sys.stdin.buffer.read(limits.SOURCE_OCTETS + 1)
    try:
        with open(file, "rb") as stream:  # noqa: PTH123  # an administrator's own argument
            return stream.read(limits.SOURCE_OCTETS + 1)
    except OSError as problem:
        raise ConfigError(f"{file}: {problem.strerror}") from problem
