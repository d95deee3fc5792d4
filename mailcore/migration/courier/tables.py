"""Courier's tables of rules: smtpaccess, bofh, esmtproutes, esmtpauthclient, module.*."""

import re

from mailcore.errors import ConfigError, GrammarError
from mailcore.migration.courier.environment import ESMTP, Environment, Value, read, settle
from mailcore.migration.grammar import lines, tcpd
from mailcore.migration.plan import Plan, Where
from mailcore.policy import access_lines

_ROUTE = re.compile(
    r"(?P<domain>\.?[^\s:]*):\s*(?P<relay>\[[0-9A-Fa-f:.]+\]|[^\s,/\[\]]*)"
    r"(?:\s*,\s*(?P<port>\d{1,5}))?\s*(?:/(?P<flags>[^/]*))?"
)
_FLAGS = {"SECURITY=STARTTLS", "SECURITY=REQUIRED", "SECURITY=SMTPS", "IPV4ONLY", "IPV6ONLY"}
_NAMED = {"badfrom": "esmtp.bad_senders", "badmx": "policy.bad_mx", "spamtrap": "policy.spam_traps"}
_MODULES = {
    "local": {"MAXDELS": "local_slots", "MAXRCPT": "local_batch"},
    "esmtp": {"MAXDELS": "esmtp_slots", "MAXHOST": "esmtp_host_slots", "MAXRCPT": "esmtp_batch"},
}


def access(plan: Plan, name: str, text: str) -> None:
    """smtpaccess: our own records have its form; variables without a setting are left out."""
    for number, line in lines.items(text):
        where = Where(name, number)
        try:
            record = tcpd.access_record(line)
            kept = _kept(plan, where, record)
            access_lines.parse(kept)
        except (GrammarError, ConfigError) as error:
            plan.unread(where, line, str(error))
            continue
        plan.extend(where, line, "policy.access", [kept])


def _kept(plan: Plan, where: Where, record: tcpd.AccessRecord) -> str:
    if record.denied:
        return f"{record.network} deny"
    parts = [f"{record.network} allow"]
    for variable, value in record.variables:
        shown = value or ""
        quoted = f'"{shown}"' if re.search(r"[,\s]", shown) else shown
        part = variable if value is None else f"{variable}={quoted}"
        try:
            access_lines.parse(f"{record.network} allow,{part}")
        except ConfigError as error:
            plan.missing(where, f"{record.network} {part}", str(error))
            continue
        parts.append(part)
    return ",".join(parts)


def bofh(plan: Plan, name: str, text: str, environment: Environment) -> None:
    """Rules are settings; `opt` counts only where the environment does not say it already."""
    options: Environment = {}
    for number, words in lines.directives(text):
        where, line = Where(name, number), " ".join(words)
        keyword = words[0].lower()
        if keyword in _NAMED and len(words) == 2:
            plan.extend(where, line, _NAMED[keyword], [words[1].lower()])
        elif keyword == "freemail" and len(words) > 1:
            plan.extend(where, line, "policy.freemail", [" ".join(words[1:]).lower()])
        elif keyword == "maxrcpts" and len(words) > 1 and words[1].isdigit():
            plan.put(where, line, "esmtp.max_recipients", int(words[1]))
            plan.put(where, line, "policy.max_recipients_hard", words[2:3] == ["hard"])
        elif keyword == "opt" and len(words) > 1:
            options |= _options(plan, name, number, line[4:], environment)
        else:
            plan.unread(where, line, "no rule of a bofh file")
    settle(plan, options, ESMTP)


def _options(
    plan: Plan, name: str, number: int, text: str, environment: Environment
) -> Environment:
    found: Environment = {}
    for variable, value in read(plan, name, text, {}).items():
        where = Where(name, number)
        if variable in environment:
            plan.nothing(where, f"opt {text}", f"{environment[variable].where} says it already")
        else:
            found[variable] = Value(value.text, where)
    return found


def routes(plan: Plan, name: str, text: str) -> None:
    """esmtproutes: lines as they are, once they are routes."""
    for number, line in lines.items(text):
        where = Where(name, number)
        route = _ROUTE.fullmatch(line)
        if route is None:
            plan.unread(where, line, "no domain:relay[,port][ /FLAG,…]")
            continue
        unknown = set(re.split(r"[\s,]+", (route["flags"] or "").upper())) - _FLAGS - {""}
        if unknown:
            plan.missing(where, line, f"there is no flag {', '.join(sorted(unknown))}")
        plan.extend(where, line, "queue.routes", [line])


def logins(plan: Plan, name: str, text: str) -> None:
    """esmtpauthclient: relay, name, password.  The report never shows a line of it."""
    for number, line in lines.items(text):
        where, parts = Where(name, number), line.split(None, 2)
        if len(parts) < 2:
            plan.unread(where, "•••", "no relay, name and password")
        else:
            plan.extend(where, parts[0], "queue.route_passwords", [" ".join(parts)])


def module(plan: Plan, name: str, text: str) -> None:
    """module.local, module.esmtp: how much at once."""
    paths = _MODULES[name.partition(".")[2]]
    for variable, value in read(plan, name, text, {}).items():
        old = f"{variable}={value.text}"
        if variable in paths and value.text.isdigit():
            plan.put(value.where, old, f"queue.{paths[variable]}", int(value.text))
        elif variable in ("MAXHOST", "MAXRCPT"):
            plan.missing(value.where, old, "local delivery has no such limit")
        elif variable not in ("NAME", "PRIORITY", "PROG"):
            plan.unread(value.where, old, "nothing a module file says")
