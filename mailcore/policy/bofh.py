"""Senders we don't want: named ones, made-up domains, domains that disown the peer.

Courier's bofh file.  Functions that take a resolver block, for a DNS lookup or two.
"""

from collections.abc import Collection, Sequence

from mailcore import status
from mailcore.dns.mx import is_address
from mailcore.dns.resolver import Resolver
from mailcore.envelope import Path
from mailcore.errors import TemporaryFailure
from mailcore.policy.spf import SpfResult, SpfVerdict
from mailcore.protocol.reply import Reply
from mailcore.status import Status

_NULL_MX = Status(5, 7, 27)
_SPF_FAILED = Status(5, 7, 23)
_SPF_ERROR = Status(4, 7, 24)


def check_named(path: Path, patterns: Sequence[str]) -> Reply | None:
    """Refuse reverse-paths that are listed.  Courier badfrom.

    A pattern is `user@domain`, `@domain`, `@.domain` (every subdomain) or `user@.domain`.
    """
    if path.is_null:
        return None
    for pattern in patterns:
        local, _, domain = pattern.strip().lower().rpartition("@")
        if local and local != path.local.lower():
            continue
        if path.domain == domain or (domain.startswith(".") and path.domain.endswith(domain)):
            return Reply(517, status.RELAY_DENIED, f"Sender rejected: <{path}>")
    return None


def check_domain(path: Path, resolver: Resolver) -> Reply | None:
    """Refuse reverse-paths that no bounce could reach.  Courier BOFHCHECKDNS.

    The domain needs an MX or an address; an MX that names an address is an error in the
    domain (RFC 1035 §3.3.9), a null MX says that it sends no mail (RFC 7505 §4.2).
    """
    if path.is_null or not path.domain or path.domain.startswith("["):
        return None
    try:
        answer = resolver.mx(path.domain)
        hosts = [host for _, host in answer.records]
        if "." in hosts:
            return Reply(517, _NULL_MX, f"<{path}>: the domain takes no mail.")
        if any(is_address(host) for host in hosts):
            text = f"<{path}>: the domain's DNS violates RFC 1035: an MX names an address."
            return Reply(517, status.BAD_SENDER_SYSTEM, text)
        if hosts or resolver.addresses(path.domain).records:
            return None
    except TemporaryFailure:
        return Reply(417, status.DIRECTORY_FAILURE, f"<{path}>: DNS lookup failed, try later.")
    return Reply(517, status.BAD_SENDER_SYSTEM, f"<{path}>: no such domain.")


def judge_spf(
    verdict: SpfVerdict, identity: str, accepted: Collection[str], hard: Collection[str]
) -> Reply | None:
    """Refuse by an SPF result that isn't `accepted`; for good if it is in `hard`.

    Courier BOFHSPFMAILFROM and BOFHSPFHARDERROR; `identity` is what was checked.
    """
    if "all" in accepted or verdict.result.value in accepted:
        return None
    text = f"SPF {verdict.result} {identity}: {verdict.explanation}"
    if verdict.result.value in hard:
        return Reply(517, _SPF_FAILED, text)
    temporary = _SPF_ERROR if verdict.result is SpfResult.TEMPERROR else _SPF_FAILED.as_temporary()
    return Reply(417, temporary, text)
