"""Aggregate reports: read in every packing, whatever attackers pack; and written."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.mailauth import aggregate
from mailcore.mailauth.aggregate import Ours

RECORD = """<record><row><source_ip>192.0.2.7</source_ip><count>3</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from></identifiers>
<auth_results><dkim><domain>example.com</domain><result>pass</result></dkim></auth_results>
</record>"""
REPORT = f"""<?xml version="1.0"?><feedback><report_metadata><org_name>Far &amp; away</org_name>
<report_id>r1</report_id><date_range><begin>1700000000</begin><end>1700086399</end></date_range>
</report_metadata><policy_published><domain>Example.com</domain><p>none</p></policy_published>
{RECORD}</feedback>"""


def zipped(data: bytes, name: str = "report.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped])
def test_a_report_is_read_in_every_packing(pack: object) -> None:
    report = aggregate.parse(aggregate.unpacked(pack(REPORT.encode())))  # type: ignore[operator]
    assert (report.organisation, report.report_id, report.domain) == (
        "Far & away", "r1", "example.com",
    )  # fmt: skip
    (source,) = report.sources
    assert (source.address, source.count, source.dkim, source.spf) == ("192.0.2.7", 3, True, False)
    assert (source.disposition, source.header_from) == ("none", "example.com")


def test_namespaces_of_newer_reports_do_no_harm() -> None:
    plain = REPORT.replace("<feedback>", '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">')
    assert len(aggregate.parse(plain.encode()).sources) == 1
    prefixed = REPORT.replace("<", "<d:").replace("<d:/", "</d:").replace("<d:?", "<?")
    assert len(aggregate.parse(prefixed.encode()).sources) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
def test_a_bomb_is_not_unpacked(pack: object) -> None:
    bomb = pack(b" " * (aggregate.LARGEST + 10_000_000))  # type: ignore[operator]
    assert len(bomb) < 100_000
    with pytest.raises(GrammarError, match="too long"):
        aggregate.unpacked(bomb)


def test_a_zip_that_lies_about_its_length_is_not_believed() -> None:
    data = bytearray(zipped(b" " * (aggregate.LARGEST + 10_000)))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    with pytest.raises(GrammarError):
        aggregate.parse(aggregate.unpacked(bytes(data)))


@pytest.mark.parametrize(
    "text",
    [
        "", "no xml", "<feedback/>", REPORT[:-20], REPORT.replace("r1", ""),
        REPORT.replace("1700000000", "soon"), REPORT.replace("<count>3", "<count>-3"),
        REPORT.replace("<count>3", "<count>" + "9" * 30),
        "<!DOCTYPE feedback>" + REPORT.partition("?>")[2],
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + REPORT.partition("?>")[2],
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + REPORT.partition("?>")[2],
        "<a>" * 10_000 + "</a>" * 10_000,
        REPORT.replace(RECORD, RECORD * (aggregate.MOST_ROWS + 1)),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(GrammarError):
        aggregate.parse(text.encode())


@given(st.binary(max_size=400))
def test_no_attachment_raises_anything_but_a_grammar_error(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"<feedback>"):
        with pytest.raises(GrammarError):
            aggregate.parse(aggregate.unpacked(start + data))


@given(st.text(max_size=60))
def test_what_a_stranger_wrote_stays_text_in_our_report(text: str) -> None:
    row = {"address": text, "disposition": "none", "dkim": "fail", "spf": "fail",
           "header_from": text, "signatures": [[text, text, "fail"]], "spf_domain": text,
           "spf_scope": "mfrom", "spf_result": "none", "reason": ""}  # fmt: skip
    data = aggregate.build(
        Ours("me.test", "r@me.test", "id", "far.test", 1, 2, {"p": "none"}, [(row, 7)])
    )
    report = aggregate.parse(aggregate.unpacked(data))
    assert report.domain == "far.test"
    assert [source.count for source in report.sources] == [7]
