"""`manage.py testmx NAME`: where mail for a domain would go, and how.  Courier testmxlookup.

It asks DNS and, for MTA-STS, the domain's web server; it connects to no mail server.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailcore.conf import current
from mailcore.conf.current import snapshot
from mailcore.dns import mx, resolver
from mailcore.errors import DeliveryError
from mailcore.management.verbs import plain
from mailcore.transports.esmtp import routes, security
from mailcore.transports.esmtp.calls import rules
from mailcore.transports.esmtp.policies import Policies, Ruled
from mailcore.transports.esmtp.session import TlsBroken


class Command(BaseCommand):
    help = "Show where mail for a domain would go, and how; sends nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="a domain, or an [address]")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        current.without_watching()
        try:
            self._show(name.strip().lower().rstrip("."))
        except DeliveryError as refusal:
            raise CommandError(f"{plain(refusal.text)} ({refusal.status})") from None

    def _show(self, domain: str) -> None:
        settings = snapshot()
        route = routes.find(domain, settings.queue.routes)
        names = resolver.shared(
            settings.queue.resolvers,
            float(settings.queue.dns_timeout),
            settings.outgoing.dnssec_resolver_trusted,
        )
        if route.relay:
            self.stdout.write(f"Static route: {plain(route.relay)}")
        demand = security.demanded(route, "", settings.queue, settings.outgoing)
        policies = Policies(domain, settings, names, static=bool(route.relay))
        self.stdout.write(f"Domain {plain(domain)}:")
        for target in mx.targets(route.relay or domain, names, rules(settings, route)):
            self.stdout.write(
                f"Relay: {plain(target.host)}, Priority: {target.preference},"
                f" Address: {target.address}, Port: {route.port}"
                + (" [DNSSEC]" if target.secure else "")
            )
            try:
                ruled = policies.rule(target, route.port, demand, "")
            except TlsBroken as problem:
                self.stdout.write(f"    not used: {plain(str(problem))}")
                continue
            for line in _said(ruled):
                self.stdout.write(f"    {plain(line)}")
        if policies.problem:
            self.stdout.write(f"MTA-STS: {policies.problem}")


def _said(ruled: Ruled) -> list[str]:
    demand = ruled.demand
    if ruled.refused:
        tls = "not named by the policy" + ("; only reported" if ruled.tested else ": not used")
    elif demand.implicit:
        tls = "TLS from the start"
    elif demand.forbids_clear:
        tls = "TLS required"
    else:
        tls = "TLS where it is offered"
    if demand.trust.verify or demand.tlsa:
        tls += ", certificate verified"
    if ruled.tested and not ruled.refused:
        tls += "; failures only reported"
    lines = [tls]
    if ruled.policy == "sts":
        lines.append("MTA-STS: " + "; ".join(ruled.lines))
    elif ruled.policy == "tlsa":
        lines += [f"TLSA: {line}" for line in ruled.lines]
    return lines
