"""Every section there is.  To add one: a module here, a field in Snapshot, a line in the docs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_type_hints

from mailcore.conf.fields import Setting, settings_of
from mailcore.conf.schema.access import Access
from mailcore.conf.schema.auth import Auth
from mailcore.conf.schema.esmtp import Esmtp
from mailcore.conf.schema.extensions import Extensions
from mailcore.conf.schema.filters import Filters
from mailcore.conf.schema.general import General
from mailcore.conf.schema.hygiene import Hygiene
from mailcore.conf.schema.imap import Imap
from mailcore.conf.schema.local import Local
from mailcore.conf.schema.mailauth import Mailauth
from mailcore.conf.schema.mailboxes import Mailboxes
from mailcore.conf.schema.outgoing import Outgoing
from mailcore.conf.schema.policy import Policy
from mailcore.conf.schema.pop3 import Pop3
from mailcore.conf.schema.proxy import Proxy
from mailcore.conf.schema.queue import Queue
from mailcore.conf.schema.rates import Rates
from mailcore.conf.schema.reports import Reports
from mailcore.conf.schema.webmail import Webmail

Values = Mapping[str, Mapping[str, Any]]  # section → name → value


@dataclass(frozen=True)
class Snapshot:
    """All settings at one revision, immutable; a session keeps the one it began with.

    `overlays` are the values of each narrower scope (listener:NAME, domain:NAME,
    account:ADDRESS); `scoped` lays them over.
    """

    revision: int = 0
    hostname: str = "localhost"  # the machine's, for when general.me is empty
    general: General = field(default_factory=General)
    auth: Auth = field(default_factory=Auth)
    esmtp: Esmtp = field(default_factory=Esmtp)
    access: Access = field(default_factory=Access)
    hygiene: Hygiene = field(default_factory=Hygiene)
    extensions: Extensions = field(default_factory=Extensions)
    policy: Policy = field(default_factory=Policy)
    filters: Filters = field(default_factory=Filters)
    rates: Rates = field(default_factory=Rates)
    queue: Queue = field(default_factory=Queue)
    reports: Reports = field(default_factory=Reports)
    local: Local = field(default_factory=Local)
    mailauth: Mailauth = field(default_factory=Mailauth)
    outgoing: Outgoing = field(default_factory=Outgoing)
    mailboxes: Mailboxes = field(default_factory=Mailboxes)
    imap: Imap = field(default_factory=Imap)
    pop3: Pop3 = field(default_factory=Pop3)
    proxy: Proxy = field(default_factory=Proxy)
    webmail: Webmail = field(default_factory=Webmail)
    overlays: Mapping[str, Values] = field(default_factory=dict, repr=False, hash=False)
    _made: dict[tuple[str, ...], "Snapshot"] = field(
        default_factory=dict, init=False, repr=False, hash=False, compare=False
    )

    def scoped(self, *scopes: str) -> "Snapshot":
        """These settings with those of `scopes` over them, the last on top.  No I/O.

        Made once for each combination that says anything; else it is this snapshot itself.
        """
        telling = tuple(scope for scope in scopes if scope in self.overlays)
        if not telling:
            return self
        made = self._made.get(telling)
        if made is None:
            made = self
            for scope in telling:
                made = overlaid(made, self.overlays[scope])
            self._made[telling] = made
        return made

    def for_mail(self, listener: str, login: str) -> "Snapshot":
        """What holds for mail taken by this listener from this login, on its way out too.

        Courier's vanity configuration: the listener's settings count before the login's.
        """
        if not self.overlays:
            return self
        scopes = [f"listener:{listener}"] if listener else []
        if login:
            login = login.lower()
            domain = login.rpartition("@")[2]
            scopes = [f"domain:{domain}", f"account:{login}", *scopes]
        return self.scoped(*scopes)

    @property
    def me(self) -> str:
        """The server's own name, as greetings, Received and Message-ID give it."""
        return self.general.me or self.hostname

    @property
    def default_domain(self) -> str:
        return self.general.default_domain or self.me


SECTIONS: dict[str, type] = {
    name: schema
    for name, schema in get_type_hints(Snapshot).items()
    if name not in ("revision", "hostname", "overlays", "_made")
}

SETTINGS: dict[str, dict[str, Setting]] = {
    name: settings_of(name, schema) for name, schema in SECTIONS.items()
}


def find(path: str) -> Setting | None:
    """The setting called `section.name`."""
    section, _, name = path.partition(".")
    return SETTINGS.get(section, {}).get(name)


def build(
    revision: int, hostname: str, values: Values, overlays: Mapping[str, Values] | None = None
) -> Snapshot:
    """A snapshot of the defaults with `values` laid over them."""
    sections = {name: schema(**values.get(name, {})) for name, schema in SECTIONS.items()}
    return Snapshot(revision=revision, hostname=hostname, overlays=overlays or {}, **sections)


def overlaid(snapshot: Snapshot, values: Values) -> Snapshot:
    """`snapshot` with other values for some of its settings."""
    sections = {name: replace(getattr(snapshot, name), **new) for name, new in values.items()}
    return replace(snapshot, **sections)
