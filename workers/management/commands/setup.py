"""`manage.py setup`: bring home, databases and certificate to this version."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailcore.conf import current
from mailcore.conf.deployment import deployment
from mailcore.errors import ConfigError
from workers.supervisor import certificate, demo, readiness


class Command(BaseCommand):
    help = "Make or upgrade the home directory, the databases and the certificate; safe to repeat."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="also make example.test with alice, bob and admin"
        )

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        here = deployment()
        current.without_watching()
        try:
            readiness.prepare_home(here)
        except ConfigError as error:
            raise CommandError(str(error)) from None
        call_command("migrate", verbosity=0, interactive=False)
        call_command("migrate", database="queue", verbosity=0, interactive=False)
        # htmx is vendored; the copies that come with django_htmx are not ours to serve.
        call_command(
            "collectstatic", verbosity=0, interactive=False, ignore_patterns=["django_htmx"]
        )
        if certificate.ensure(here.tls_certificate, here.tls_key, here.hostname):
            self.stdout.write(f"Made a self-signed certificate: {here.tls_certificate}")
        if demo:
            self._demo()

    def _demo(self) -> None:
        file = deployment().home / "demo-passwords"
        made = demo.ensure(file)
        for address, password in made.items():
            self.stdout.write(f"  {address:<22} password {password}")
        if made:
            self.stdout.write(f"Kept in {file}, for your eyes only.")
