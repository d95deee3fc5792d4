"""The MTA-STS policies of domains we host.  RFC 8461 §3; settings `mailauth.sts_*`, by domain."""

from hashlib import sha256

from mailcore.accounts import directory
from mailcore.conf.current import snapshot
from mailcore.mailauth.author import ace

OFF = "off"
HOST = "mta-sts."


def policy(domain: str) -> str:
    """The policy we serve for `domain` (Unicode or ACE); "" when there is none."""
    settings = snapshot().scoped(f"domain:{domain}")
    rules = settings.mailauth
    if rules.sts_mode == OFF:
        return ""
    exchangers = rules.sts_mx or (settings.me,)
    lines = ["version: STSv1", f"mode: {rules.sts_mode}"]
    lines += [f"mx: {name}" for each in exchangers if (name := _exchanger(each))]
    lines.append(f"max_age: {rules.sts_max_age}")
    return "".join(f"{line}\r\n" for line in lines)


def policy_id(domain: str) -> str:
    """What the id= of its record is: new whenever the policy is another."""
    return sha256(policy(domain).encode()).hexdigest()[:20]


def policy_for_host(host: str) -> str:
    """The policy to serve under this Host; "" for hosts that have none.  May ask the database.

    `host` comes from a stranger: only the name of a domain we host, behind `mta-sts.`, counts.
    """
    name = host.lower().partition(":")[0].rstrip(".")
    if not name.startswith(HOST):
        return ""
    wanted = name.removeprefix(HOST)
    for domain in directory.hosted_domains():
        if ace(domain) == wanted:
            return policy(domain)
    return ""


def _exchanger(text: str) -> str:
    """A host, or `*.` and a domain; "" for what would break the policy's lines."""
    name = ace(text.strip())
    return name if name and not set(name) & set(" \t\r\n:;") else ""
