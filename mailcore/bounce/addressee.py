"""To whom a report goes, and to whom if not to them.  Courier; RFC 5321 §4.5.5."""

from dataclasses import dataclass

from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import NULL_PATH, Path
from mailcore.errors import GrammarError
from mailcore.queue.claimed import ClaimedMessage
from mailcore.routing import router

DOUBLE_BOUNCE = "#@[]"
_DOUBLE_BOUNCE_PATH = Path("#", "[]")


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a DSN goes and from which reverse-path; `instead`, when that is refused."""

    path: Path
    reverse_path: Path
    instead: "Addressee | None" = None

    @property
    def to(self) -> str:
        return str(self.path)


def addressee(message: ClaimedMessage, settings: Snapshot, failed: bool) -> Addressee | None:
    """Who hears of this message's recipients; None: nobody.

    A report on a report goes to postmaster, if something failed, from `#@[]`; a report on that
    is dropped.
    """
    if message.reverse_path == DOUBLE_BOUNCE:
        return None
    double = Addressee(postmaster(settings), _DOUBLE_BOUNCE_PATH) if failed else None
    if not message.reverse_path:
        return double
    sender = message.reverse_path
    if settings.queue.dsn_to_login and "@" in message.auth_identity:
        sender = message.auth_identity
    return Addressee(_path(sender), NULL_PATH, double)


def is_backscatter(message: ClaimedMessage, target: Addressee, settings: Snapshot) -> bool:
    """A report to somebody else's server about mail whose sender nobody has checked."""
    return (
        message.source in settings.queue.block_backscatter and not router.resolve(target.path).local
    )


def _path(text: str) -> Path:
    """A reverse-path as it was accepted; address literals among them."""
    try:
        return Path.of(text)
    except GrammarError:
        local, _, domain = text.rpartition("@")
        return Path(local, domain)


def postmaster(settings: Snapshot) -> Path:
    try:
        return Path.of(settings.general.postmaster or f"postmaster@{settings.me}")
    except GrammarError:
        return Path("postmaster", settings.me.lower())
