"""Whether mail is from whom it says: what we check, and what we let others check."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Mailauth:
    """DKIM, DMARC, ARC, SRS and MTA-STS: is mail from whom it says, ours included?"""

    authserv_id: str = setting(
        "", "What Authentication-Results fields of ours begin with; empty means our name."
    )
    dkim_verify: bool = setting(
        False, "Check the DKIM signatures of strangers' mail and note what came of it."
    )
    dkim_signatures: int = setting(
        8, "Most DKIM signatures of one message that are checked.", minimum=1, maximum=50
    )
    dkim_sign: bool = setting(
        True,
        "Sign what users, programs and this server send, for domains that have a key in use.",
    )
    dkim_algorithms: tuple[str, ...] = setting(
        ("rsa", "ed25519"), "Kinds of key a domain gets: rsa, ed25519."
    )
    dkim_rotate_after: int = setting(
        15_552_000,
        "Age at which a key in use is given a successor; 0 never.",
        kind="duration",
        minimum=0,
    )
    dkim_publish_before: int = setting(
        172_800,
        "How long a new key's record must have been seen in DNS before the key is used.",
        kind="duration",
        minimum=0,
    )
    dkim_keep_after: int = setting(
        604_800,
        "How long the record of a key that is no longer used has to stay in DNS.",
        kind="duration",
        minimum=0,
    )
    arc_verify: bool = setting(False, "Check the ARC chain of mail that was forwarded to us.")
    arc_trusted: tuple[str, ...] = setting(
        (),
        "Domains of forwarders whose ARC seal excuses mail that fails DMARC on its way to us.",
    )
    arc_seal: bool = setting(
        False,
        "Seal mail that aliases forward to other servers,"
        " if general.default_domain has a key in use.",
    )
    dmarc: str = setting(
        "off",
        "What DMARC does: off; mark (only note the result); enforce (do what the domain asks for).",
        choices=("off", "mark", "enforce"),
    )
    dns_timeout: int = setting(
        5, "Longest wait for one DNS answer of these checks.", kind="duration", minimum=1
    )
    dmarc_reports: bool = setting(
        False, "Send the domains that ask for it a daily report of the mail that claimed them."
    )
    dmarc_report_from: str = setting(
        "", "From: of these reports; empty means postmaster at our name."
    )
    dmarc_report_account: str = setting(
        "", "Account whose inbox other servers' reports about our domains come to."
    )
    dmarc_report_keep: int = setting(
        7_776_000, "How long reports are kept.", kind="duration", minimum=86_400
    )
    srs: bool = setting(
        False,
        "Give mail that aliases forward to other servers a reverse-path of ours (SRS),"
        " so that their SPF checks pass.",
    )
    srs_valid: int = setting(
        1_814_400,
        "How long a bounce to such a reverse-path is taken.",
        kind="duration",
        minimum=86_400,
        maximum=31_536_000,
    )
    sts_mode: str = setting(
        "off",
        "MTA-STS policy we serve, for all hosted domains or by scope for one:"
        " off, none, testing, enforce.",
        choices=("off", "none", "testing", "enforce"),
    )
    sts_mx: tuple[str, ...] = setting(
        (), "Mail exchangers the MTA-STS policy names; empty means our name."
    )
    sts_max_age: int = setting(
        604_800,
        "How long others may keep the MTA-STS policy.",
        kind="duration",
        minimum=86_400,
        maximum=31_557_600,
    )
