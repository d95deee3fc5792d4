"""What is wrong with the aliases as a whole: circles, and targets that lead nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from mailcore.accounts import directory
from mailcore.accounts.models import Alias
from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.routing import router


@dataclass(frozen=True, slots=True)
class Fault:
    """One alias, and what is wrong with it in the administrator's words."""

    address: str
    problem: str


def check() -> Iterator[Fault]:
    """Every fault, by address.  Asks the database for each target."""
    directory.forget()
    targets = {row.address: list(row.targets) for row in Alias.objects.order_by("address")}
    hosted = directory.hosted_domains()
    for address, names in targets.items():
        domain = address.rpartition("@")[2]
        for name in names:
            path = _path(name, domain)
            if path is None:
                yield Fault(address, f"{name} is no address")
            elif router.is_local(path.domain, hosted):
                refusal = router.resolve(path).refusal
                if refusal is not None and path.key != address:
                    yield Fault(address, f"{path} takes no mail: {refusal.text}")
        circle = _circle(address, targets)
        if circle and directory.account(address) is None:
            yield Fault(address, "leads back to itself: " + " → ".join(circle))


def _circle(address: str, targets: dict[str, list[str]]) -> list[str]:
    """The shortest way from an alias back to itself; empty when there is none."""
    ways = [[address]]
    seen = set()
    while ways:
        way = ways.pop(0)
        for name in targets.get(way[-1], ()):
            path = _path(name, way[-1].rpartition("@")[2])
            if path is None:
                continue
            if path.key == address:
                return [*way, address]
            if path.key not in seen:
                seen.add(path.key)
                ways.append([*way, path.key])
    return []


def _path(name: str, domain: str) -> Path | None:
    try:
        return Path.of(name if "@" in name else f"{name}@{domain}")
    except GrammarError:
        return None
