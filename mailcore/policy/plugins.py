"""Checks that other Python packages bring: entry points of the group `courier.checks`."""

from mailcore import log, status
from mailcore.conf.schema.registry import Snapshot
from mailcore.errors import ConfigError, DeliveryError, TemporaryFailure
from mailcore.policy.contract import Check, Peer, Received, Verdict
from mailcore.registry import Registry

CHECKS: Registry[Check] = Registry("courier.checks", {})

_log = log.get("policy")


def wanted(settings: Snapshot, peer: Peer) -> bool:
    return bool(settings.filters.plugins)


def check(received: Received) -> Verdict:
    """Ask the plug-ins in their order; one that breaks puts mail off, or lets it pass."""
    filters = received.settings.filters
    total = Verdict()
    for name in filters.plugins:
        try:
            verdict = CHECKS.get(name)(received)
        except DeliveryError:
            raise
        except Exception as error:  # somebody else's code: never a reason to lose mail
            _log.error("plugin.failed", plugin=name, error=repr(error), exc_info=_is_bug(error))
            if filters.on_failure == "accept":
                continue
            text = "Mail filters temporarily unavailable."
            raise TemporaryFailure(status.OTHER_SYSTEM, text) from None
        total = total.and_then(verdict)
        received = received.after(verdict)
        if total.is_final:
            break
    return total


def _is_bug(error: Exception) -> bool:
    return not isinstance(error, ConfigError)
