"""Courier's NAME=value files: esmtpd, esmtpd-msa, esmtpd-ssl, courierd, imapd, pop3d, authdaemonrc.

esmtpd-msa and esmtpd-ssl are read after esmtpd and say only what is different: it becomes the
settings of those listeners.  `opt` lines of bofh count where no file has set the variable.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mailcore.conf.schema import registry
from mailcore.errors import ConfigError, GrammarError
from mailcore.mailbox import trash
from mailcore.migration import names
from mailcore.migration.courier import facts
from mailcore.migration.grammar import lines, shell, tcpd
from mailcore.migration.plan import Plan, Where
from mailcore.policy import blocklist

ESMTP = ("esmtp", "access", "extensions", "policy", "hygiene")
CLIENT = ("queue", "outgoing", "general", "policy")


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable was set to, and where."""

    text: str
    where: Where


Environment = dict[str, Value]

_NOBODY = Value("", Where(""))


def read(plan: Plan, name: str, text: str, known: Mapping[str, str]) -> Environment:
    """The variables that the file sets; lines only a shell understands are told."""
    assignments, unread = shell.parse(text, known)
    for one in unread:
        plan.unread(Where(name, one.line), one.text, one.why)
    return {one.name: Value(one.value, Where(name, one.line)) for one in assignments}


def settle(
    plan: Plan, environment: Environment, sections: tuple[str, ...], scope: str = ""
) -> None:
    """Make settings of the variables."""
    asks = environment.get("TLS_VERIFYPEER", _NOBODY).text.upper() not in ("", "NONE")
    for name, value in environment.items():
        if name == "TLS_TRUSTCERTS" and sections == CLIENT:
            _authorities(plan, name, value, scope)
        elif name == "TLS_TRUSTCERTS" and not asks:
            plan.nothing(value.where, name, "clients were not asked for certificates")
        elif name == "TLS_TRUSTCERTS":
            why = "paste these certificates into access.client_authorities"
            plan.decide(value.where, f"{name}={value.text}", why)
        else:
            _settle(plan, name, value, sections, scope)


def _authorities(plan: Plan, name: str, value: Value, scope: str) -> None:
    """The client's: with any, Courier obeyed MTA-STS too."""
    if value.text:
        plan.put(value.where, name, "outgoing.tls_authorities", value.text, scope)
        plan.put(value.where, name, "outgoing.mta_sts", True, scope)
    else:
        plan.nothing(value.where, name, "the system's authorities are believed")


def _settle(plan: Plan, name: str, value: Value, sections: tuple[str, ...], scope: str) -> None:
    special = _SPECIAL.get(name)
    if name in facts.MACHINERY or name.endswith("_WEBADMIN") or name.endswith("_ORIG"):
        plan.nothing(value.where, name, "how the old programs were run; means nothing here")
    elif name in facts.DEPLOYMENT and not (name.startswith("TLS_") and sections == CLIENT):
        plan.decide(value.where, f"{name}={value.text}", facts.DEPLOYMENT[name])
    elif scope and name in facts.WHOLE_SERVER:
        plan.nothing(value.where, name, "one setting holds for all listeners: see esmtpd")
    elif special is not None:
        special(plan, name, value, scope)
    elif value.text.strip() in facts.HARMLESS.get(name, ()):
        plan.nothing(value.where, f"{name}={value.text}", "that is how it is here")
    elif found := names.counterparts(name, sections):
        for setting, opposite in found:
            text = value.text
            if opposite:
                text = "0" if text.strip() == "1" else "1"
            plan.put_text(value.where, f"{name}={value.text}", setting, text, scope)
    else:
        why = facts.MISSING.get(name, "no setting here does this")
        plan.missing(value.where, f"{name}={value.text}", why)


def _lists(plan: Plan, name: str, value: Value, scope: str) -> None:
    """BLACKLISTS: our setting takes each option as it was written."""
    good = []
    try:
        options = tcpd.words(value.text)
    except GrammarError as error:
        plan.unread(value.where, f"{name}={value.text}", str(error))
        return
    for option in options:
        try:
            blocklist.parse(option)
            good.append(option)
        except ConfigError as error:
            plan.unread(value.where, option, str(error))
    plan.put(value.where, name, "policy.dns_lists", tuple(good), scope)


def _login_on_mail_port(plan: Plan, name: str, value: Value, scope: str) -> None:
    """ESMTPAUTH: nobody logs in without TLS here, so only whether there were any is left."""
    plan.put(value.where, name, "esmtp.auth_on_mail_port", bool(value.text.split()), scope)


def _mechanisms(plan: Plan, name: str, value: Value, scope: str) -> None:
    """ESMTPAUTH_TLS, POP3AUTH_TLS: ours are kept beside those we have too."""
    path = "pop3.auth_mechanisms" if name.startswith("POP3") else "esmtp.auth_mechanisms"
    setting = registry.find(path)
    known = set(setting.choices or setting.default) if setting else set()
    kept = [one for one in dict.fromkeys(value.text.upper().split()) if one in known]
    for one in value.text.upper().split():
        if one not in known:
            plan.missing(value.where, f"{name}={one}", "this mechanism is not offered here")
    if "CRAM-MD5" in kept:
        plan.decide(value.where, "CRAM-MD5", "works for passwords kept for it: auth.keep_passwords")
    if kept and setting:
        modern = [one for one in setting.default if one not in (*kept, "PLAIN", "LOGIN")]
        plan.put(value.where, name, path, (*kept, *modern), scope)


def _broken_mime(plan: Plan, name: str, value: Value, scope: str) -> None:
    wanted = value.text.strip().lower()
    plan.put(value.where, f"{name}={wanted}", "hygiene.broken_mime", wanted, scope)


def _mime(plan: Plan, name: str, value: Value, scope: str) -> None:
    """MIME=none leaves messages alone; the other values convert them."""
    wanted = value.text.strip().lower()
    if wanted == "none":
        plan.put(value.where, f"{name}=none", "hygiene.mime_headers", "nobody", scope)
    else:
        plan.put(value.where, f"{name}={wanted}", "hygiene.recode", wanted, scope)


def _rewriting(plan: Plan, name: str, value: Value, scope: str) -> None:
    wanted = {"0": "always", "1": "never", "2": "unsigned"}.get(value.text.strip(), value.text)
    plan.put(value.where, f"{name}={value.text}", "hygiene.rewrite_addresses", wanted, scope)


def _additions(plan: Plan, name: str, value: Value, scope: str) -> None:
    """NOADDDATE, NOADDMSGID: strangers' messages are never given these fields here."""
    old, wanted = f"{name}={value.text}", value.text.strip() != "1"
    path = "hygiene.add_date" if name == "NOADDDATE" else "hygiene.add_message_id"
    if scope:
        plan.put(value.where, old, path, wanted, scope)
    elif wanted:
        plan.missing(value.where, old, "only users' messages are given the fields they lack")
    else:
        plan.nothing(value.where, old, "that is how it is here, but for users")


def _backscatter(plan: Plan, name: str, value: Value, scope: str) -> None:
    sources = tuple(one.strip().removesuffix("/dsn") for one in value.text.split(",") if one)
    plan.put(value.where, name, "queue.block_backscatter", sources, scope)


def _suppressed(plan: Plan, name: str, value: Value, scope: str) -> None:
    sources = tuple(one for one in value.text.replace(",", " ").split() if one != "none")
    plan.put(value.where, name, "policy.suppress_backscatter", sources, scope)


def _empty_trash(plan: Plan, name: str, value: Value, scope: str) -> None:
    """IMAP_EMPTYTRASH: `Trash:7,Sent:30`."""
    good = []
    for rule in filter(None, (one.strip() for one in value.text.split(","))):
        try:
            trash.parse(rule)
            good.append(rule)
        except ConfigError as error:
            plan.unread(value.where, f"{name}={rule}", str(error))
    plan.put(value.where, name, "mailboxes.empty_trash", tuple(good), scope)


def _source_address(plan: Plan, name: str, value: Value, scope: str) -> None:
    path = "queue.source_ipv6" if name.endswith("6") else "queue.source_ipv4"
    address = value.text.strip()
    plan.put(value.where, name, path, "" if address == "0" else address, scope)


def _started(plan: Plan, name: str, value: Value, scope: str) -> None:
    """Only a server that was not started is worth a word."""
    on = value.text.strip().lower().startswith("y")
    if name in _SWITCHES and (on or not name.endswith("SSLSTART")):
        plan.put(value.where, f"{name}={value.text}", _SWITCHES[name], on, scope)
    elif on:
        plan.nothing(value.where, name, "its ports are open here anyway")
    else:
        plan.decide(value.where, f"{name}={value.text}", facts.NOT_STARTED)


_SWITCHES = {
    "IMAPDSTART": "imap.enabled",
    "IMAPDSSLSTART": "imap.enabled",
    "POP3DSTART": "pop3.enabled",
    "POP3DSSLSTART": "pop3.enabled",
}


def _options(plan: Plan, name: str, value: Value, scope: str) -> None:
    """TCPDOPTS and DROP: what couriertcpd was started with."""
    try:
        options = tcpd.words(value.text)
    except GrammarError as error:
        plan.unread(value.where, f"{name}={value.text}", str(error))
        return
    for option in options:
        if option == "-nodnslookup" and names.counterparts("NODNS"):
            plan.put(value.where, option, "access.reverse_dns", "nobody", scope)
        elif option.startswith("-haproxy"):
            plan.decide(value.where, option, "name your balancers in esmtp.proxy_from")
        elif option.startswith("-drop"):
            plan.put(value.where, option, "access.drop", True, scope)
        else:
            plan.nothing(value.where, option, "how the old listener was run; means nothing here")


def _certificate_name(plan: Plan, name: str, value: Value, scope: str) -> None:
    """TLS_EXTERNAL: where a client's certificate names its login."""
    setting = registry.find("access.client_name")
    choices = {one.lower(): one for one in setting.choices} if setting else {}
    wanted = value.text.strip()
    field = choices.get(wanted.lower(), wanted)
    plan.put(value.where, f"{name}={wanted}", "access.client_name", field, scope)


def _modules(plan: Plan, name: str, value: Value, scope: str) -> None:
    plan.decide(value.where, f"{name}={value.text}", facts.LOGINS)


def interval(plan: Plan, where: Where, old: str, text: str) -> int | None:
    """Courier's time; None when there is none."""
    seconds, rest = lines.interval(text)
    if rest == text.strip() and rest:
        plan.unread(where, f"{old}: {text}", "no time such as 4h or 1w2d")
        return None
    if rest:
        plan.unread(where, rest, f"Courier stopped here; {old} is {seconds} seconds")
    return seconds


def _proxied(plan: Plan, name: str, value: Value, scope: str) -> None:
    """The aggregator proxy: whether it ran is told by two variables, the rest is not needed."""
    if value.text.strip() in ("", "0"):
        plan.nothing(value.where, f"{name}={value.text}", "that is how it is here")
    elif name == "IMAP_PROXY_FOREIGN":
        plan.nothing(value.where, name, "every node is asked what it can do after the login")
    else:
        plan.decide(value.where, f"{name}={value.text}", facts.PROXIED)


_SPECIAL: dict[str, Callable[[Plan, str, Value, str], None]] = {
    "BLACKLISTS": _lists,
    "IMAP_PROXY": _proxied,
    "IMAP_PROXY_FOREIGN": _proxied,
    "POP3_PROXY": _proxied,
    "PROXY_HOSTNAME": _proxied,
    "ESMTPAUTH": _login_on_mail_port,
    "ESMTPAUTH_TLS": _mechanisms,
    "POP3AUTH_TLS": _mechanisms,
    "BOFHBADMIME": _broken_mime,
    "MIME": _mime,
    "NOADDRREWRITE": _rewriting,
    "NOADDDATE": _additions,
    "NOADDMSGID": _additions,
    "ESMTP_BLOCKBACKSCATTER": _backscatter,
    "BOFHSUPPRESSBACKSCATTER": _suppressed,
    "IMAP_EMPTYTRASH": _empty_trash,
    "SOURCE_ADDRESS": _source_address,
    "SOURCE_ADDRESS_IPV6": _source_address,
    "ESMTPDSTART": _started,
    "ESMTPDSSLSTART": _started,
    "IMAPDSTART": _started,
    "POP3DSTART": _started,
    "IMAPDSSLSTART": _started,
    "POP3DSSLSTART": _started,
    "IMAPDSTARTTLS": _started,
    "POP3_STARTTLS": _started,
    "TCPDOPTS": _options,
    "DROP": _options,
    "authmodulelist": _modules,
    "TLS_EXTERNAL": _certificate_name,
}
