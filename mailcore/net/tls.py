"""TLS towards other servers."""

import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe and who we are; files and directories are PEM.

    `verify`: the certificate must bear the server's name and be signed by `authorities` (empty:
    the system's).  `certificate` (with its `key`, if that is apart) is our own, for servers that
    ask.
    """

    verify: bool = False
    authorities: str = ""
    certificate: str = ""
    key: str = ""


def client_context(trust: Trust) -> ssl.SSLContext:
    """Opportunistic TLS takes any certificate (RFC 7435); `verify` takes only a good one.

    Raises OSError when a file can't be used.  A file that changed is read again.
    """
    files = (trust.authorities, trust.certificate, trust.key)
    return _made(trust, tuple(_changed(name) for name in files if name))


@lru_cache(maxsize=32)
def _made(trust: Trust, changed: tuple[float, ...]) -> ssl.SSLContext:
    if not trust.verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.authorities:
        is_directory = Path(trust.authorities).is_dir()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(
            cafile=None if is_directory else trust.authorities,
            capath=trust.authorities if is_directory else None,
        )
    else:
        context = ssl.create_default_context()
    if trust.certificate:
        context.load_cert_chain(trust.certificate, trust.key or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _changed(name: str) -> float:
    return Path(name).stat().st_mtime
