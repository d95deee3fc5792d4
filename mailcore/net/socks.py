"""Connect out through a SOCKS5 proxy.  RFC 1928, RFC 1929."""

import re
import socket
from dataclasses import dataclass, field

from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
from python_socks.sync import Proxy as Connector

from mailcore.errors import ConfigError

_PROXY = re.compile(
    r"(?:(?P<name>[^:@\s]+):(?P<password>[^@\s]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:@\[\]\s]+):(?P<port>\d{1,5})"
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy is, and who we are to it."""

    host: str
    port: int
    name: str = ""
    password: str = field(default="", repr=False)


def parse(text: str) -> Proxy:
    """`host:port` or `name:password@host:port`.  Raises ConfigError."""
    found = _PROXY.fullmatch(text.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ConfigError("a SOCKS proxy is host:port or name:password@host:port")
    return Proxy(
        found["host"].strip("[]"),
        int(found["port"]),
        found["name"] or "",
        found["password"] or "",
    )


def connect(proxy: Proxy, address: str, port: int, timeout: float) -> socket.socket:
    """A connection to `address` by way of `proxy`.  Raises OSError."""
    connector = Connector(
        ProxyType.SOCKS5,
        proxy.host,
        proxy.port,
        username=proxy.name or None,
        password=proxy.password or None,
        rdns=False,
    )
    try:
        return connector.connect(address, port, timeout=timeout)
    except ProxyError as problem:
        raise ConnectionError(f"the proxy says: {problem}") from None
    except (ProxyConnectionError, ProxyTimeoutError) as problem:
        raise ConnectionError(f"the proxy can't be reached: {problem}") from None
