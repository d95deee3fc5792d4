"""TLS reports, as asked for, written and read.  RFC 8460."""

import contextlib
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import tls_report
from mailcore.protocol.tls_report import Report, Tally

REPORT = Report(
    "here.test", "1@here.test", "2026-11-21T00:00:00Z", "2026-11-21T23:59:59Z", "me@here.test",
    (Tally("far.test", "sts", ("version: STSv1",), 5, 2,
           ({"result-type": "certificate-expired", "failed-session-count": 2},)),),
)  # fmt: skip


def test_what_is_written_can_be_read() -> None:
    assert tls_report.parse(tls_report.build(REPORT)) == REPORT


@pytest.mark.parametrize(
    ("records", "wanted"),
    [
        (["v=TLSRPTv1; rua=mailto:tls@far.test"], ["mailto:tls@far.test"]),
        (
            ["v=TLSRPTv1;rua=https://r.test/v1, mailto:a@b.test"],
            ["https://r.test/v1", "mailto:a@b.test"],
        ),
        (["v=TLSRPTv1; rua=http://r.test/"], []),
        (["v=TLSRPTv1; rua=https://user@r.test:99/"], []),
        (["v=TLSRPTv1; rua=mailto:a@b", "v=TLSRPTv1; rua=mailto:c@d"], []),
        (["v=spf1"], []),
    ],
)
def test_reports_go_where_they_are_wanted(records: list[str], wanted: list[str]) -> None:
    assert tls_report.wanted_at(records) == wanted


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(GrammarError, match="too long"):
        tls_report.parse(gzip.compress(b" " * 50_000_000))


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"{}", b"[]", b"\x1f\x8bnonsense", b"[" * 100_000, b'{"policies": 1}', b"\xff",
        gzip.compress(b"{", mtime=0)[:-4], b'{"a": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(wrong: bytes) -> None:
    with pytest.raises(GrammarError):
        tls_report.parse(wrong)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(["date-range", "report-id", "policies", "organization-name"]), values)
def test_property_a_twisted_report_is_read_or_refused(name: str, value: object) -> None:
    document = json.loads(gzip.decompress(tls_report.build(REPORT)))
    document[name] = value
    with contextlib.suppress(GrammarError):
        tls_report.parse(json.dumps(document).encode())


@given(values)
def test_property_so_is_a_twisted_policy(value: object) -> None:
    for name in ("policy", "summary", "failure-details"):
        document = json.loads(gzip.decompress(tls_report.build(REPORT)))
        document["policies"][0][name] = value
        with contextlib.suppress(GrammarError):
            tls_report.parse(json.dumps(document).encode())
