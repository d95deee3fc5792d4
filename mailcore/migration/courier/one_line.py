"""Courier's one-line files, and a few of many: the name is the setting, the text the value."""

from mailcore.migration import names
from mailcore.migration.courier import environment
from mailcore.migration.grammar import lines
from mailcore.migration.plan import Plan, Where


def put(
    plan: Plan, where: Where, name: str, text: str, *, me: str, scope: str = "", own: str = ""
) -> None:
    """Make a setting of the file.  `own` is the address of the vhost it belongs to."""
    value = lines.first(text)
    if name == "esmtpgreeting":
        greeting = "\n".join(line.strip() for line in text.strip().splitlines())
        plan.put(where, name, "esmtp.greeting", greeting.removeprefix(me).strip(), scope)
    elif name.startswith("dsn") and name.endswith(".txt"):
        _put(plan, where, name, _report(text), scope)
    elif name == "defaultsep":
        plan.put(where, name, "queue.extension_separators", _separators(value), scope)
    elif name == "esmtphelo" and value == "*":
        plan.decide(where, name, "the name of each outgoing address is not looked up: write one")
    elif name == "aliasfilteracct":
        plan.decide(where, name, "say whose home has lists' filters: filters.alias_filter_account")
    elif name in ("ipout", "ip6out"):
        # 0 is the system's choice, an empty file the address that took the mail.
        _put(plan, where, name, {"0": "", "": own}.get(value, value), scope)
    else:
        _put(plan, where, name, value, scope)


def _put(plan: Plan, where: Where, name: str, value: str, scope: str) -> None:
    found = names.counterparts(name)
    if not found:
        plan.missing(where, f"{name}: {value}", "no setting here does this")
    for setting, _ in found:
        if setting.kind != "duration":
            plan.put_text(where, name, setting, value, scope)
            continue
        seconds = environment.interval(plan, where, name, value)
        if seconds is not None:
            plan.put(where, name, setting.path, seconds, scope)


def _report(text: str) -> str:
    """A template of reports, without the MIME header that one of them has."""
    lines = text.strip("\n").splitlines()
    while lines and lines[0].lower().startswith("content-type:"):
        lines = "\n".join(lines[1:]).strip("\n").splitlines()
    return "\n".join(lines)


def _separators(value: str) -> str:
    """A hyphen always separates, in Courier; the file adds to it."""
    return "".join(dict.fromkeys(f"-{value}"))
