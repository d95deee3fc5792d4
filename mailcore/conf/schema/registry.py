"""Every section there is.  To add one: a module here, a field in Snapshot, a line in the docs."""

from dataclasses import dataclass, field
from typing import Any, get_type_hints

from mailcore.conf.fields import Setting, settings_of
from mailcore.conf.schema.auth import Auth
from mailcore.conf.schema.esmtp import Esmtp
from mailcore.conf.schema.general import General
from mailcore.conf.schema.imap import Imap
from mailcore.conf.schema.pop3 import Pop3
from mailcore.conf.schema.queue import Queue
from mailcore.conf.schema.webmail import Webmail


@dataclass(frozen=True)
class Snapshot:
    """All settings at one revision, immutable; a session keeps the one it began with."""

    revision: int = 0
    hostname: str = "localhost"  # the machine's, for when general.me is empty
    general: General = field(default_factory=General)
    auth: Auth = field(default_factory=Auth)
    esmtp: Esmtp = field(default_factory=Esmtp)
    queue: Queue = field(default_factory=Queue)
    imap: Imap = field(default_factory=Imap)
    pop3: Pop3 = field(default_factory=Pop3)
    webmail: Webmail = field(default_factory=Webmail)

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
    if name not in ("revision", "hostname")
}

SETTINGS: dict[str, dict[str, Setting]] = {
    name: settings_of(name, schema) for name, schema in SECTIONS.items()
}


def find(path: str) -> Setting | None:
    """The setting called `section.name`."""
    section, _, name = path.partition(".")
    return SETTINGS.get(section, {}).get(name)


def build(revision: int, hostname: str, values: dict[str, dict[str, Any]]) -> Snapshot:
    """A snapshot of the defaults with `values` (section → name → value) laid over them."""
    sections = {name: schema(**values.get(name, {})) for name, schema in SECTIONS.items()}
    return Snapshot(revision=revision, hostname=hostname, **sections)
