"""The keys in use, in memory: read when the settings are, so that signing asks nobody."""

from collections.abc import Mapping

from django.db.utils import Error as DatabaseError

from mailcore import log
from mailcore.conf.deployment import deployment
from mailcore.conf.schema.registry import Snapshot
from mailcore.errors import ConfigError
from mailcore.mailauth import sealing
from mailcore.mailauth.models import DkimKey
from mailcore.mailauth.sign import SigningKey

_log = log.get("mailauth")
_NONE: tuple[SigningKey, ...] = ()
_keys: Mapping[str, tuple[SigningKey, ...]] = {}
_opened: Mapping[str, SigningKey] = {}  # by their sealed form: revisions come and go, keys stay


def load(_: Snapshot) -> None:
    """Read the keys that sign; a listener of `conf.current`.

    A key that can't be opened is logged and left out.  Before the first migration there are none.
    """
    global _keys, _opened
    opened: dict[str, SigningKey] = {}
    found: dict[str, tuple[SigningKey, ...]] = {}
    try:
        rows = list(DkimKey.objects.filter(state=DkimKey.State.ACTIVE).order_by("algorithm"))
    except DatabaseError as error:
        _log.warning("keys.unreadable", error=str(error))
        return
    for row in rows:
        one = _opened.get(row.private) or _open(row)
        if one is not None:
            opened[row.private] = one
            found[row.domain] = (*found.get(row.domain, ()), one)
    _keys, _opened = found, opened


def _open(row: DkimKey) -> SigningKey | None:
    try:
        key = sealing.unseal(row.private, deployment().secret)
    except ConfigError as error:
        _log.error("key.unreadable", domain=row.domain, selector=row.selector, error=str(error))
        return None
    return SigningKey(row.domain, row.selector, key)


def is_empty() -> bool:
    """Whether nothing is ever signed."""
    return not _keys


def keys_for(domain: str) -> tuple[SigningKey, ...]:
    """The keys of the nearest domain at or above `domain` (in ACE, lower case) that has any."""
    name = domain
    while name:
        if name in _keys:
            return _keys[name]
        name = name.partition(".")[2]
    return _NONE


def is_ours(domain: str, selector: str) -> bool:
    """Whether a signature so called is one of those we make now."""
    return any(each.selector == selector for each in _keys.get(domain, _NONE))
