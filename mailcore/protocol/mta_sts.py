"""The grammar of MTA-STS: the TXT record, the policy file, and which hosts it allows.  RFC 8461."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailcore.errors import GrammarError

ENFORCE, TESTING, NONE = "enforce", "testing", "none"
LARGEST = 65_536  # octets of a policy file
MOST_HOSTS = 200
MOST_SECONDS = 31_557_600  # a year; longer max_age is cut

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Policy:
    """`mode` is enforce, testing or none; `hosts` are patterns; `max_age` in seconds."""

    mode: str
    hosts: tuple[str, ...]
    max_age: int

    def allows(self, host: str) -> bool:
        """Whether an MX may be used; `*.` stands for exactly one label.  RFC 8461 §4.1."""
        name = host.lower().rstrip(".")
        return any(
            name == pattern or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])
            for pattern in self.hosts
        )


def record_id(records: Sequence[str]) -> str:
    """The id in a domain's TXT records; empty when there isn't exactly one good record.  §3.1."""
    ours = [text for text in records if re.match(r"v=STSv1\s*(;|$)", text)]
    if len(ours) != 1:
        return ""
    for field in ours[0].split(";")[1:]:
        name, _, value = field.strip().partition("=")
        if name.strip() == "id":
            return value.strip() if _ID.fullmatch(value.strip()) else ""
    return ""


def parse(data: bytes) -> Policy:
    """A policy file.  Raises GrammarError.  §3.2: unknown fields are ignored, the first of two
    equal ones counts, only mx may be repeated."""
    if len(data) > LARGEST:
        raise GrammarError("the policy is too long")
    fields: dict[str, str] = {}
    hosts: list[str] = []
    for line in data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if colon and name == "mx":
            hosts.append(value.lower().rstrip("."))
        elif colon:
            fields.setdefault(name, value)
    mode, age = fields.get("mode", ""), fields.get("max_age", "")
    if fields.get("version") != "STSv1":
        raise GrammarError("not an STSv1 policy")
    if mode not in (ENFORCE, TESTING, NONE):
        raise GrammarError("the policy has no mode")
    if not re.fullmatch(r"[0-9]{1,10}", age):
        raise GrammarError("the policy has no max_age")
    if len(hosts) > MOST_HOSTS or not all(_HOST.fullmatch(host) for host in hosts):
        raise GrammarError("the policy names hosts that can't be")
    if mode != NONE and not hosts:
        raise GrammarError("the policy names no host")
    return Policy(mode, tuple(hosts), min(int(age), MOST_SECONDS))
