"""Deployment facts as one typed value: the only view of Django's settings below the web."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where this server lives.  All from the environment; see docs/deployment.md."""

    home: Path
    bind: str
    ports: Mapping[str, int]
    redis_url: str
    embedded_valkey: bool
    node: str
    hostname: str
    secret: str
    log_json: bool
    log_level: str

    @property
    def spool(self) -> Path:
        """Content too large for the queue's rows."""
        return self.home / "spool"

    @property
    def mail(self) -> Path:
        return self.home / "mail"

    @property
    def homes(self) -> Path:
        """What accounts keep beside their mail: instructions and filters."""
        return self.home / "homes"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def tls_certificate(self) -> Path:
        return self.home / "tls" / "server.crt"

    @property
    def tls_key(self) -> Path:
        return self.home / "tls" / "server.key"


@cache
def deployment() -> Deployment:
    """This process's deployment facts."""
    return Deployment(
        home=settings.COURIER_HOME,
        bind=settings.COURIER_BIND,
        ports=settings.COURIER_PORTS,
        redis_url=settings.COURIER_REDIS_URL,
        embedded_valkey=settings.COURIER_EMBEDDED_VALKEY,
        node=settings.COURIER_NODE,
        hostname=settings.COURIER_HOSTNAME,
        secret=settings.SECRET_KEY,
        log_json=settings.COURIER_LOG_FORMAT == "json",
        log_level=settings.COURIER_LOG_LEVEL,
    )
