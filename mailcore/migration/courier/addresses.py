"""Whose mail the old server took: locals, hosteddomains, esmtpacceptmailfor, aliases."""

from collections.abc import Callable

from mailcore.migration.files import Refused, Text
from mailcore.migration.grammar import alias_file, lines
from mailcore.migration.grammar.alias_file import Entry, Kind, Member
from mailcore.migration.plan import Plan, Where

MOST_INCLUDED = 200
DEEPEST = 3  # an included file may include another

_ONE_NAME_SPACE = (
    "in Courier all names of `locals` have the same users; here each address is an account"
    " or alias of its own"
)
_UNTOLD = "members of a list who cannot be reached are not told to the sender"

Include = Callable[[str], Text | Refused | None]


class Names:
    """The old server's own names.  `host` is its host name, for lines with a star."""

    def __init__(self, me: str, default_domain: str, host: str) -> None:
        self.me = _starred(me, host)
        self.default_domain = _starred(default_domain, host) or self.me
        self.host = host
        self.local: list[str] = [self.me]

    def is_local(self, domain: str) -> bool:
        return domain in self.local

    def complete(self, address: str) -> str:
        """An address or local part with its domain."""
        return address if "@" in address else f"{address}@{self.default_domain}"


def _starred(name: str, host: str) -> str:
    return host + name[1:] if name == "*" or name.startswith("*.") else name


def local_names(plan: Plan, name: str, text: str, names: Names) -> None:
    """locals: every name becomes a domain."""
    found: list[str] = []
    for number, line in lines.items(text):
        where, line = Where(name, number), _starred(line.lower(), names.host)
        if line.startswith(("!", ".")):
            plan.decide(where, line, "name the domains one by one: there are no wildcards here")
        elif "." not in line:
            plan.nothing(where, line, "not a full domain name; nobody outside can write to it")
        elif plan.domain(where, line, line):
            found.append(line)
    names.local = found or names.local
    if len(found) > 1:
        plan.decide(Where(name), ", ".join(found)[:200], _ONE_NAME_SPACE)


def hosted(plan: Plan, name: str, text: str, names: Names) -> None:
    """hosteddomains: `domain`, or `domain TAB target`."""
    for number, line in lines.items(text):
        where, words = Where(name, number), line.lower().split()
        domain = _starred(words[0], names.host)
        if domain.startswith("."):
            plan.decide(where, line, "name the domains one by one: there are no wildcards here")
        elif len(words) > 2:
            plan.unread(where, line, "no domain, or domain and target")
        elif plan.domain(where, line, domain) and words[1:] not in ([], ["1"], [domain]):
            plan.decide(
                where, line, f"no domain stands for another: make aliases to {words[1]} by name"
            )


def accepted(plan: Plan, name: str, text: str, names: Names) -> None:
    """esmtpacceptmailfor: domains that aren't ours would be relayed to their own servers."""
    for number, line in lines.items(text):
        where, domain = Where(name, number), _starred(line.split()[0].lower(), names.host)
        if domain in plan.domains or domain == names.me:
            plan.nothing(where, line, "the domain is ours")
        else:
            plan.missing(where, line, f"mail for {domain} is not relayed unless {domain} is ours")


def aliases(plan: Plan, name: str, text: str, names: Names, include: Include) -> None:
    """An alias file: programs and files are no destinations here."""
    for entry in alias_file.entries(text):
        where = Where(name, entry.line)
        if not entry.name:
            plan.unread(where, entry.text, "no name: member, …")
        elif not entry.members:
            plan.decide(where, entry.name, "this alias leads nowhere")
        elif entry.name.startswith("@"):
            _virtual_domain(plan, where, entry, names)
        else:
            _alias(plan, where, entry, names, include)


def _alias(plan: Plan, where: Where, entry: Entry, names: Names, include: Include) -> None:
    members = _flat(plan, where, entry, include)
    targets = [names.complete(member.text) for member in members if member.kind is Kind.ADDRESS]
    for member in members:
        if member.kind is not Kind.ADDRESS:
            plan.missing(where, f"{entry.name}: {member.text}", _WHY[member.kind])
    if not targets:
        plan.decide(where, entry.name, "nothing of this alias can be kept, so it is not made")
        return
    local, _, domain = entry.name.lower().partition("@")
    if domain and not names.is_local(domain):
        _made(plan, where, f"{local}@{domain}", targets)
        return
    for one in dict.fromkeys((names.default_domain, *names.local)):
        _made(plan, where, f"{local}@{one}", targets)
    if local == "postmaster" and ("", "general.postmaster") not in plan.settings:
        plan.put(where, entry.name, "general.postmaster", targets[0])


def _made(plan: Plan, where: Where, address: str, targets: list[str]) -> None:
    domain = address.rpartition("@")[2]
    if domain not in plan.domains and not plan.domain(where, address, domain):
        return
    plan.alias(where, address, targets)


def _virtual_domain(plan: Plan, where: Where, entry: Entry, names: Names) -> None:
    """`@domain: user`: Courier joins the local part to user; here user gets all of it."""
    member = entry.members[0]
    if len(entry.members) > 1 or member.kind is not Kind.ADDRESS or member.text.endswith("!"):
        plan.missing(where, entry.text, "a domain's mail goes to addresses here")
        return
    domain = entry.name[1:].lower()
    if domain not in plan.domains and not plan.domain(where, entry.name, domain):
        return
    plan.alias(where, f"@{domain}", [names.complete(member.text)])
    plan.decide(
        where, entry.text, f"mail for x@{domain} went to {member.text}-x; now to {member.text}"
    )


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
