"""Whose mail the old server took: locals, hosteddomains, esmtpacceptmailfor."""

from mailcore.migration.aliases import Names, starred
from mailcore.migration.grammar import lines
from mailcore.migration.plan import Plan, Where

_ONE_NAME_SPACE = (
    "in Courier all names of `locals` have the same users; here each address is an account"
    " or alias of its own"
)


def local_names(plan: Plan, name: str, text: str, names: Names) -> None:
    """locals: every name becomes a domain."""
    found: list[str] = []
    for number, line in lines.items(text):
        where, line = Where(name, number), starred(line.lower(), names.host)
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
        domain = starred(words[0], names.host)
        if domain.startswith("."):
            plan.decide(where, line, "name the domains one by one: there are no wildcards here")
        elif len(words) > 2:
            plan.unread(where, line, "no domain, or domain and target")
        elif plan.domain(where, line, domain) and words[1:] not in ([], ["1"], [domain]):
            plan.decide(
                where, line, f"no domain stands for another: make aliases to {words[1]} by name"
            )


def accepted(plan: Plan, name: str, text: str, names: Names) -> None:
    """esmtpacceptmailfor: mail for domains that aren't ours is relayed to their own servers."""
    for number, line in lines.items(text):
        where, domain = Where(name, number), starred(line.split()[0].lower(), names.host)
        if domain in plan.domains or domain == names.me:
            plan.nothing(where, line, "the domain is ours")
        else:
            plan.extend(where, line, "esmtp.relay_to", [domain])


def percent_relay(plan: Plan, name: str, text: str, names: Names) -> None:
    """esmtppercentrelay: for which domains user%domain@ours is passed on."""
    for number, line in lines.items(text):
        domain = starred(line.split()[0].lower(), names.host)
        plan.extend(Where(name, number), line, "outgoing.percent_relay", [domain])
