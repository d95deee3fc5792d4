"""Outgoing mail: whom to believe, how to get there, and what to tell about it."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The ways out: encryption, relays, proxies."""

    tls_authorities: str = setting(
        "",
        "File or directory of the certificate authorities to believe; empty: the system's.",
        courier="TLS_TRUSTCERTS",
    )
    private_authority: str = setting(
        "",
        "Certificate authority of mail that asks for SECURITY=STARTTLS; without it such mail is"
        " returned.",
        courier="TLS_TRUSTSECURITYCERTS",
    )
    tls_certificate: str = setting(
        "",
        "Our own certificate, for servers that ask for one (PEM; the key in it or in the next).",
        courier="TLS_CERTFILE",
    )
    tls_key: str = setting("", "Key of that certificate.", courier="TLS_PRIVATE_KEYFILE")
    mta_sts: bool = setting(
        False,
        "Obey what domains publish about their servers' certificates (MTA-STS).",
        courier="TLS_TRUSTCERTS",
    )
    dane: bool = setting(
        False,
        "Obey TLSA records of signed domains (DANE); needs a validating resolver on this machine,"
        " or one that is trusted.",
    )
    dnssec_resolver_trusted: bool = setting(
        False,
        "Believe queue.resolvers about DNSSEC though they are on other machines: the way there is"
        " safe.",
    )
    tls_reports: bool = setting(
        False, "Count encrypted sessions and send the daily reports that domains ask for."
    )
    tls_report_from: str = setting(
        "", "Address that TLS reports come from, of a domain of ours; empty: postmaster."
    )
    tls_report_account: str = setting(
        "", "Account whose INBOX is read for TLS reports about us; empty reads none."
    )
    transcripts: str = setting(
        "failures",
        "Which attempts' dialogues are kept with a message's history; never content or passwords.",
        choices=("off", "failures", "all"),
    )
    socks: str = setting(
        "",
        "SOCKS5 proxy for outgoing mail: host:port or name:password@host:port; a route's flag"
        " SOCKS=… counts more, SOCKS=NONE goes directly.",
        kind="password",
    )
    backup_relay: str = setting(
        "",
        "Server that late mail is handed to instead of a warning to its sender; it is looked up"
        " as MX, then as a host.",
        courier="backuprelay",
    )
    percent_relay: tuple[str, ...] = setting(
        (),
        "Domains for which user%domain@ours is passed on; none by default.",
        courier="esmtppercentrelay",
    )
