"""A whole /etc/courier → a plan: which file is read by whom, and in which order."""

import re
from collections.abc import Callable

from mailcore.migration import aliases
from mailcore.migration.aliases import Names, starred
from mailcore.migration.courier import addresses, environment, facts, one_line, tables, vanity
from mailcore.migration.courier.environment import CLIENT, ESMTP, Environment
from mailcore.migration.files import Files, Refused, Text
from mailcore.migration.grammar import lines
from mailcore.migration.plan import Plan, Where

_USERS = ("NOADDDATE", "NOADDMSGID")


def plan(files: Files, host: str) -> Plan:
    """What the files say; `host` is the name of the machine they come from."""
    made = _Reader(files, Plan(), host)
    made.read()
    return made.plan


class _Reader:
    """One import.  `done` are the names that some part has dealt with."""

    def __init__(self, files: Files, plan: Plan, host: str) -> None:
        self.files = files
        self.plan = plan
        self.done: set[str] = set()
        self.names = Names(self._first("me") or host, self._first("defaultdomain"), host)

    def read(self) -> None:
        present = self.files.names()
        self._one_line_files(present)
        self._environments()
        self._tables()
        self._addresses()
        self.done |= vanity.settle(self.plan, self.files, present, self.names.me)
        for name in present:
            if name not in self.done:
                self._left_over(name)
        self._defaults()

    def _one_line_files(self, present: list[str]) -> None:
        for name in present:
            text = self._text(name) if name in facts.ONE_LINE else None
            if text is not None and name in ("me", "defaultdomain"):
                text = starred(lines.first(text), self.names.host)
            if text is not None:
                one_line.put(self.plan, Where(name, 1), name, text, me=self.names.me)

    def _environments(self) -> None:
        main = self._environment("esmtpd", ESMTP)
        for name, scope in (("esmtpd-msa", "submission"), ("esmtpd-ssl", "submissions")):
            self._environment(name, ESMTP, main, f"listener:{scope}")
        self._environment("courierd", CLIENT)
        for name, section in (("imapd", "imap"), ("pop3d", "pop3")):
            self._environment(f"{name}-ssl", (section,), self._environment(name, (section,)))
        self._environment("authdaemonrc", ("auth",))
        text = self._text("bofh")
        if text is not None:
            tables.bofh(self.plan, "bofh", text, main)

    def _environment(
        self,
        name: str,
        sections: tuple[str, ...],
        before: Environment | None = None,
        scope: str = "",
    ) -> Environment:
        """Read one file after the one `before` it; with a scope only what is different counts."""
        text = self._text(name)
        if text is None:
            return {}
        before = before or {}
        known = {"sysconfdir": str(self.files.top), "prefix": "/usr", "exec_prefix": "/usr"}
        known |= {variable: value.text for variable, value in before.items()}
        own = environment.read(self.plan, name, text, known)
        if scope:
            for one in _USERS:  # counts for users only, so it counts where they are
                own = {one: before[one]} | own if one in before else own
            same = [
                one
                for one in own
                if one in before and before[one].text == own[one].text and one not in _USERS
            ]
            environment.settle(
                self.plan, {one: own[one] for one in own if one not in same}, sections, scope
            )
        else:
            environment.settle(self.plan, own, sections)
        return own

    def _tables(self) -> None:
        self._each("smtpaccess", lambda one: tables.access(self.plan, one.name, one.text))
        for name, read in (
            ("esmtproutes", tables.routes),
            ("esmtpauthclient", tables.logins),
            ("module.local", tables.module),
            ("module.esmtp", tables.module),
        ):
            text = self._text(name)
            if text is not None:
                read(self.plan, name, text)

    def _addresses(self) -> None:
        self._each("locals", self._with_names(addresses.local_names))
        self._each("hosteddomains", self._with_names(addresses.hosted))
        for name in ("esmtppercentrelay", "esmtppercentrelay.dir"):
            self._each(name, self._with_names(addresses.percent_relay))
        self._each(
            "aliases",
            lambda one: aliases.read(
                self.plan, one.name, one.text, self.names, self.files.read_absolute
            ),
        )
        for name in ("esmtpacceptmailfor", "esmtpacceptmailfor.dir"):
            self._each(name, self._with_names(addresses.accepted))

    def _with_names(self, read: Callable[[Plan, str, str, Names], None]) -> Callable[[Text], None]:
        return lambda one: read(self.plan, one.name, one.text, self.names)

    def _each(self, name: str, read: Callable[[Text], None]) -> None:
        for one in self.files.read_all(name):
            if isinstance(one, Refused):
                self.plan.unread(Where(one.name), one.name, one.why)
            else:
                read(one)
        self.done.add(name)

    def _text(self, name: str) -> str | None:
        self.done.add(name)
        one = self.files.read(name)
        if isinstance(one, Refused):
            self.plan.unread(Where(name), name, one.why)
        return one.text if isinstance(one, Text) else None

    def _first(self, name: str) -> str:
        one = self.files.read(name)
        return lines.first(one.text).lower() if isinstance(one, Text) else ""

    def _defaults(self) -> None:
        """What Courier did unasked and we don't."""
        for name, (path, value) in facts.DEFAULTS.items():
            if ("", path) not in self.plan.settings:
                why = f"Courier's default was {value}; {path} says what holds here"
                self.plan.decide(Where(name), f"no {name}", why)

    def _left_over(self, name: str) -> None:
        where = Where(name)
        if name in facts.FLAGS:
            is_missing, why = facts.FLAGS[name]
        else:
            found = [rest for pattern, *rest in facts.PATTERNS if re.fullmatch(str(pattern), name)]
            if not found:
                self.plan.unread(where, name, "no file of Courier's that is known here")
                return
            is_missing, why = bool(found[0][0]), str(found[0][1])
        (self.plan.missing if is_missing else self.plan.nothing)(where, name, why)
