"""Logins: which back ends are asked, and how guessing is slowed."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Auth:
    """How a name and a password become an identity."""

    backends: tuple[str, ...] = setting(
        ("database",), "Back ends asked in this order.", courier="authmodulelist"
    )
    default_domain: str = setting(
        "", "Appended to a login name that has no @.", courier="DEFDOMAIN"
    )
    cache_seconds: int = setting(
        600,
        "How long a correct password is remembered in memory, as a keyed hash.",
        kind="duration",
        minimum=0,
        maximum=3600,
    )
    token_backends: tuple[str, ...] = setting(
        (), "Back ends asked about bearer tokens (OAUTHBEARER, XOAUTH2), in this order."
    )
    keep_passwords: bool = setting(
        False,
        "Keep each password also sealed with the server's key, for CRAM-MD5; from its next change"
        " or login on.",
        courier="authcram",
    )
    failures_per_peer: int = setting(
        12, "Wrong passwords from one address before it has to wait.", minimum=1
    )
    failures_per_account: int = setting(
        60, "Wrong passwords for one account before unknown addresses have to wait.", minimum=1
    )
    failure_window: int = setting(
        900, "How long wrong passwords count.", kind="duration", minimum=10
    )
    proxy_from: tuple[str, ...] = setting(
        (),
        "Networks of proxies: believed by IMAP and POP3 when they tell the client's address, and"
        " the only places where masters log in as others.",
    )
    masters: tuple[str, ...] = setting(
        (),
        "Accounts that may log in to IMAP and POP3 as any other, by AUTH PLAIN; every use is"
        " logged.",
    )
