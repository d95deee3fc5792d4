"""TLS reports: the TXT record that asks for them, and their JSON.  RFC 8460."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailcore.errors import GrammarError

LARGEST = 2 * 1024 * 1024  # octets of a report, unpacked
MOST_POLICIES = 500
MOST_DETAILS = 500
_LONGEST = 255
_MAILTO = re.compile(r"mailto:([^\s?,]{3,320})", re.IGNORECASE)
_HTTPS = re.compile(r"https://([A-Za-z0-9.-]{1,253})(/[!-~]{0,1000})?")


@dataclass(frozen=True, slots=True)
class Tally:
    """What one policy saw in one report.  `details`: result → number of sessions, and where."""

    domain: str
    policy: str
    lines: tuple[str, ...] = ()
    successes: int = 0
    failures: int = 0
    details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Times are RFC 3339 text, UTC."""

    organisation: str
    report_id: str
    begins: str
    ends: str
    contact: str = ""
    tallies: tuple[Tally, ...] = field(default_factory=tuple)


def wanted_at(records: Sequence[str]) -> list[str]:
    """The addresses in a `_smtp._tls` record: mailto: and https: URIs.  §3."""
    ours = [text for text in records if re.match(r"v=TLSRPTv1\s*;", text)]
    if len(ours) != 1:
        return []
    for entry in ours[0].split(";")[1:]:
        name, _, value = entry.strip().partition("=")
        if name.strip() == "rua":
            uris = [each.strip() for each in value.split(",")]
            return [uri for uri in uris[:10] if _MAILTO.match(uri) or _HTTPS.fullmatch(uri)]
    return []


def mail_address(uri: str) -> str:
    """The address of a mailto: URI; empty when it is another."""
    found = _MAILTO.match(uri)
    return found[1] if found else ""


def web_place(uri: str) -> tuple[str, str] | None:
    """(host, path) of an https: URI without a port."""
    found = _HTTPS.fullmatch(uri)
    return (found[1].lower(), found[2] or "/") if found else None


def build(report: Report) -> bytes:
    """The report as gzipped JSON.  §4.4."""
    document = {
        "organization-name": report.organisation,
        "date-range": {"start-datetime": report.begins, "end-datetime": report.ends},
        "contact-info": report.contact,
        "report-id": report.report_id,
        "policies": [
            {
                "policy": {
                    "policy-type": each.policy,
                    "policy-string": list(each.lines),
                    "policy-domain": each.domain,
                },
                "summary": {
                    "total-successful-session-count": each.successes,
                    "total-failure-session-count": each.failures,
                },
                "failure-details": [dict(detail) for detail in each.details],
            }
            for each in report.tallies
        ],
    }
    return gzip.compress(json.dumps(document).encode(), mtime=0)


def parse(data: bytes) -> Report:
    """A report as it was sent, packed or not.  Raises GrammarError; never unpacks more than
    LARGEST."""
    try:
        document = json.loads(_unpacked(data))
        return _report(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        raise GrammarError("not a TLS report") from None


def _unpacked(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        found = data
    else:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                found = packed.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error):
            raise GrammarError("the report can't be unpacked") from None
    if len(found) > LARGEST:
        raise GrammarError("the report is too long")
    return found


def _report(document: Any) -> Report:
    dates = document["date-range"]
    return Report(
        organisation=_text(document["organization-name"]),
        report_id=_text(document["report-id"]),
        begins=_text(dates["start-datetime"])[:40],
        ends=_text(dates["end-datetime"])[:40],
        contact=_text(document.get("contact-info") or ""),
        tallies=tuple(_tally(each) for each in document["policies"][:MOST_POLICIES]),
    )


def _tally(each: Any) -> Tally:
    policy, summary = each["policy"], each["summary"]
    details = each.get("failure-details") or []
    return Tally(
        domain=_text(policy["policy-domain"]).lower(),
        policy=_text(policy["policy-type"])[:16],
        lines=tuple(_text(line) for line in _listed(policy.get("policy-string"))[:50]),
        successes=_count(summary["total-successful-session-count"]),
        failures=_count(summary["total-failure-session-count"]),
        details=tuple(_detail(one) for one in _listed(details)[:MOST_DETAILS]),
    )


def _detail(one: Any) -> dict[str, Any]:
    return {
        str(name)[:40]: value if isinstance(value, int) else _text(str(value))
        for name, value in list(one.items())[:20]
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return "".join(letter for letter in value[:_LONGEST] if letter.isprintable())


def _count(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**62:
        raise ValueError
    return value
