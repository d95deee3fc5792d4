"""What a domain demands of us for its own servers: DANE, else MTA-STS.  RFC 7672, RFC 8461.

A server with TLSA records is judged by them alone (RFC 8461 §2): MTA-STS must not save what DANE
has refused.
"""

from dataclasses import dataclass, replace

from mailcore import status
from mailcore.conf.schema.registry import Snapshot
from mailcore.dns.mx import Target
from mailcore.dns.resolver import Resolver
from mailcore.envelope import Security
from mailcore.errors import DeliveryError, PermanentFailure
from mailcore.net.dane import Tlsa
from mailcore.net.tls import Trust
from mailcore.protocol import mta_sts
from mailcore.protocol.mta_sts import Policy
from mailcore.tlspolicy import sts
from mailcore.tlspolicy.counts import NO_POLICY
from mailcore.transports.esmtp.security import Demand
from mailcore.transports.esmtp.session import TlsBroken


@dataclass(frozen=True, slots=True)
class Ruled:
    """One server's case.  `policy` and `lines` are what the report will quote.

    `refused`: the policy does not name this server.  `tested`: failures are only reported, and
    mail goes as if there were no policy.
    """

    demand: Demand
    policy: str = NO_POLICY
    lines: tuple[str, ...] = ()
    tested: bool = False
    refused: bool = False


class Policies:
    """The policies of one domain during one batch.  `static`: the route names the servers."""

    def __init__(self, domain: str, settings: Snapshot, resolver: Resolver, *, static: bool):
        self.domain = domain
        self._settings = settings.outgoing
        self._resolver = resolver
        self._static = static
        self._sts: sts.Found | None = None

    def rule(self, target: Target, port: int, demand: Demand, level: str) -> Ruled:
        """What `demand` becomes for `target`.

        Raises TlsBroken when the server must not be used, PermanentFailure when REQUIRETLS mail
        may not go to a server that nothing vouches for (RFC 8689 §4.2.1).
        """
        if demand.private or level == Security.OPTIONAL:  # RFC 8689 §5: policies don't count
            return Ruled(demand)
        for base in filter(None, (target.canonical, target.host)):  # RFC 7672 §2.2.2: in this order
            records = self._tlsa(base, target, port)
            if records:
                return self._by_dane(records, replace(demand, base=base), target.host)
        policy = self._policy()
        ruled = Ruled(demand)
        if policy is not None and policy.mode != mta_sts.NONE:
            ruled = self._by_sts(policy, target, demand)
        vouched = self._static or target.secure or (ruled.policy == "sts" and not ruled.tested)
        if level == Security.REQUIRETLS and not vouched:
            text = f"Nothing vouches for {target.host}, as REQUIRETLS wants."
            raise PermanentFailure(status.REQUIRETLS_NEEDED, text)
        return ruled

    @property
    def problem(self) -> str:
        """RFC 8460's word for a policy that could not be had; empty when all is well."""
        return self._sts.problem if self._sts else ""

    def _tlsa(self, base: str, target: Target, port: int) -> tuple[Tlsa, ...]:
        if not (self._settings.dane and target.secure):
            return ()
        try:
            answer = self._resolver.tlsa(f"_{port}._tcp.{base}")
        except DeliveryError:  # RFC 7672 §2.1.2: as if the server were not there
            raise TlsBroken("its TLSA records can't be looked up", "dnssec-invalid") from None
        return tuple(Tlsa(*each) for each in answer.records) if answer.secure else ()

    def _by_dane(self, records: tuple[Tlsa, ...], demand: Demand, host: str) -> Ruled:
        """Encryption in any case; authentication when a record can be used.  RFC 7672 §2.2."""
        usable = tuple(each for each in records if each.is_usable)
        lines = tuple(
            f"{each.usage} {each.selector} {each.matching} {each.data.hex()}" for each in records
        )
        trust = replace(demand.trust, verify=demand.trust.verify and not usable)
        names = (host,) if self._static else (host, self.domain)
        found = replace(demand, trust=trust, encrypted=True, tlsa=usable, names=names)
        return Ruled(found, "tlsa", lines)

    def _policy(self) -> Policy | None:
        if not self._settings.mta_sts or self._static:
            return None
        if self._sts is None:
            self._sts = sts.policy_for(self.domain, self._resolver, self._settings.tls_authorities)
        return self._sts.policy

    def _by_sts(self, policy: Policy, target: Target, demand: Demand) -> Ruled:
        """Only servers that the policy names, with good certificates.  RFC 8461 §4."""
        tested = policy.mode == mta_sts.TESTING
        trust = Trust(
            True, self._settings.tls_authorities, demand.trust.certificate, demand.trust.key
        )
        return Ruled(
            replace(demand, trust=trust, encrypted=True),
            "sts",
            lines_of(policy),
            tested,
            refused=not policy.allows(target.host),
        )


def lines_of(policy: Policy) -> tuple[str, ...]:
    """A policy as reports quote it.  RFC 8460 §4.4."""
    hosts = [f"mx: {host}" for host in policy.hosts]
    return ("version: STSv1", f"mode: {policy.mode}", *hosts, f"max_age: {policy.max_age}")
