"""Who may come in, how they are known, and what is written down of it."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Access:
    """Peers of the ESMTP servers: limits, names, certificates."""

    max_connections_per_network: int = setting(
        300,
        "Connections from one network (IPv4: /24, IPv6: /48) to one server process; 0 is no limit.",
        courier="MAXPERC",
        minimum=0,
    )
    reverse_dns: str = setting(
        "public",
        "Whose names are looked up, both ways, for Received and the checks: nobody's, those of"
        " public addresses, everybody's.",
        courier="NODNS",
        choices=("nobody", "public", "everybody"),
    )
    tls_required: bool = setting(
        False,
        "Take nothing before STARTTLS, on any port but LMTP.",
        courier="ESMTP_TLS_REQUIRED",
    )
    auth_required: bool = setting(
        False, "Take mail from users only, on the mail port too.", courier="AUTH_REQUIRED"
    )
    client_authorities: str = setting(
        "",
        "Certificates (PEM) of authorities whose client certificates log a user in (AUTH EXTERNAL);"
        " read when the server starts and at SIGHUP.",
        courier="TLS_TRUSTCERTS",
        kind="text",
    )
    client_name: str = setting(
        "emailAddress",
        "Where a client certificate says the login's name.",
        courier="TLS_EXTERNAL",
        choices=("emailAddress", "commonName", "rfc822Name"),
    )
    listeners: tuple[str, ...] = setting(
        (),
        "Listeners of their own, one a line: name, kind (smtp, submission, submissions or lmtp),"
        " addresses with commas between them, and the name of a pair of files in tls/.  An address"
        " with a port is bound at the next start or SIGHUP; one without takes what comes to it on"
        " the kind's ports.",
        courier="vhost",
        kind="lines",
    )
    drop: bool = setting(
        False,
        "Cut strangers off at once whom an access record or a DNS list refuses, instead of telling"
        " them why at each recipient; on the mail port only.",
        courier="-drop",
    )
    log_dialog: bool = setting(
        False,
        "Write each command of a session to the log; never passwords or content.",
        courier="ESMTP_LOG_DIALOG",
    )
