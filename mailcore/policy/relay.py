"""Nobody relays through us unless we said so."""

from collections.abc import Sequence

from mailcore import status
from mailcore.envelope import Path
from mailcore.protocol.reply import Reply

DENIED = Reply(513, status.RELAY_DENIED, "Relaying denied.")


def check_recipient(*, local: bool, authenticated: bool, relay_client: bool) -> Reply | None:
    """RCPT stage: the refusal, or None.  RFC 5321 §3.6.2; Courier RELAYCLIENT.

    Closed by default: logging in, or an access entry that makes the peer a relay client,
    is the only way past a domain we don't host (`local` says that we do).
    """
    if local or authenticated or relay_client:
        return None
    return DENIED


def passes_on(domain: str, domains: Sequence[str]) -> bool:
    """Whether anybody may send mail for `domain` through us.  Courier esmtpacceptmailfor.

    `domains` are names, or `.name` for all below it.
    """
    return any(
        domain == one or (one.startswith(".") and domain.endswith(one))
        for one in map(str.lower, domains)
    )


def with_suffix(path: Path, suffix: str) -> Path:
    """A relaying peer's recipient as its access record wants it: RELAYCLIENT's value appended.

    `@gateway` sends everything there, the old domain behind a percent sign; anything else
    lengthens the domain.  Courier.
    """
    if suffix.startswith("@"):
        return Path(f"{path.local}%{path.domain}", suffix[1:].lower())
    return Path(path.local, path.domain + suffix.lower())
