"""What SPF found, written down: Received-SPF and Authentication-Results.  RFC 7208 §9."""

import re

from mailcore.policy.spf import SpfVerdict

_KINDS = {"helo": "HELO", "mailfrom": "MAILFROM", "from": "FROM"}
_PROPERTIES = {"helo": "smtp.helo", "mailfrom": "smtp.mailfrom"}
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST = 200


def received_spf(
    verdict: SpfVerdict, *, peer: str, host: str, helo: str, sender: str, receiver: str
) -> bytes:
    """The Received-SPF field for one verdict, with its line end; folded as Courier folds it."""
    comment = re.sub(r"[()\\]", " ", verdict.explanation)[:_LONGEST] or "no explanation"
    pairs = {
        "identity": verdict.identity,
        "SPF": _KINDS.get(verdict.identity, verdict.identity.upper()),
        "sender": sender,
        "remoteip": peer,
        "remotehost": host,
        "helo": helo,
        "receiver": receiver,
    }
    lines = [f"Received-SPF: {verdict.result} ({comment})"]
    lines += [f"  {name}={_quoted(value)};" for name, value in pairs.items() if value]
    return ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")


def result(verdict: SpfVerdict) -> str:
    """The clause for Authentication-Results, "" where RFC 8601 §2.7.2 knows no property."""
    property_name = _PROPERTIES.get(verdict.identity)
    if property_name is None:
        return ""
    return f"spf={verdict.result} {property_name}={_quoted(verdict.subject, '@')}"


def _quoted(value: str, plain: str = "") -> str:
    """A dot-atom as it is (`plain` characters may be in it), all else as a quoted-string."""
    value = re.sub(r"[^\x20-\x7e]", "?", value)[:_LONGEST]
    if _DOT_ATOM.fullmatch(value.replace(plain, "") if plain else value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
