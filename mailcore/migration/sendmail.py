"""sendmail's and Postfix's /etc/aliases → a plan."""

from mailcore.migration import aliases
from mailcore.migration.aliases import Names
from mailcore.migration.files import Files, Refused
from mailcore.migration.plan import Plan, Where

_OWNER = "mail that a list can't deliver goes back to its sender, not to the owner"


def plan(files: Files, name: str, domain: str) -> Plan:
    """What the alias file `name` says; its names are all of `domain`."""
    made = Plan()
    one = files.read(name)
    if one is None or isinstance(one, Refused):
        made.unread(Where(name), name, one.why if one else "there is no such file")
        return made
    aliases.read(made, name, one.text, Names(domain, domain, domain), files.read_absolute)
    for address in list(made.members):
        local = address.partition("@")[0]
        if local.startswith("owner-") and address.removeprefix("owner-") in made.members:
            made.missing(Where(name), local, _OWNER)
    return made
