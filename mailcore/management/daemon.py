"""Servers as commands: `manage.py NAME [--fd LISTENER=N]…`, until SIGTERM."""

import socket
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailcore import log
from mailcore.bus import client as bus
from mailcore.conf.deployment import deployment
from mailcore.errors import ConfigError
from mailcore.server.listener import sockets_for


class Server(Protocol):
    """The `server` module of a daemon: its listeners' names, and what serves them."""

    @property
    def NAMES(self) -> Sequence[str]: ...  # a module's constant

    def serve(self, sockets: Mapping[str, list[socket.socket]]) -> None: ...


class DaemonCommand(BaseCommand):
    """Subclasses name the module that serves, and say in `help` what it is for."""

    server: Server
    stands_alone = False  # whether it can serve beside another mail server
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fd",
            action="append",
            default=[],
            metavar="NAME=N",
            help=f"inherit listening socket N as {' or '.join(self.server.NAMES)};"
            " may be repeated; without any, the configured ports are bound",
        )

        if self.stands_alone:
            parser.add_argument(
                "--profile",
                choices=("server", "standalone"),
                default="server",
                help="standalone: beside another mail server; no queue, no workers, no bus",
            )

    def handle(self, *args: Any, fd: list[str], profile: str = "server", **options: Any) -> None:
        if profile == "standalone":
            bus.go_without()
            deployment.cache_clear()
        where = deployment()
        log.setup(json=where.log_json, level=where.log_level)
        try:
            sockets = sockets_for(self.server.NAMES, fd, where.bind, where.ports)
        except ConfigError as error:
            raise CommandError(str(error)) from None
        self.serve(sockets, profile)

    def serve(self, sockets: Mapping[str, list[socket.socket]], profile: str) -> None:
        """Serve until SIGTERM; for servers to which a profile means more."""
        self.server.serve(sockets)
