"""TLS towards other servers."""

import ssl
from functools import lru_cache


@lru_cache(maxsize=4)
def client_context(verify: bool) -> ssl.SSLContext:
    """Opportunistic TLS takes any certificate (RFC 7435); `verify` takes only a good one."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
