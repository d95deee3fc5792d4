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
