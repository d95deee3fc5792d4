"""Machines that have the mail, as the settings list them, and whose account is where."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from mailcore.accounts.directory import AccountValue
from mailcore.conf.deployment import Deployment
from mailcore.conf.schema.proxy import Proxy
from mailcore.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}")
_USUAL = {"starttls": (143, 110), "none": (143, 110), "implicit": (993, 995)}
_OPTIONS = frozenset({"tls", "imap", "pop3", "certificate"})


@dataclass(frozen=True, slots=True)
class Node:
    """One machine.  `tls` is none, starttls or implicit; a port of 0: no such server there.

    `checked`: its certificate must be one that is believed, and bear `host`.
    """

    name: str
    host: str
    imap: int = 143
    pop3: int = 110
    tls: str = "starttls"
    checked: bool = True

    def port(self, service: str) -> int:
        """Where `service` (imap or pop3) listens."""
        return self.imap if service == "imap" else self.pop3


def parse(line: str) -> Node:
    """`NAME HOST [tls=…] [imap=PORT] [pop3=PORT] [certificate=any]`.  Raises ConfigError."""
    name, host, *rest = [*line.split(), "", ""]
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} can't be the name of a node")
    if not _is_host(host):
        raise ConfigError(f"{line!r}: write name and host, such as: a mail-a.example.com")
    options: dict[str, str] = {}
    for word in filter(None, rest):
        key, sign, value = word.partition("=")
        if key not in _OPTIONS or not sign or key in options:
            raise ConfigError(f"{word!r}: write tls=, imap=, pop3= or certificate=, each once")
        options[key] = value
    tls = options.get("tls", "starttls")
    if tls not in _USUAL:
        raise ConfigError(f"tls={tls}: choose from {', '.join(_USUAL)}")
    certificate = options.get("certificate", "checked")
    if certificate not in ("checked", "any"):
        raise ConfigError(f"certificate={certificate}: choose from checked, any")
    imap, pop3 = (
        _port(options.get(key, str(usual)))
        for key, usual in zip(("imap", "pop3"), _USUAL[tls], strict=True)
    )
    return Node(name, host, imap, pop3, tls, certificate == "checked")


def written(line: str) -> str:
    """The line as it is kept.  Raises ConfigError."""
    parse(line)
    return " ".join(line.split())


def _is_host(text: str) -> bool:
    if _HOST.fullmatch(text):
        return True
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65_535:
        raise ConfigError(f"{text!r} is no port")
    return int(text)


@lru_cache(maxsize=8)
def listed(lines: tuple[str, ...]) -> Mapping[str, Node]:
    """The nodes by name in lower case; lines that can't be read are left out."""
    found: dict[str, Node] = {}
    for line in lines:
        try:
            node = parse(line)
        except ConfigError:
            continue
        found[node.name.lower()] = node
    return found


def here(facts: Deployment) -> Node:
    """This very machine, reached without a network, where it is not listed itself."""
    ports = facts.ports
    return Node(facts.node, "127.0.0.1", ports.get("imap", 0), ports.get("pop3", 0), "none")


def all_of(rules: Proxy, own: Node) -> Mapping[str, Node]:
    """Every node an account may be on: those listed, and this machine where it may be meant."""
    found = listed(rules.nodes)
    if own.name.lower() in found:
        return found
    return {**found, own.name.lower(): own}


def expected(rules: Proxy, own: Node) -> tuple[Node, ...]:
    """The nodes that ought to answer: those listed, and this machine where it is the usual one."""
    found = listed(rules.nodes)
    return tuple((found if rules.default_node else all_of(rules, own)).values())


def of_account(account: AccountValue | None, rules: Proxy, own: Node) -> Node | None:
    """Where an account's mail is; None when it names a node that is not listed.

    Its `node` counts, then the classic's option `mailhost`, which is a node's name or host.
    """
    name = account.node or str(account.options.get("mailhost", "")) if account else ""
    name = (name or rules.default_node or own.name).lower()
    nodes = all_of(rules, own)
    if name in nodes:
        return nodes[name]
    return next((node for node in nodes.values() if node.host.lower() == name), None)
