"""Whose mail is taken: networks, DNS lists, SPF, unwanted senders."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose mail is taken."""

    access: tuple[str, ...] = setting(
        (),
        "What holds for a network: `192.0.2.0/24 allow,RELAYCLIENT`, `198.51.100.7 deny`;"
        " the most specific line alone counts.",
        courier="smtpaccess",
        kind="lines",
        grammar="mailcore.policy.access_lines:parse",
    )
    dns_lists: tuple[str, ...] = setting(
        (),
        "DNS lists of peers, asked in this order: `block zone`, `allow zone`, with"
        " `/127.0.0.2` for one answer only and a text of the refusal (`*`: the list's own).",
        courier="BLACKLISTS",
        kind="lines",
        grammar="mailcore.policy.blocklist:parse",
    )
    dead_lists: str = setting(
        "defer",
        "What a DNS list that does not answer means: come again, or nothing.",
        choices=("defer", "ignore"),
    )
    allow_exclusive: bool = setting(
        False,
        "Rename Authentication-Results fields that come with mail of strangers to"
        " Old-Authentication-Results.",
        courier="ALLOW_EXCLUSIVE",
    )
    spf_from: tuple[str, ...] = setting(
        (),
        "SPF results accepted for the From header; `mailfromok`: not checked where the"
        " envelope sender passed; empty is off.",
        courier="BOFHSPFFROM",
    )
    spf_verbose: bool = setting(
        True,
        "Tell refused senders their domain's own explanation.",
        courier="BOFHSPFNOVERBOSE=0",
    )
    check_helo: int = setting(
        0,
        "Strangers' EHLO names must lead to their address: 1 refuses others, 2 puts them off.",
        courier="BOFHCHECKHELO",
        minimum=0,
        maximum=2,
    )
    bad_mx: tuple[str, ...] = setting(
        (),
        "Networks: senders whose domain has its mail server there are refused"
        " (with esmtp.check_sender_domain).",
        courier="badmx",
    )
    freemail: tuple[str, ...] = setting(
        (),
        "Domains whose mail is taken only from their own hosts: the domain, then"
        " further domains of such hosts.",
        courier="freemail",
        kind="lines",
    )
    spam_traps: tuple[str, ...] = setting(
        (), "Addresses nobody writes to: a message that is for one is refused.", courier="spamtrap"
    )
    max_recipients_hard: bool = setting(
        False, "Refuse recipients over the limit for good (531).", courier="maxrcpts N hard"
    )
    suppress_backscatter: tuple[str, ...] = setting(
        ("smtp",),
        "Refuse addresses whose mail failed or waits within the last two hours, to mail of"
        " these sources.",
        courier="BOFHSUPPRESSBACKSCATTER",
        choices=("smtp", "authsmtp"),
    )
    refuse_without_reports: bool = setting(
        False,
        "Refuse senders whose domain's servers lately refused a delivery report (MAIL FROM:<>).",
    )
    suppress_after: int = setting(
        0,
        "Bounces after which users may not write to an address; 0: only to those you list.",
        minimum=0,
    )
    greylist: bool = setting(
        False, "Tell strangers that nobody here has heard of to come again later."
    )
    greylist_delay: int = setting(
        300, "How soon a greylisted message may come again.", kind="duration", minimum=0
    )
    greylist_known_after: int = setting(
        5, "Messages that came again after which a whole network is known.", minimum=1
    )
    first_time_wait: int = setting(
        0,
        "How long strangers wait for an answer the first time they name a recipient; 0 is off.",
        kind="duration",
        minimum=0,
        maximum=120,
    )
