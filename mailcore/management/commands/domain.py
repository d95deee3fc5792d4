"""`manage.py domain add|list|show|set|dns|remove`."""

from typing import Any

from django.core.management.base import CommandParser

from mailcore.accounts import administration
from mailcore.accounts.models import Domain
from mailcore.conf.current import snapshot
from mailcore.dns.resolver import Resolver
from mailcore.mailauth import published
from mailcore.mailauth.published import Record
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
        look = add("dns", self.do_dns, "the DNS records to publish")
        look.add_argument("name")
        look.add_argument("--check", action="store_true", help="say which of them DNS has")
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

    def do_dns(self, *, name: str, check: bool, **_: Any) -> object:
        domain = required(Domain.objects.filter(name=name.lower()), f"domain {name}")
        wanted = published.records(domain.name)
        if not check:
            return [_record(one) for one in wanted]
        queue = snapshot().queue
        found = published.check(wanted, Resolver(queue.resolvers, float(queue.dns_timeout)))
        return [{"seen": one.seen.value, **_record(one.record)} for one in found]

    def do_remove(self, *, name: str, **_: Any) -> object:
        administration.remove_domain(name, by=BY)
        return {"removed": name}


def _record(one: Record) -> dict[str, object]:
    return {"name": one.name, "type": one.kind, "value": one.value}


def _value(domain: Domain) -> dict[str, object]:
    return {
        "name": domain.name,
        "active": domain.active,
        "accounts": domain.accounts.count(),
        "aliases": domain.aliases.count(),
    }
