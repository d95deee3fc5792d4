"""The aggregator proxy: one name for the users, many machines for their mail."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy for IMAP and POP3."""

    enabled: bool = setting(False, "Run the proxy.", courier="IMAP_PROXY, POP3_PROXY")
    processes: int = setting(
        0, "How many processes run it; 0 is one per core.", minimum=0, maximum=64
    )
    nodes: tuple[str, ...] = setting(
        (),
        "Machines that have the mail, one a line: name and host, then what is not usual:"
        " tls=starttls (or implicit, or none), imap=PORT and pop3=PORT (0: has no such server),"
        " certificate=any if it need not be one that is believed.",
        kind="lines",
        grammar="mailcore.proxyd.nodes:written",
    )
    default_node: str = setting(
        "", "Where accounts are that name no node; empty is this machine itself."
    )
    authorities: str = setting(
        "",
        "Certificates (PEM) of authorities that sign the nodes' certificates; empty means the"
        " system's.",
        kind="text",
    )
    verify: bool = setting(
        True,
        "Check passwords here before a node is asked; without it the account's node alone judges"
        " them.",
    )
    login: str = setting(
        "password",
        "How the proxy logs in at a node: with the client's password, with a master's as the"
        " client (authzid), or as ACCOUNT*MASTER (suffix).",
        choices=("password", "authzid", "suffix"),
    )
    master_user: str = setting("", "The master's login at the nodes.")
    master_password: str = setting("", "The master's password at the nodes.", kind="password")
    max_connections: int = setting(
        10_000, "Connections one process accepts; 0 for any number.", minimum=0,
    )  # fmt: skip
    max_per_address: int = setting(
        40, "Connections from one address to one process; 0 for any number.", minimum=0,
    )  # fmt: skip
    login_seconds: int = setting(
        60, "How long a client may take to log in.", kind="duration", minimum=5
    )
    node_seconds: int = setting(
        30, "How long a node may take to let a client in.", kind="duration", minimum=1
    )
    probe_seconds: int = setting(
        60, "How often each node is asked what it can do.", kind="duration", minimum=1
    )
    longest_pause: int = setting(
        60, "The longest pause between attempts to reach a node that is down.",
        kind="duration", minimum=1,
    )  # fmt: skip
