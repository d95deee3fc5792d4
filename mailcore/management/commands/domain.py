"""`manage.py domain add|list|show|set|remove`."""

from typing import Any

from django.core.management.base import CommandParser

from mailcore.accounts import administration
from mailcore.accounts.models import Domain
from mailcore.management.verbs import BY, VerbCommand, required


class Command(VerbCommand):
    help = "The domains this server takes mail for."

    def verbs(self, add: Any) -> None:
        name: CommandParser = add("add", self.do_add, "take mail for a domain")
        name.add_argument("name")
        add("list", self.do_list, "every domain")
        add("show", self.do_show, "one domain").add_argument("name")
        change = add("set", self.do_set, "switch a domain on or off")
        change.add_argument("name")
        change.add_argument("state", choices=("on", "off"))
        add("remove", self.do_remove, "remove a domain without accounts").add_argument("name")

    def do_add(self, *, name: str, **_: Any) -> object:
        return _value(administration.add_domain(name, by=BY))

    def do_list(self, **_: Any) -> object:
        return [_value(domain) for domain in Domain.objects.all()]

    def do_show(self, *, name: str, **_: Any) -> object:
        return _value(required(Domain.objects.filter(name=name.lower()), f"domain {name}"))

    def do_set(self, *, name: str, state: str, **_: Any) -> object:
        administration.set_domain(name, active=state == "on", by=BY)
        return self.do_show(name=name)

    def do_remove(self, *, name: str, **_: Any) -> object:
        administration.remove_domain(name, by=BY)
        return {"removed": name}


def _value(domain: Domain) -> dict[str, object]:
    return {
        "name": domain.name,
        "active": domain.active,
        "accounts": domain.accounts.count(),
        "aliases": domain.aliases.count(),
    }
