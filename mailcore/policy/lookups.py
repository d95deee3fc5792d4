"""The resolver that checks ask: one in a process, so that all share a cache."""

from mailcore.conf.schema.registry import Snapshot
from mailcore.dns import resolver
from mailcore.dns.resolver import Resolver


def names(settings: Snapshot) -> Resolver:
    """The process's resolver under these settings."""
    queue = settings.queue
    return resolver.shared(queue.resolvers, float(queue.dns_timeout))
