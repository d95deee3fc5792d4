"""What checks ask DNS by: one resolver in a process, so that all share a cache."""

from mailcore.conf.schema.registry import Snapshot
from mailcore.dns import resolver
from mailcore.dns.resolver import Resolver
from mailcore.errors import TemporaryFailure

SOFT_ERROR = "softdnserr"  # a peer's name when DNS could not tell, or tells it one way only
_MOST_NAMES = 10


def names(settings: Snapshot) -> Resolver:
    """The process's resolver under these settings."""
    queue = settings.queue
    return resolver.shared(queue.resolvers, float(queue.dns_timeout))


def host_of(address: str, ask: Resolver) -> str:
    """The name an address has in DNS both ways, "" without one, or SOFT_ERROR.  Blocks."""
    try:
        found = ask.reverse(address).records
        for name in found[:_MOST_NAMES]:
            if address in ask.addresses(name).records:
                return name
    except TemporaryFailure:
        return SOFT_ERROR
    return SOFT_ERROR if found else ""
