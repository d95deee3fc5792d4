"""Names and rules that every part shares."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class General:
    """Who this server is."""

    me: str = setting(
        "", "The server's own full host name; empty means the machine's name.", courier="me"
    )
    default_domain: str = setting(
        "",
        "Completes addresses that have no domain; empty means the server's name.",
        courier="defaultdomain",
    )
    postmaster: str = setting(
        "", "Who reads mail to postmaster at each hosted domain and all double bounces."
    )
    plaintext_auth_from_loopback: bool = setting(
        True, "Programs on this machine may log in without TLS; nobody else ever may."
    )
    trace_retention: int = setting(
        30 * 86400,
        "How long a message's history can be looked up.",
        kind="duration",
        minimum=0,
    )
