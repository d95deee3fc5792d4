"""`manage.py dkim list|add|show|check|use|rotate|retire|remove`."""

from dataclasses import asdict
from typing import Any

from mailcore.conf.current import snapshot
from mailcore.dns.resolver import Resolver
from mailcore.errors import ConfigError, TemporaryFailure
from mailcore.mailauth import keys
from mailcore.mailauth.keys import KeyValue
from mailcore.management.verbs import BY, VerbCommand


class Command(VerbCommand):
    help = "The keys that sign our mail (DKIM), and the records that publish them."

    def verbs(self, add: Any) -> None:
        add("list", self.do_list, "every key").add_argument("domain", nargs="?", default="")
        make = add("add", self.do_add, "make keys for a domain; they sign once DNS has them")
        make.add_argument("domain")
        make.add_argument("--kind", choices=keys.KINDS, action="append", default=[])
        make.add_argument("--selector", default="", help="a name of your own; one kind only")
        _named(add("show", self.do_show, "one key, with the record to publish"))
        _named(add("check", self.do_check, "whether DNS has the record"))
        use = add("use", self.do_use, "sign with this key from now on")
        _named(use)
        use.add_argument("--force", action="store_true", help="even if DNS has no record of it")
        change = add("rotate", self.do_rotate, "make successors of a domain's keys")
        change.add_argument("domain")
        _named(add("retire", self.do_retire, "sign with this key no more"))
        _named(add("remove", self.do_remove, "forget a key that is not in use"))

    def do_list(self, *, domain: str, **_: Any) -> object:
        return [_line(each) for each in keys.listing(domain)]

    def do_add(self, *, domain: str, kind: list[str], selector: str, **_: Any) -> object:
        kinds = kind or snapshot().mailauth.dkim_algorithms
        if selector and len(kinds) > 1:
            raise ConfigError("a selector names one key: say --kind")
        return [_record(keys.add(domain, each, by=BY, selector=selector)) for each in kinds]

    def do_show(self, *, domain: str, selector: str, **_: Any) -> object:
        return asdict(keys.show(domain, selector))

    def do_check(self, *, domain: str, selector: str, **_: Any) -> object:
        return {"published": _published(domain, selector)}

    def do_use(self, *, domain: str, selector: str, force: bool, **_: Any) -> object:
        if not force and not _published(domain, selector):
            raise ConfigError("DNS has no record of this key: publish it, or say --force")
        keys.activate(domain, selector, by=BY)
        return _line(keys.show(domain, selector))

    def do_rotate(self, *, domain: str, **_: Any) -> object:
        return [_record(each) for each in keys.rotate(domain, by=BY)]

    def do_retire(self, *, domain: str, selector: str, **_: Any) -> object:
        keys.retire(domain, selector, by=BY)
        return _line(keys.show(domain, selector))

    def do_remove(self, *, domain: str, selector: str, **_: Any) -> object:
        keys.remove(domain, selector, by=BY)
        return {"removed": selector}


def _named(parser: Any) -> None:
    parser.add_argument("domain")
    parser.add_argument("selector")


def _published(domain: str, selector: str) -> bool:
    queue = snapshot().queue
    try:
        return keys.check(domain, selector, Resolver(queue.resolvers, float(queue.dns_timeout)))
    except TemporaryFailure:
        raise ConfigError("DNS does not answer just now") from None


def _line(key: KeyValue) -> dict[str, object]:
    return {
        "domain": key.domain,
        "selector": key.selector,
        "kind": key.algorithm,
        "state": key.state,
        "since": f"{key.since:%Y-%m-%d}",
        "in dns": key.seen is not None,
    }


def _record(key: KeyValue) -> dict[str, object]:
    return {"name": key.name, "type": "TXT", "text": key.text}
