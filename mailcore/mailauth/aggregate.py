"""Aggregate reports as they are sent: XML, mostly compressed.  RFC 9990, RFC 7489 appendix C.

Reports are mail of strangers: what is unpacked, nested and counted has bounds, and a document
with a DOCTYPE or entities is none.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat  # with no DOCTYPE there are no entities
from xml.sax.saxutils import escape  # writes only

from mailcore.errors import GrammarError

LARGEST = 20 * 1024 * 1024  # octets of XML
LARGEST_PACKED = 4 * 1024 * 1024
MOST_ROWS = 20_000
_DEEPEST = 20
_LONGEST = 1_000  # characters of one text


@dataclass(frozen=True, slots=True)
class Source:
    """One row: what came from an address, and what came of it."""

    address: str
    count: int
    disposition: str
    dkim: bool
    spf: bool
    header_from: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A report about `domain`; times in seconds since 1970."""

    organisation: str
    report_id: str
    domain: str
    begins: int
    ends: int
    sources: tuple[Source, ...]


def unpacked(data: bytes) -> bytes:
    """The XML of an attachment: plain, gzip or zip.  Raises GrammarError."""
    if len(data) > LARGEST_PACKED and not data.lstrip()[:1] == b"<":
        raise GrammarError("too long")
    if data.startswith(b"\x1f\x8b"):
        return _gunzipped(data)
    if data.startswith(b"PK"):
        return _unzipped(data)
    if len(data) > LARGEST:
        raise GrammarError("too long")
    return data


def _gunzipped(data: bytes) -> bytes:
    try:
        machine = zlib.decompressobj(wbits=31)
        found = machine.decompress(data, LARGEST + 1)
    except zlib.error:
        raise GrammarError("not gzip") from None
    if len(found) > LARGEST:
        raise GrammarError("too long")
    return found


def _unzipped(data: bytes) -> bytes:
    """The first file of a zip; what it says of its length is not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            first = archive.infolist()[0]
            with archive.open(first) as stream:
                found = stream.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, IndexError, RuntimeError, ValueError, EOFError,
            NotImplementedError, OSError):  # fmt: skip
        raise GrammarError("not a zip file that can be read") from None
    if len(found) > LARGEST:
        raise GrammarError("too long")
    return found


@dataclass(slots=True)
class _Reader:
    """Collects texts by their path, and a row at the end of each record."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    size: int = 0
    about: dict[str, str] = field(default_factory=dict)
    row: dict[str, str] = field(default_factory=dict)
    rows: list[Source] = field(default_factory=list)

    def begin(self, name: str, _: object) -> None:
        if len(self.path) >= _DEEPEST:
            raise GrammarError("nested too deeply")
        self.path.append(name.rpartition(":")[2])
        self._forget_text()

    def data(self, text: str) -> None:
        if self.size < _LONGEST:
            self.text.append(text)
            self.size += len(text)

    def end(self, _: str) -> None:
        where = "/".join(self.path[1:])
        text = "".join(self.text).strip()[:_LONGEST]
        if where.startswith("record/"):
            self.row.setdefault(where[7:], text)
        elif where == "record":
            self.rows.append(_source(self.row))
            self.row = {}
            if len(self.rows) > MOST_ROWS:
                raise GrammarError("too many rows")
        else:
            self.about.setdefault(where, text)
        self.path.pop()
        self._forget_text()

    def refuse(self, *_: object) -> None:
        raise GrammarError("a document type")

    def _forget_text(self) -> None:
        self.text.clear()
        self.size = 0


def parse(data: bytes) -> Aggregate:
    """Read the XML of a report.  Raises GrammarError."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise GrammarError("not XML") from None
    about = reader.about
    domain = about.get("policy_published/domain", "").lower()
    if not domain or not about.get("report_metadata/report_id"):
        raise GrammarError("not an aggregate report")
    return Aggregate(
        _short(about.get("report_metadata/org_name", "")),
        _short(about["report_metadata/report_id"]),
        _short(domain),
        _number(about.get("report_metadata/date_range/begin", "")),
        _number(about.get("report_metadata/date_range/end", "")),
        tuple(reader.rows),
    )


def _source(row: Mapping[str, str]) -> Source:
    return Source(
        row.get("row/source_ip", "")[:45],
        _number(row.get("row/count", "0")),
        row.get("row/policy_evaluated/disposition", "")[:20],
        row.get("row/policy_evaluated/dkim", "").lower() == "pass",
        row.get("row/policy_evaluated/spf", "").lower() == "pass",
        _short(row.get("identifiers/header_from", "")),
    )


def _short(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:255])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise GrammarError("not a number")
    return int(text)


# Ours.


@dataclass(frozen=True, slots=True)
class Ours:
    """A report we send.  `policy` is the record as published, `rows` as `observations` has them."""

    organisation: str
    contact: str
    report_id: str
    domain: str
    begins: int
    ends: int
    policy: Mapping[str, str]
    rows: Sequence[tuple[Mapping[str, object], int]]


def build(report: Ours) -> bytes:
    """The report, gzipped."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<feedback>\n <version>1.0</version>\n',
        " <report_metadata>\n",
        _element("org_name", report.organisation),
        _element("email", report.contact),
        _element("report_id", report.report_id),
        f"  <date_range><begin>{report.begins}</begin><end>{report.ends}</end></date_range>\n",
        " </report_metadata>\n <policy_published>\n",
        _element("domain", report.domain),
        *(_element(name, value) for name, value in report.policy.items()),
        " </policy_published>\n",
        *(_record(row, count) for row, count in report.rows),
        "</feedback>\n",
    ]
    return gzip.compress("".join(parts).encode("utf-8", "replace"), mtime=0)


def _record(row: Mapping[str, object], count: int) -> str:
    def of(name: str) -> str:
        return str(row.get(name, ""))

    evaluated = _element("disposition", of("disposition")) + _element("dkim", of("dkim"))
    evaluated += _element("spf", of("spf"))
    if of("reason"):
        evaluated += f"  <reason>{_element('type', of('reason'))}</reason>\n"
    signatures = row.get("signatures")
    results = "".join(
        f"  <dkim>{_element('domain', domain)}{_element('selector', selector)}"
        f"{_element('result', result)}</dkim>\n"
        for domain, selector, result in (signatures if isinstance(signatures, list) else [])
    )
    results += (
        f"  <spf>{_element('domain', of('spf_domain'))}{_element('scope', of('spf_scope'))}"
        f"{_element('result', of('spf_result'))}</spf>\n"
    )
    return (
        " <record>\n  <row>\n"
        + _element("source_ip", of("address"))
        + _element("count", str(count))
        + f"  <policy_evaluated>\n{evaluated}  </policy_evaluated>\n  </row>\n"
        + f"  <identifiers>\n{_element('header_from', of('header_from'))}  </identifiers>\n"
        + f"  <auth_results>\n{results}  </auth_results>\n </record>\n"
    )


def _element(name: str, text: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"   <{name}>{escape(plain)}</{name}>\n"
