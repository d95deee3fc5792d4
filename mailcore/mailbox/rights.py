"""The algebra of rights: who somebody is, what a list gives them.  RFC 4314, Courier ACL2=UNION.

What a person may do is all that any entry for them gives, less all that any negative entry
for them takes away.  RFC 4314 leaves that to the server; Courier announces it as ACL2=UNION.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LOOKUP, READ, SEEN, WRITE, INSERT, POST, CREATE, DELETE_MAILBOX, DELETE, EXPUNGE, ADMINISTER = (
    "lrswipkxtea"
)
STANDARD = "lrswipkxtea"
"""The order in which rights are told.  RFC 4314 §2.1."""

ALL = frozenset("lrswikxtea")
"""What an owner has: everything but `p`, which Courier does not know; it is kept without effect."""

NONE: frozenset[str] = frozenset()
_OLD = {"c": "k", "d": "xte"}
OWNER, ANYONE, ANONYMOUS, ADMINISTRATORS = "owner", "anyone", "anonymous", "administrators"
_PREFIXES = ("user=", "group=")
OF_ADMINISTRATORS = frozenset((ADMINISTRATORS, "group=" + ADMINISTRATORS))

Entries = Mapping[str, str]
DEFAULT: Entries = {OWNER: "aceilrstwx", ADMINISTRATORS: "aceilrstwx"}
"""What holds where nothing is written: the account's own."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who wants to use a mailbox; `is_owner` of the account it lies in.

    `by_modes`: what they may do is said by the file system's permissions, not by entries.
    """

    address: str
    groups: frozenset[str] = frozenset()
    is_owner: bool = False
    by_modes: bool = False

    @property
    def is_administrator(self) -> bool:
        return ADMINISTRATORS in self.groups

    def is_meant_by(self, identifier: str) -> bool:
        """Whether a positive identifier is one of theirs."""
        if identifier in (ANYONE, ANONYMOUS):
            return True
        if identifier == OWNER:
            return self.is_owner
        if identifier in OF_ADMINISTRATORS:
            return self.is_administrator
        kind, _, name = identifier.partition("=")
        if kind == "user":
            return name.lower() == self.address
        return kind == "group" and name in self.groups


def parse(letters: str) -> frozenset[str]:
    """Rights as a file or an old client writes them: `c` stands for k, `d` for x, t and e.

    Letters nobody knows give nothing.
    """
    found: set[str] = set()
    for letter in letters:
        found.update(_OLD.get(letter, letter if letter in STANDARD else ""))
    return frozenset(found)


def in_file(rights: Iterable[str]) -> str:
    """Rights as Courier writes them: in alphabetical order, with `c` for creating folders."""
    return "".join(sorted("c" if right == CREATE else right for right in rights))


def told(rights: frozenset[str]) -> str:
    """Rights as a client is told them, with the old letters that they include (RFC 4314 §2.1.1)."""
    old = ("c" if CREATE in rights else "") + ("d" if rights & {"x", "t", "e"} else "")
    return "".join(right for right in STANDARD if right in rights) + old


def of(who: Who, entries: Entries) -> frozenset[str]:
    """What `who` may do by these entries.

    Owners may always administer, administrators are always given everything: nobody can
    lock either of them out.
    """
    rights = _union_minus_union(who, entries)
    return rights | {ADMINISTER} if who.is_owner else rights


def keeps_owner(entries: Entries, owner: str) -> bool:
    """Whether the owner would still see and administer the folder.  Courier refuses the rest."""
    return _union_minus_union(Who(owner, is_owner=True), entries) >= {LOOKUP, ADMINISTER}


def keeps_administrators(entries: Entries) -> bool:
    """Whether administrators would still have everything."""
    return of(Who("", frozenset((ADMINISTRATORS,))), entries) >= ALL


def shares(entries: Entries) -> bool:
    """Whether anybody but the owner and administrators might be given something."""
    kept = {OWNER, *OF_ADMINISTRATORS}
    return any(
        not name.startswith("-") and name not in kept and parse(letters)
        for name, letters in entries.items()
    )


def identifier(text: str) -> str:
    """The spelling of an identifier that a client sent: a bare name is a user's (RFC 4314 §3)."""
    sign = "-" if text.startswith("-") else ""
    name = text[len(sign) :]
    if name in (OWNER, ANYONE, ADMINISTRATORS):
        return sign + name
    if name == ANONYMOUS:
        return sign + ANYONE
    if name.startswith("user="):
        return sign + name.lower()
    if name.startswith(_PREFIXES):
        return sign + name
    return f"{sign}user={name.lower()}"


def _union_minus_union(who: Who, entries: Entries) -> frozenset[str]:
    given: set[str] = set(ALL) if who.is_administrator else set()
    taken: set[str] = set()
    for name, letters in entries.items():
        negative = name.startswith("-")
        plain = name[1:] if negative else name
        if not who.is_meant_by(plain) or (negative and plain in OF_ADMINISTRATORS):
            continue
        (taken if negative else given).update(parse(letters))
    return frozenset(given - taken)
