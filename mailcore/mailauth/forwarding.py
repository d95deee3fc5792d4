"""SRS with this server's secret, days and settings; the grammar is `mailauth.srs`."""

import hashlib
import time

from mailcore.conf.current import snapshot
from mailcore.conf.deployment import deployment
from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.mailauth import srs
from mailcore.mailauth.author import ace

_DAY = 86_400


def reverse_path(written: str) -> str:
    """The reverse-path with which we forward mail of a stranger's."""
    settings = snapshot()
    try:
        path = Path.of(written)
    except GrammarError:
        return written
    path = Path(path.local, ace(path.domain))
    return str(srs.rewritten(path, settings.default_domain.lower(), _secret(), _today()))


def original(local: str) -> Path | None:
    """Where a bounce to this local part of ours belongs; None when it is no such at all.

    Raises GrammarError for one that we did not make, or that is too old.
    """
    rules = snapshot().mailauth
    if not rules.srs or not srs.is_rewritten(local):
        return None
    return srs.restored(local, _secret(), _today(), rules.srs_valid // _DAY)


def _secret() -> bytes:
    return hashlib.sha256(b"courier srs\0" + deployment().secret.encode()).digest()


def _today() -> int:
    return int(time.time()) // _DAY
