"""A whole /var/qmail → a plan: control/ and the aliases in alias/.qmail-*."""

from collections.abc import Callable

from mailcore.conf.schema import registry
from mailcore.errors import GrammarError
from mailcore.migration import aliases
from mailcore.migration.aliases import Names
from mailcore.migration.files import Files, Refused, Text
from mailcore.migration.grammar import lines, qmail
from mailcore.migration.grammar.alias_file import Kind
from mailcore.migration.plan import Plan, Where

_SETTINGS = {
    "me": "general.me",
    "defaulthost": "general.default_domain",
    "databytes": "esmtp.size_limit",
    "timeoutsmtpd": "esmtp.command_timeout",
    "timeoutconnect": "queue.timeout_connect",
    "timeoutremote": "queue.timeout_command",
    "queuelifetime": "queue.expire_after",
    "concurrencylocal": "queue.local_slots",
    "concurrencyremote": "queue.esmtp_slots",
    "helohost": "queue.helo",
    "outgoingip": "queue.source_ipv4",
}
_NOTHING = {
    "defaultdomain": "names of programs here are completed with general.default_domain",
    "plusdomain": "nobody writes a plus behind a host name any more",
    "idhost": "Message-IDs bear the server's name",
    "envnoathost": "names without a host are completed with general.default_domain",
    "localiphost": "mail for user@[our address] is the default domain's",
    "servercert.pem": "copy certificate and key to tls/server.crt and tls/server.key at home",
}
_MISSING = {
    "badrcptto": "no list of recipients is refused: remove their aliases",
    "percenthack": "user%host@here is not relayed",
    "morercpthosts.cdb": "a compiled file: import the text it was made from, morercpthosts",
}
_RELAY = (
    "who may relay is not said here but in the rules of tcpserver (tcp.smtp): write those"
    " networks into policy.access"
)


def plan(files: Files, control: Files, host: str, domain: str) -> Plan:
    """What the files of `control` and of alias/ below `files` say."""
    made = _Reader(files, control, Plan(), host, domain)
    made.read()
    return made.plan


class _Reader:
    """One import."""

    def __init__(self, files: Files, control: Files, plan: Plan, host: str, domain: str) -> None:
        self.files = files
        self.control = control
        self.plan = plan
        me = self._first("me") or host
        self.names = Names(me, domain or self._first("defaulthost"), host)

    def read(self) -> None:
        parts: dict[str, Callable[[str, str], None]] = {
            "locals": self._locals,
            "rcpthosts": self._accepted,
            "morercpthosts": self._accepted,
            "virtualdomains": self._virtual,
            "smtproutes": self._routes,
            "badmailfrom": self._bad_senders,
            "smtpgreeting": self._greeting,
        }
        present = self.control.names()
        order = [*(name for name in parts if name in present)]
        for name in [*order, *(name for name in present if name not in parts)]:
            text = self._text(name)
            if text is not None:
                parts.get(name, self._one)(name, text)
        self._reports()
        self._aliases()
        self.plan.decide(Where("control"), "RELAYCLIENT", _RELAY)

    def _one(self, name: str, text: str) -> None:
        where, value = Where(name, 1), lines.first(text)
        setting = registry.find(_SETTINGS.get(name, ""))
        if setting is not None:
            self.plan.put_text(where, name, setting, value, "")
        elif name in _NOTHING:
            self.plan.nothing(where, name, _NOTHING[name])
        elif name in _MISSING:
            self.plan.missing(where, name, _MISSING[name])
        elif name not in _REPORTS:
            self.plan.unread(where, name, "no control file that is known here")

    def _locals(self, name: str, text: str) -> None:
        found = []
        for number, line in lines.items(text):
            where, domain = Where(name, number), line.lower()
            if "." not in domain:
                self.plan.nothing(where, line, "not a full domain name")
            elif self.plan.domain(where, line, domain):
                found.append(domain)
        self.names.local = found or self.names.local

    def _accepted(self, name: str, text: str) -> None:
        virtual = lines.items(self._text("virtualdomains") or "")
        ours = {line.partition(":")[0].lower() for _, line in virtual} | {self.names.me}
        for number, line in lines.items(text):
            domain = line.lower()
            if domain in self.plan.domains or domain in ours:
                self.plan.nothing(Where(name, number), line, "the domain is ours")
            else:
                self.plan.extend(Where(name, number), line, "esmtp.relay_to", [domain])

    def _virtual(self, name: str, text: str) -> None:
        for number, line in lines.items(text):
            where = Where(name, number)
            try:
                left, user = qmail.virtual(line)
            except GrammarError as error:
                self.plan.unread(where, line, str(error))
                continue
            local, at, domain = left.rpartition("@")
            if not domain or domain.startswith("."):
                self.plan.decide(where, line, "name the domains one by one")
            elif not user:
                self.plan.nothing(where, line, "an exception from a wildcard")
            elif at:
                self._virtual_user(where, local, domain, user)
            elif user == domain:
                self.plan.domain(where, line, domain)  # as vpopmail writes it: full addresses
            else:
                aliases.virtual_domain(self.plan, where, domain, user, self.names)

    def _virtual_user(self, where: Where, local: str, domain: str, user: str) -> None:
        if domain in self.plan.domains or self.plan.domain(where, domain, domain):
            self.plan.alias(where, f"{local}@{domain}", [self.names.complete(user)])

    def _routes(self, name: str, text: str) -> None:
        found = []
        for number, line in lines.items(text):
            try:
                found.append((Where(name, number), qmail.route(line)))
            except GrammarError as error:
                self.plan.unread(Where(name, number), line.split()[0], str(error))
        for where, one in sorted(found, key=lambda pair: pair[1].specificity):
            port = f",{one.port}" if one.port != 25 else ""
            written = f"{one.domain}:{one.relay}{port}"
            self.plan.extend(where, written, "queue.routes", [written])
            if one.user:
                login = f"{one.relay} {one.user} {one.password}"
                self.plan.extend(where, one.relay, "queue.route_passwords", [login])

    def _bad_senders(self, name: str, text: str) -> None:
        for number, line in lines.items(text):
            self.plan.extend(Where(name, number), line, "esmtp.bad_senders", [line.lower()])

    def _greeting(self, name: str, text: str) -> None:
        rest = lines.first(text).removeprefix(self.names.me).strip()
        self.plan.put(Where(name, 1), name, "esmtp.greeting", rest)

    def _reports(self) -> None:
        """Who bounces are from, and who reads those that nobody else does."""
        user, host = self._first("bouncefrom"), self._first("bouncehost")
        if user or host:
            sender = f"{user or 'MAILER-DAEMON'}@{host or self.names.me}"
            self.plan.put(Where("bouncefrom"), "bouncefrom, bouncehost", "queue.dsn_from", sender)
        user, host = self._first("doublebounceto"), self._first("doublebouncehost")
        if user or host:
            reader = f"{user or 'postmaster'}@{host or self.names.me}"
            self.plan.put(Where("doublebounceto"), "doublebounceto", "general.postmaster", reader)

    def _aliases(self) -> None:
        """alias/.qmail-NAME: NAME is an alias; .qmail-default takes what nobody else does."""
        directory = Files(self.files.top / "alias")
        for name in directory.names():
            local = name.removeprefix(".qmail-").replace(":", ".")
            one = directory.read(name) if name.startswith(".qmail-") else None
            where = Where(f"alias/{name}")
            if isinstance(one, Refused):
                self.plan.unread(where, name, one.why)
            elif isinstance(one, Text):
                self._alias(where, local, one.text)

    def _alias(self, where: Where, local: str, text: str) -> None:
        found = [member for _, member in qmail.instructions(text)]
        if local.endswith("-default"):
            self.plan.decide(where, local, "only the whole name can be caught, by an alias @domain")
        elif not found:
            self.plan.decide(where, local, "qmail's default delivery: say where this mail goes")
        elif local == "default":
            targets = [self.names.complete(one.text) for one in found if one.kind is Kind.ADDRESS]
            for domain in self.names.local if targets else ():
                if domain in self.plan.domains or self.plan.domain(where, domain, domain):
                    self.plan.alias(where, f"@{domain}", targets)
        else:
            aliases.make(self.plan, where, local, found, self.names)

    def _text(self, name: str) -> str | None:
        one = self.control.read(name)
        if isinstance(one, Refused):
            self.plan.unread(Where(name), name, one.why)
        return one.text if isinstance(one, Text) else None

    def _first(self, name: str) -> str:
        one = self.control.read(name)
        return lines.first(one.text).lower() if isinstance(one, Text) else ""


_REPORTS = ("bouncefrom", "bouncehost", "doublebounceto", "doublebouncehost")
