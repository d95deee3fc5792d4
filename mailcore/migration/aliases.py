"""Alias files → aliases: whoever's they are, programs and files are no destinations here."""

from collections.abc import Callable, Sequence

from mailcore.migration.files import Refused, Text
from mailcore.migration.grammar import alias_file
from mailcore.migration.grammar.alias_file import Entry, Kind, Member
from mailcore.migration.plan import Plan, Where

MOST_INCLUDED = 200
DEEPEST = 3  # an included file may include another

Include = Callable[[str], Text | Refused | None]


class Names:
    """The old server's own names.  `host` is its host name, for lines with a star."""

    def __init__(self, me: str, default_domain: str, host: str) -> None:
        self.me = starred(me, host)
        self.default_domain = starred(default_domain, host) or self.me
        self.host = host
        self.local: list[str] = [self.me]

    def is_local(self, domain: str) -> bool:
        return domain in self.local

    def complete(self, address: str) -> str:
        """An address or local part with its domain."""
        return address if "@" in address else f"{address}@{self.default_domain}"


def starred(name: str, host: str) -> str:
    return host + name[1:] if name == "*" or name.startswith("*.") else name


def read(plan: Plan, name: str, text: str, names: Names, include: Include) -> None:
    """Plan the aliases of one file."""
    for entry in alias_file.entries(text):
        where = Where(name, entry.line)
        if not entry.name:
            plan.unread(where, entry.text, "no name: member, …")
        elif not entry.members:
            plan.decide(where, entry.name, "this alias leads nowhere")
        elif entry.name.startswith("@"):
            _at_domain(plan, where, entry, names)
        else:
            make(plan, where, entry.name, _flat(plan, where, entry, include), names)


def make(plan: Plan, where: Where, name: str, members: Sequence[Member], names: Names) -> None:
    """Plan one alias; without a domain of its own it holds for every local name."""
    targets = [names.complete(one.text) for one in members if one.kind is Kind.ADDRESS]
    for one in members:
        if one.kind is not Kind.ADDRESS:
            plan.missing(where, f"{name}: {one.text}", _WHY[one.kind])
    if not targets:
        plan.decide(where, name, "nothing of this alias can be kept, so it is not made")
        return
    local, _, domain = name.lower().partition("@")
    if domain and not names.is_local(domain):
        _made(plan, where, f"{local}@{domain}", targets)
        return
    for one_domain in dict.fromkeys((names.default_domain, *names.local)):
        _made(plan, where, f"{local}@{one_domain}", targets)
    if local == "postmaster" and ("", "general.postmaster") not in plan.settings:
        plan.put(where, name, "general.postmaster", targets[0])


def _made(plan: Plan, where: Where, address: str, targets: list[str]) -> None:
    domain = address.rpartition("@")[2]
    if domain not in plan.domains and not plan.domain(where, address, domain):
        return
    plan.alias(where, address, targets)


def _at_domain(plan: Plan, where: Where, entry: Entry, names: Names) -> None:
    member = entry.members[0]
    if len(entry.members) > 1 or member.kind is not Kind.ADDRESS or member.text.endswith("!"):
        plan.missing(where, entry.text, "a domain's mail goes to addresses here")
    else:
        virtual_domain(plan, where, entry.name[1:].lower(), member.text, names)


def virtual_domain(plan: Plan, where: Where, domain: str, user: str, names: Names) -> None:
    """Mail for x@domain went to user-x, in Courier and in qmail; here user gets all of it."""
    if domain not in plan.domains and not plan.domain(where, f"@{domain}", domain):
        return
    plan.alias(where, f"@{domain}", [names.complete(user)])
    plan.decide(where, f"@{domain}: {user}", f"mail for x@{domain} went to {user}-x; now to {user}")


def _flat(plan: Plan, where: Where, entry: Entry, include: Include) -> list[Member]:
    """The members with included files read in their place."""
    found: list[Member] = []
    waiting = [(member, 0) for member in reversed(entry.members)]
    read = 0
    while waiting and len(found) < alias_file.MOST_MEMBERS:
        member, depth = waiting.pop()
        if member.kind is not Kind.INCLUDE:
            found.append(member)
            continue
        read += 1
        if depth >= DEEPEST or read > MOST_INCLUDED:
            plan.unread(where, f"{entry.name}: {member.text}", "files include files without end")
            continue
        text = include(member.text)
        if isinstance(text, Text):
            waiting += [(one, depth + 1) for one in reversed(alias_file.included(text.text))]
        else:
            why = text.why if text else "there is no such file"
            plan.unread(where, f"{entry.name}: :include:{member.text}", why)
    return found


_WHY = {
    Kind.PROGRAM: "mail is not handed to programs yet",
    Kind.FILE: "mail goes to accounts, not to files",
    Kind.SPECIAL: "aliases lead to addresses only",
    Kind.UNREAD: "no address",
    Kind.INCLUDE: "files include files without end",
}
