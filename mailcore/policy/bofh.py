"""Senders we don't want: named ones, made-up domains, domains that disown the peer.

Courier's bofh file.  Functions that take a resolver block, for a DNS lookup or two.
"""

from collections.abc import Collection, Iterator, Sequence

from mailcore import status
from mailcore.dns.mx import is_address
from mailcore.dns.resolver import Resolver
from mailcore.envelope import Path
from mailcore.errors import TemporaryFailure
from mailcore.policy.access import listed
from mailcore.policy.lookups import SOFT_ERROR
from mailcore.policy.spf import SpfResult, SpfVerdict
from mailcore.protocol.reply import Reply
from mailcore.status import Status

_NULL_MX = Status(5, 7, 27)
_SPF_FAILED = Status(5, 7, 23)
_SPF_ERROR = Status(4, 7, 24)
_BAD_HELO = Status(5, 7, 25)
_OLD_NAMES = {SpfResult.TEMPERROR: "error", SpfResult.PERMERROR: "unknown"}  # Courier's
_MOST_HOSTS = 10


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


def check_domain(path: Path, resolver: Resolver, bad_mx: Sequence[str] = ()) -> Reply | None:
    """Refuse reverse-paths that no bounce could reach.  Courier BOFHCHECKDNS, badmx.

    The domain needs an MX or an address; an MX that names an address is an error in the
    domain (RFC 1035 §3.3.9), a null MX says that it sends no mail (RFC 7505 §4.2).  Servers
    in the networks `bad_mx` are nobody we answer to.
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
        if not hosts and not resolver.addresses(path.domain).records:
            return Reply(517, status.BAD_SENDER_SYSTEM, f"<{path}>: no such domain.")
    except TemporaryFailure:
        return Reply(417, status.DIRECTORY_FAILURE, f"<{path}>: DNS lookup failed, try later.")
    return _judge_servers(hosts or [path.domain], tuple(bad_mx), resolver) if bad_mx else None


def _judge_servers(
    hosts: Sequence[str], bad_mx: tuple[str, ...], resolver: Resolver
) -> Reply | None:
    for address in _known_addresses(hosts, resolver):
        if listed(address, bad_mx):
            return Reply(517, status.RELAY_DENIED, f"Mail server at {address} is blocked.")
    return None


def _known_addresses(hosts: Sequence[str], resolver: Resolver) -> Iterator[str]:
    """The addresses of the first hosts; those that can't be learned now are passed over."""
    for host in hosts[:_MOST_HOSTS]:
        try:
            yield from resolver.addresses(host).records
        except TemporaryFailure:
            continue


def check_helo(helo: str, peer: str, resolver: Resolver, *, hard: bool) -> Reply | None:
    """Refuse peers whose EHLO name leads to somebody else.  Courier BOFHCHECKHELO.

    The name's MX and addresses must include the peer's; `hard` refuses for good.  An EHLO
    name that is the peer's own address in brackets is honest.
    """
    code, kind = (517, _BAD_HELO) if hard else (417, _BAD_HELO.as_temporary())
    if helo.startswith("["):
        literal = helo.strip("[]").lower().removeprefix("ipv6:")
        if listed(peer, (literal,)):
            return None
        return Reply(code, kind, f"{helo} is not your address.")
    try:
        hosts = [host for _, host in resolver.mx(helo).records if host != "."]
        found = [one for host in hosts[:_MOST_HOSTS] for one in resolver.addresses(host).records]
        if not listed(peer, tuple(found)):
            found += resolver.addresses(helo).records
    except TemporaryFailure:
        return Reply(417, status.DIRECTORY_FAILURE, f"{helo}: DNS lookup failed, try later.")
    if listed(peer, tuple(found)):
        return None
    return Reply(code, kind, f"{helo} does not lead to {peer}.")


def check_freemail(path: Path, host: str, lines: Sequence[str]) -> Reply | None:
    """Refuse senders of a freemail domain from elsewhere than its hosts.  Courier freemail.

    `host` is the peer's verified name; while DNS can't tell it, nobody is refused.
    """
    for line in lines:
        domain, *others = line.lower().split()
        if path.domain != domain or host == SOFT_ERROR:
            continue
        if not any(host == one or host.endswith(f".{one}") for one in (domain, *others)):
            return Reply(
                517,
                status.RELAY_DENIED,
                f"Mail from {domain} is taken from its own servers only,\n"
                f"and {host or 'a machine without a name'} is none of them.",
            )
    return None


def names_freemail(path: Path, lines: Sequence[str]) -> bool:
    """Whether the peer's name matters for this sender."""
    return any(line.lower().split()[:1] == [path.domain] for line in lines)


def is_checked(accepted: Collection[str]) -> bool:
    """Whether a list of SPF results turns its check on."""
    return bool(accepted) and "off" not in accepted


def judge_spf(
    verdict: SpfVerdict,
    accepted: Collection[str],
    hard: Collection[str],
    *,
    vouched: bool = False,
    verbose: bool = True,
) -> Reply | None:
    """Refuse by an SPF result that isn't `accepted`; for good if it is in `hard`.

    Courier BOFHSPFMAILFROM and BOFHSPFHARDERROR, with its older words for results too.
    `vouched`: an allow list knows the peer, which `allowok` accepts.  Without `verbose` the
    domain's own explanation is not passed on.
    """
    names = {verdict.result.value, _OLD_NAMES.get(verdict.result, "")}
    if "all" in accepted or names & set(accepted) or (vouched and "allowok" in accepted):
        return None
    why = verdict.explanation if verbose else "this server may not send for that domain."
    text = f"SPF {verdict.result} {verdict.subject}: {why}"
    if names & set(hard):
        return Reply(517, _SPF_FAILED, text)
    temporary = _SPF_ERROR if verdict.result is SpfResult.TEMPERROR else _SPF_FAILED.as_temporary()
    return Reply(417, temporary, text)
