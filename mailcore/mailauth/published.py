"""The DNS records a domain of ours needs, and which of them the world can see."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from mailcore.conf.current import snapshot
from mailcore.dns.resolver import Resolver
from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.mailauth import dmarc_record, keys, sts, tags
from mailcore.mailauth.author import ace

_AT_ONCE = 8
_MOST_SHOWN = 5
_LONGEST_SHOWN = 600


class Seen(StrEnum):
    """What DNS has of a record."""

    PRESENT = "present"
    DIFFERENT = "different"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Record:
    """One record to publish.  `why` is for the administrator, `optional` for his conscience."""

    title: str
    kind: str
    name: str
    value: str
    why: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A record, and what DNS says; `others` is what is there instead or beside."""

    record: Record
    seen: Seen
    others: tuple[str, ...] = ()


def records(domain: str) -> list[Record]:
    """Everything to publish for `domain` (Unicode or ACE).  Asks the database."""
    name, me = ace(domain), ace(snapshot().me)
    rules = snapshot().scoped(f"domain:{domain}").mailauth
    found = [
        Record("Incoming mail", "MX", name, f"10 {me}.", "Other servers bring mail here."),
        Record("SPF", "TXT", name, "v=spf1 mx -all", "Only your mail servers send your mail."),
        *_signing(domain, name),
        Record(
            "DMARC", "TXT", f"_dmarc.{name}",
            f"v=DMARC1; p=quarantine; rua=mailto:{_report_address(name)}",
            "Mail that is not yours is put aside, and you hear of it.",
        ),
    ]  # fmt: skip
    if rules.sts_mode != sts.OFF:
        found += [
            Record(
                "MTA-STS", "TXT", f"_mta-sts.{name}", f"v=STSv1; id={sts.policy_id(domain)}",
                "Others encrypt mail to you, or do not send it. The id changes with the policy.",
            ),
            Record(
                "MTA-STS host", "CNAME", f"mta-sts.{name}", f"{me}.",
                "Where the policy is fetched, by HTTPS with a certificate of that name.",
            ),
        ]  # fmt: skip
    report_to = snapshot().outgoing.tls_report_account or f"postmaster@{name}"
    found += [
        Record(
            "TLS reports", "TXT", f"_smtp._tls.{name}", f"v=TLSRPTv1; rua=mailto:{report_to}",
            "Others tell you when they could not encrypt.", True,
        ),
        Record(
            "Mail programs: IMAP", "SRV", f"_imaps._tcp.{name}", f"0 1 993 {me}.",
            "Programs find their settings by themselves.", True,
        ),
        Record(
            "Mail programs: sending", "SRV", f"_submissions._tcp.{name}", f"0 1 465 {me}.",
            "The same for outgoing mail.", True,
        ),
    ]  # fmt: skip
    return found


def check(wanted: Iterable[Record], resolver: Resolver) -> list[Found]:
    """What DNS has of these records.  Blocks, for as long as the slowest answer."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="published") as pool:
        return list(pool.map(lambda one: _found(one, resolver), wanted))


def _signing(domain: str, name: str) -> list[Record]:
    """A record for each key; those of retired ones have to stay a while."""
    words = {
        "new": "A new key: it signs once this has been seen.",
        "active": "Signs your mail.",
        "retired": "Signs no more; leave the record until the key is gone from this page.",
    }
    return [
        Record(f"DKIM {each.selector}", "TXT", each.name, each.text, words[each.state])
        for each in keys.listing(domain)
        if each.domain == name
    ]


def _report_address(name: str) -> str:
    return snapshot().mailauth.dmarc_report_account or f"postmaster@{name}"


def _found(record: Record, resolver: Resolver) -> Found:
    try:
        there = _ASK[record.kind](record, resolver)
    except TemporaryFailure:
        return Found(record, Seen.UNKNOWN)
    kin = [text for text in there if _same_kind(record, text)]
    others = tuple(text[:_LONGEST_SHOWN] for text in kin if not _fits(record, text))[:_MOST_SHOWN]
    if any(_fits(record, text) for text in kin):
        return Found(record, Seen.PRESENT, others)
    return Found(record, Seen.DIFFERENT if others else Seen.MISSING, others)


def _hosts(record: Record, resolver: Resolver) -> list[str]:
    return [f"{preference} {host}." for preference, host in resolver.mx(record.name).records]


def _texts(record: Record, resolver: Resolver) -> list[str]:
    return list(resolver.txt(record.name).records)


def _alias(record: Record, resolver: Resolver) -> list[str]:
    """A CNAME by what it leads to: the same addresses will do."""
    there = set(resolver.addresses(record.name).records)
    ours = set(resolver.addresses(record.value.rstrip(".")).records)
    if there and there <= ours:
        return [record.value]
    return sorted(there)


def _services(record: Record, resolver: Resolver) -> list[str]:
    return list(resolver.services(record.name).records)


_ASK: dict[str, Callable[[Record, Resolver], list[str]]] = {
    "MX": _hosts,
    "TXT": _texts,
    "CNAME": _alias,
    "SRV": _services,
}


def _same_kind(record: Record, text: str) -> bool:
    """Whether a record is of the sort that is wanted: TXT holds all sorts of things."""
    if record.kind != "TXT":
        return True
    version = record.value.partition(";")[0].split(" ")[0]
    if version == "v=DKIM1":
        return True
    return text.replace(" ", "").lower().startswith(version.lower())


def _fits(record: Record, text: str) -> bool:
    if record.kind != "TXT":
        return text.split()[-1:] == record.value.split()[-1:]
    if record.value.startswith("v=DMARC1"):
        return _is_policy(text)
    if record.value.startswith("v=DKIM1"):
        return _tag(text, "p") == _tag(record.value, "p")
    if record.value.startswith("v=STSv1"):
        return _tag(text, "id") == _tag(record.value, "id")
    if record.value.startswith("v=TLSRPTv1"):
        return bool(_tag(text, "rua"))
    return " ".join(text.lower().split()) == record.value


def _is_policy(text: str) -> bool:
    """Any policy that can be read will do: which one is the administrator's to say."""
    try:
        dmarc_record.parse(text)
    except GrammarError:
        return False
    return True


def _tag(text: str, name: str) -> str:
    try:
        return tags.solid(tags.parse(text).get(name, ""))
    except GrammarError:
        return ""
