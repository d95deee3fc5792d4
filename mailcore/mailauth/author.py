"""Whose message it says it is: the domain of From.  RFC 9989 §4.5, RFC 5322 §3.6.2."""

import re

from mailcore.mailauth.text import SignedText
from mailcore.message import address_list, header

_MOST = 5
_BRACKETED = re.compile(r"<[^<>@]{0,300}@([^<>@\s\"(),:;]{1,255})>")
_ANYWHERE = re.compile(r"@([\w.-]{1,255})")


def author_domains(text: SignedText) -> tuple[str, ...]:
    """Every domain that any From field names, in ACE and lower case, at most five.

    Where a field is no list of addresses, whatever a reader could take for one counts: readers
    differ, and none of them may be shown a domain that nobody asked.
    """
    names: dict[str, None] = {}
    for field in text.named(b"from")[:_MOST]:
        found = [each.domain for each in address_list.mailboxes(field.value)[:_MOST]]
        written = header.decode(field.value)
        found += _BRACKETED.findall(written)[:_MOST]
        if not any(found):
            found = _ANYWHERE.findall(written)[:_MOST]
        for each in found:
            if domain := ace(each):
                names[domain] = None
    return tuple(names)[:_MOST]


def author_domain(text: SignedText) -> str:
    """The one domain of the one From field, in ACE and lower case; "" when there is no such."""
    fields = text.named(b"from")
    if len(fields) != 1:
        return ""
    domains = {ace(each.domain) for each in address_list.mailboxes(fields[0].value)}
    return domains.pop() if len(domains) == 1 else ""


def ace(domain: str) -> str:
    """A domain as DNS knows it; "" for what can't be one."""
    domain = domain.lower().rstrip(".")
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
