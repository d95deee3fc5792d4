"""A line of policy.access → its record.  The grammar of Courier's smtpaccess.

    192.0.2.0/24   allow,RELAYCLIENT,SIZELIMIT=0
    198.51         allow,BLOCK="550 Not from there, thank you."
    203.0.113.9    deny
    *              allow,TARPIT=1

A network is a CIDR block, whole octets (`198.51`), whole 16-bit groups (`:2001:0db8`) or `*`.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from mailcore.conf import values
from mailcore.conf.fields import Setting
from mailcore.conf.schema.registry import SETTINGS
from mailcore.errors import ConfigError
from mailcore.policy import wording
from mailcore.protocol.reply import Reply

Network = IPv4Network | IPv6Network

_LINE = re.compile(r"(\S+)\s+(allow|deny)\b\s*(.*)", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r',\s*([A-Za-z][\w.]*)\s*(?:=\s*("[^"]*"|[^",]*))?\s*')
_OCTETS = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,3}")
_GROUPS = re.compile(r"(?::[0-9a-f]{1,4}){1,8}", re.IGNORECASE)
_EVERYBODY = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_SECTIONS = ("esmtp", "extensions", "policy", "access")  # what a session reads of its own settings
_ALIASES = {"MAXCPERIP": "esmtp.max_connections_per_address"}
_OPPOSITE = {"BOFHSPFNOVERBOSE": "policy.spf_verbose"}


@dataclass(frozen=True, slots=True)
class Record:
    """`relay` and `block` are the variables' values, None when they are not set."""

    networks: tuple[Network, ...]
    denied: bool = False
    relay: str | None = None
    block: str | None = None
    values: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def refusal(self) -> Reply | None:
        return wording.refusal(self.block) if self.block else None


def parse(line: str) -> Record:
    """Raises ConfigError, in the administrator's words."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ConfigError(f"policy.access: {line!r} is no network with allow or deny")
    networks = _networks(found[1])
    if found[2].lower() == "deny":
        return Record(networks, denied=True)
    return _allowed(networks, found[3])


def _allowed(networks: tuple[Network, ...], text: str) -> Record:
    relay: str | None = None
    block: str | None = None
    overlay: dict[str, dict[str, object]] = {}
    at = 0
    while at < len(text):
        variable = _VARIABLE.match(text, at)
        if variable is None:
            raise ConfigError(f"policy.access: {text[at:]!r} is no list of ,VARIABLE=value")
        at = variable.end()
        name, value = variable[1], (variable[2] or "").strip().strip('"')
        if name == "RELAYCLIENT":
            relay = value
        elif name == "BLOCK":
            block = value
        else:
            _lay(overlay, name, value)
    return Record(networks, relay=relay, block=block, values=overlay)


def _lay(overlay: dict[str, dict[str, object]], name: str, text: str) -> None:
    opposite = name in _OPPOSITE
    setting = _variables().get(_OPPOSITE.get(name, _ALIASES.get(name, name)))
    if setting is None:
        raise ConfigError(f"policy.access: no variable or setting is called {name}")
    value = values.parse(setting, text)
    overlay.setdefault(setting.section, {})[setting.name] = not value if opposite else value


def _networks(text: str) -> tuple[Network, ...]:
    if text == "*":
        return _EVERYBODY
    try:
        if _OCTETS.fullmatch(text):
            octets = text.split(".")
            whole = ".".join((octets + ["0"] * 3)[:4])
            return (ip_network(f"{whole}/{8 * len(octets)}"),)
        if _GROUPS.fullmatch(text):
            groups = text[1:].split(":")
            return (ip_network(f"{':'.join((groups + ['0'] * 7)[:8])}/{16 * len(groups)}"),)
        return (ip_network(text, strict=False),)
    except ValueError:
        raise ConfigError(f"policy.access: {text!r} is no network") from None


@cache
def _variables() -> dict[str, Setting]:
    """Courier's variables and our own names → the setting, where a peer may have its own."""
    found: dict[str, Setting] = {}
    for section in _SECTIONS:
        for setting in SETTINGS.get(section, {}).values():
            found[setting.path] = setting
            if setting.courier:
                found.setdefault(setting.courier.upper(), setting)
    return found
