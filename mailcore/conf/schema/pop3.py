"""The POP3 server."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Pop3:
    """The POP3 server."""

    enabled: bool = setting(True, "Run the POP3 server.", courier="POP3DSTART")
    max_connections: int = setting(
        1_000, "Connections to one server process.", courier="MAXDAEMONS", minimum=1
    )
    max_connections_per_address: int = setting(
        100,
        "Connections from one address (IPv6: one /64) to one server process; 0 is no limit.",
        courier="MAXPERIP",
        minimum=0,
    )
    login_timeout: int = setting(
        60, "How long a session may take to log in.", kind="duration", minimum=1
    )
    idle_timeout: int = setting(
        600, "How long a session waits for a command.", kind="duration", minimum=1
    )
    max_errors: int = setting(
        10, "Refused commands after which a session is ended.", minimum=1, maximum=10_000
    )
    auth_mechanisms: tuple[str, ...] = setting(
        ("PLAIN", "LOGIN", "SCRAM-SHA-256"),
        "SASL mechanisms offered, where logging in is allowed and the mechanism can work: -PLUS"
        " under TLS, CRAM-MD5 with auth.keep_passwords, the last two with auth.token_backends.",
        courier="POP3AUTH",
        choices=(
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256",
            "SCRAM-SHA-256-PLUS",
            "OAUTHBEARER",
            "XOAUTH2",
        ),
    )
    plaintext_auth: bool = setting(
        False, "Let anybody log in without TLS; their passwords travel in the clear."
    )
    login_delay: int = setting(
        10,
        "Seconds between logins that CAPA asks clients to keep; not enforced.",
        minimum=0,
        maximum=86_400,
    )
    utf8: bool = setting(True, "Offer UTF8 and LANG.", courier="POP3 UTF8")
    log_deletions: bool = setting(
        False, "Log each message that a client deletes.", courier="POP3_LOG_DELETIONS"
    )
