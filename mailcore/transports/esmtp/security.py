"""What a connection must have before mail goes over it.  Pure.

Three wish: the route (SECURITY=…), the message (Courier's SECURITY=STARTTLS, RFC 8689's
REQUIRETLS) and the server's settings; the strongest wish counts.
"""

from dataclasses import dataclass, field

from mailcore import status
from mailcore.conf.schema.outgoing import Outgoing
from mailcore.conf.schema.queue import Queue
from mailcore.envelope import Security
from mailcore.errors import PermanentFailure
from mailcore.net.dane import Tlsa
from mailcore.net.tls import Trust
from mailcore.transports.esmtp import routes
from mailcore.transports.esmtp.routes import Route

NO_LEVEL = "Unable to set minimum security level"


@dataclass(frozen=True, slots=True)
class Demand:
    """`implicit`: TLS from the start.  `encrypted`: nothing in clear.  `final`: a server without
    STARTTLS is the domain's answer, not only this server's trouble.  `private`: Courier's private
    authority; the server must offer XSECURITY, and all that fails is permanent.  `require_tls`:
    the server must offer REQUIRETLS.  `tlsa`: the server's certificate is one of these (DANE), and
    `names` are what an authority among them may have signed; `base` is the name that has the
    records, which the server is told (RFC 7672 §3.2).
    """

    trust: Trust = field(default_factory=Trust)
    implicit: bool = False
    encrypted: bool = False
    final: bool = False
    private: bool = False
    require_tls: bool = False
    tlsa: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()
    base: str = ""

    @property
    def forbids_clear(self) -> bool:
        return self.implicit or self.encrypted or self.trust.verify


def demanded(route: Route, level: str, queue: Queue, outgoing: Outgoing) -> Demand:
    """What `route` and a message of security `level` demand.

    Raises PermanentFailure for a private authority that is not configured.
    """
    trust = Trust(
        verify=level == Security.REQUIRETLS or (queue.tls_verify and level != Security.OPTIONAL),
        authorities=outgoing.tls_authorities,
        certificate=outgoing.tls_certificate,
        key=outgoing.tls_key,
    )
    if route.security == routes.STARTTLS or level == Security.STARTTLS:
        if not outgoing.private_authority:
            text = f"{NO_LEVEL}: no private certificate authority is configured."
            raise PermanentFailure(status.ENCRYPTION_REQUIRED, text)
        private = Trust(True, outgoing.private_authority, trust.certificate, trust.key)
        return Demand(private, encrypted=True, final=True, private=True)
    wants = level == Security.REQUIRETLS
    if route.security == routes.SMTPS:
        return Demand(trust, implicit=True, require_tls=wants)
    required = route.security == routes.REQUIRED
    return Demand(trust, encrypted=required or wants, final=required, require_tls=wants)
