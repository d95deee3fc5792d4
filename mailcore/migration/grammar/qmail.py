"""Lines of qmail's control files and of .qmail files that are more than one word."""

import re
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.migration.grammar.alias_file import Kind, Member

_ROUTE = re.compile(
    r"(?P<domain>[^\s:]*):(?P<relay>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]*)(?::(?P<port>\d{1,5}))?"
    r"(?:\s+(?P<user>\S+)\s+(?P<password>\S.*))?"
)


@dataclass(frozen=True, slots=True)
class Route:
    """A line of smtproutes; `user` and `password` are of a common patch."""

    domain: str
    relay: str
    port: int = 25
    user: str = ""
    password: str = ""

    @property
    def specificity(self) -> tuple[int, int]:
        """qmail takes the closest route, whatever the order: names, then suffixes, then all."""
        kind = 0 if self.domain and not self.domain.startswith(".") else 1 if self.domain else 2
        return kind, -len(self.domain)


def route(line: str) -> Route:
    """`domain:relay[:port][ user password]`.  Raises GrammarError."""
    found = _ROUTE.fullmatch(line.strip())
    if found is None:
        raise GrammarError("no domain:relay[:port]")
    return Route(
        found["domain"].lower(),
        found["relay"].lower(),
        int(found["port"] or 25),
        found["user"] or "",
        (found["password"] or "").strip(),
    )


def virtual(line: str) -> tuple[str, str]:
    """`domain:prefix` or `user@domain:prefix`.  Raises GrammarError."""
    left, colon, right = line.strip().partition(":")
    if not colon or re.search(r"\s", left + right):
        raise GrammarError("no domain:user")
    return left.lower(), right


def instructions(text: str) -> list[tuple[int, Member]]:
    """The instructions of a .qmail file, with their lines."""
    found: list[tuple[int, Member]] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith("|"):
            found.append((number, Member(Kind.PROGRAM, line[1:].strip())))
        elif line.startswith(("/", ".")):
            found.append((number, Member(Kind.FILE, line)))
        elif line and not line.startswith("#"):
            address = line.removeprefix("&").strip()
            bad = not address or re.search(r"[\s<>,()]", address)
            found.append((number, Member(Kind.UNREAD if bad else Kind.ADDRESS, address or line)))
    return found
