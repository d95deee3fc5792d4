"""Courier's vhosts: `vhost.ADDRESS` and `vhost.DOMAIN`, and the files with their suffix."""

import re
from ipaddress import ip_address

from mailcore.conf.schema import registry
from mailcore.migration.courier import facts, one_line
from mailcore.migration.files import Files, Text
from mailcore.migration.plan import Plan, Where

_KINDS = ("smtp", "submission", "submissions")
_CERTIFICATE = "copy this certificate into tls/ and name it behind the listener's addresses"


def _names(present: list[str]) -> list[str]:
    """The vhosts there are, the longest first: one name may end another."""
    return sorted((name[6:] for name in present if name.startswith("vhost.")), key=len)[::-1]


def settle(plan: Plan, files: Files, present: list[str], me: str) -> set[str]:
    """Make a listener of each address and a scope of each domain; returns the files read."""
    done: set[str] = set()
    for vhost in _names(present):
        scopes = _scopes(plan, vhost)
        done.add(f"vhost.{vhost}")
        for name in present:
            base = name.removesuffix(f".{vhost}")
            if base == name or name in done or base == "vhost":
                continue
            done.add(name)
            where = Where(name, 1)
            one = files.read(name)
            if base not in facts.ONE_LINE or not isinstance(one, Text):
                plan.decide(where, name, _CERTIFICATE if ".pem" in base else "give it by scope")
                continue
            for scope in scopes:
                one_line.put(plan, where, base, one.text, me=me, scope=scope, own=vhost)
    return done


def _scopes(plan: Plan, vhost: str) -> list[str]:
    where = Where(f"vhost.{vhost}")
    try:
        address = str(ip_address(vhost))
    except ValueError:
        plan.nothing(where, vhost, f"settings of the scope domain:{vhost}")
        return [f"domain:{vhost.lower()}"]
    name = re.sub(r"[^a-z0-9.-]", "-", f"vhost-{address}")
    if registry.find("access.listeners") is None:
        plan.missing(where, vhost, "no listener has an address of its own yet")
        return []
    written = f"[{address}]" if ":" in address else address
    listeners = {kind: f"{name}-{kind}" if kind != "smtp" else name for kind in _KINDS}
    plan.extend(
        where,
        vhost,
        "access.listeners",
        [f"{own} {kind} {written}" for kind, own in listeners.items()],
    )
    return [f"listener:{own}" for own in listeners.values()]
