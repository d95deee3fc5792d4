"""`manage.py up`: the whole server on this machine, in the foreground."""

import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mailcore.conf import current
from mailcore.conf.deployment import Deployment, deployment
from mailcore.errors import ConfigError
from mailcore.server.listener import listen
from workers.supervisor import readiness, services
from workers.supervisor.supervisor import Supervisor


class Command(BaseCommand):
    help = (
        "Run every enabled service of this machine until SIGTERM or Ctrl-C, which drain. "
        "SIGHUP reads certificates again."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        here = deployment()
        current.without_watching()
        try:
            readiness.prepare_home(here)
            readiness.check_databases()
            sockets = _listen(here)
        except ConfigError as error:
            raise CommandError(str(error)) from None
        services.preload()
        supervisor = Supervisor(services.services(here, current.snapshot(), sockets))
        self._announce(here)
        supervisor.run()

    def _announce(self, here: Deployment) -> None:
        write = self.stdout.write
        write(f"\nCourier is running in {here.home}; Ctrl-C stops it.\n")
        write(f"  webmail, calendar   http://{here.bind}:{here.ports['http']}/")
        write(f"  administration      http://{here.bind}:{here.ports['http']}/admin/")
        for name, what in (
            ("smtp", "mail from other servers"),
            ("submission", "sending, STARTTLS"),
            ("submissions", "sending, TLS"),
            ("lmtp", "local delivery"),
            ("imap", "reading, STARTTLS"),
            ("imaps", "reading, TLS"),
            ("pop3", "fetching, STARTTLS"),
            ("pop3s", "fetching, TLS"),
        ):
            write(f"  {name:<19} {here.bind}:{here.ports[name]:<6} {what}")
        passwords = here.home / "demo-passwords"
        if passwords.exists():
            write(f"Demo passwords: {passwords}\n")


def _listen(here: Deployment) -> dict[str, list[socket.socket]]:
    """Bind every port now, so that a port in use is one clear line and not a broken service."""
    sockets: dict[str, list[socket.socket]] = {}
    unused = () if current.snapshot().proxy.enabled else services.LISTENERS["proxyd"]
    for name, port in here.ports.items():
        if name in unused:
            continue
        try:
            sockets[name] = listen(here.bind, port)
        except ConfigError as error:
            raise ConfigError(
                f"{error}: stop what uses it, or set COURIER_PORT_{name.upper()} to another port"
            ) from None
    for one in sockets.pop("http"):  # the web server binds for itself
        one.close()
    return sockets
