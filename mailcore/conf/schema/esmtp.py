"""The ESMTP servers: mail port, submission, LMTP."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Esmtp:
    """The ESMTP servers."""

    enabled: bool = setting(True, "Run the ESMTP servers.")
    greeting: str = setting(
        "",
        "Text of the greeting after the server's name; may have several lines.",
        courier="esmtpgreeting",
        kind="text",
    )
    size_limit: int = setting(
        52_428_800,
        "The largest message taken; 0 is no limit.",
        courier="sizelimit",
        kind="size",
        minimum=0,
    )
    max_line: int = setting(
        5_000, "The longest line of a message, in octets.", minimum=998, maximum=1_000_000
    )
    header_limit: int = setting(
        100_000,
        "The largest header taken, in octets; 0 is no limit.",
        courier="BOFHHEADERLIMIT",
        kind="size",
        minimum=0,
    )
    max_header_fields: int = setting(500, "The most header fields taken; 0 is no limit.", minimum=0)
    max_recipients: int = setting(
        1_000,
        "Recipients of one message; more are put off with 431.",
        courier="maxrcpts",
        minimum=1,
    )
    max_connections: int = setting(
        1_000, "Connections to one server process.", courier="MAXDAEMONS", minimum=1
    )
    max_connections_per_address: int = setting(
        100,
        "Connections from one address (IPv6: one /64) to one server process; 0 is no limit.",
        courier="MAXPERIP",
        minimum=0,
    )
    max_errors: int = setting(
        20, "Refused commands after which a session is ended.", minimum=1, maximum=10_000
    )
    command_timeout: int = setting(
        600,
        "How long a session waits for a command.",
        courier="esmtptimeout",
        kind="duration",
        minimum=1,
    )
    data_timeout: int = setting(
        300,
        "How long a session waits for a message, beside a second for each 1,000 octets.",
        courier="esmtptimeoutdata",
        kind="duration",
        minimum=1,
    )
    relay_from: tuple[str, ...] = setting(
        (),
        "Networks (such as 192.0.2.0/24) whose machines may relay without logging in.",
        courier="RELAYCLIENT",
    )
    relay_to: tuple[str, ...] = setting(
        (),
        "Domains of other servers that anybody may send to through us, as a backup of theirs;"
        " .domain for all below it.",
        courier="esmtpacceptmailfor",
    )
    deny_from: tuple[str, ...] = setting(
        (), "Networks whose machines may not send us anything.", courier="BLOCK"
    )
    proxy_from: tuple[str, ...] = setting(
        (),
        "Networks of balancers that announce each client by a PROXY line (not before TLS).",
        courier="-haproxy",
    )
    bad_senders: tuple[str, ...] = setting(
        (),
        "Envelope senders refused: user@domain, @domain, @.domain (every subdomain).",
        courier="badfrom",
    )
    check_sender_domain: bool = setting(
        False, "Refuse strangers' senders whose domain isn't in DNS.", courier="BOFHCHECKDNS"
    )
    spf_mail_from: tuple[str, ...] = setting(
        (),
        "SPF results accepted for the envelope sender, such as pass none neutral; empty is off.",
        courier="BOFHSPFMAILFROM",
    )
    spf_helo: tuple[str, ...] = setting(
        (), "SPF results accepted for the EHLO name; empty is off.", courier="BOFHSPFHELO"
    )
    spf_hard_errors: tuple[str, ...] = setting(
        ("fail", "softfail"),
        "SPF results that are refused for good; others are put off.",
        courier="BOFHSPFHARDERROR",
    )
    block_lists: tuple[str, ...] = setting(
        (),
        "DNS lists of peers to refuse: zone, or zone=text of the refusal.",
        courier="BLACKLISTS -block",
    )
    allow_lists: tuple[str, ...] = setting(
        (), "DNS lists whose peers no block list refuses.", courier="BLACKLISTS -allow"
    )
    tarpit: bool = setting(
        False,
        "Make strangers wait after each refusal: 8 seconds, doubling to 128.",
        courier="TARPIT",
    )
    auth_on_mail_port: bool = setting(
        False, "Offer AUTH on the mail port too, not only on submission.", courier="ESMTPAUTH"
    )
    auth_mechanisms: tuple[str, ...] = setting(
        ("PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "EXTERNAL"),
        "SASL mechanisms offered, where logging in is allowed and the mechanism can work:"
        " -PLUS under TLS, EXTERNAL with a certificate of access.client_authorities, CRAM-MD5 with"
        " auth.keep_passwords, the last two with auth.token_backends.",
        courier="ESMTPAUTH_TLS",
        choices=(
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256",
            "SCRAM-SHA-256-PLUS",
            "EXTERNAL",
            "OAUTHBEARER",
            "XOAUTH2",
        ),
    )
    check_sender: bool = setting(
        True, "An account may use only its own addresses as envelope sender."
    )
