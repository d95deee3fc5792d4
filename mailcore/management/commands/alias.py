"""`manage.py alias add|list|show|set|remove|check`."""

from typing import Any

from mailcore.accounts import administration
from mailcore.accounts.models import Alias
from mailcore.management.verbs import BY, VerbCommand, required
from mailcore.routing import alias_check


class Command(VerbCommand):
    help = "Addresses whose mail goes elsewhere; @domain catches what nothing else does."

    def verbs(self, add: Any) -> None:
        for verb, run, what in (
            ("add", self.do_add, "make an alias"),
            ("set", self.do_set, "make or replace an alias"),
        ):
            child = add(verb, run, what)
            child.add_argument("address")
            child.add_argument("targets", nargs="+", metavar="TARGET")
        add("list", self.do_list, "every alias").add_argument("--domain", default="")
        add("show", self.do_show, "one alias").add_argument("address")
        add("remove", self.do_remove, "remove an alias").add_argument("address")
        add("check", self.do_check, "find circles, and targets that lead nowhere")

    def do_add(self, *, address: str, targets: list[str], **_: Any) -> object:
        return _value(administration.set_alias(address, targets, by=BY, must_be_new=True))

    def do_set(self, *, address: str, targets: list[str], **_: Any) -> object:
        return _value(administration.set_alias(address, targets, by=BY))

    def do_list(self, *, domain: str, **_: Any) -> object:
        rows = Alias.objects.all()
        if domain:
            rows = rows.filter(domain__name=domain.lower())
        return [_value(alias) for alias in rows]

    def do_show(self, *, address: str, **_: Any) -> object:
        return _value(required(Alias.objects.filter(address=address.lower()), f"alias {address}"))

    def do_remove(self, *, address: str, **_: Any) -> object:
        administration.remove_alias(address, by=BY)
        return {"removed": address}

    def do_check(self, **_: Any) -> object:
        return [{"address": each.address, "problem": each.problem} for each in alias_check.check()]


def _value(alias: Alias) -> dict[str, object]:
    return {"address": alias.address, "targets": alias.targets}
