"""Trace fields of ours, written and read back."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import trace

_CLAUSE = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters=";\x7f"),
    min_size=1,
    max_size=30,
).filter(lambda text: text.isprintable())


@given(st.lists(_CLAUSE, min_size=1, max_size=6), st.booleans())
def test_property_results_that_were_written_are_read_back(clauses: list[str], first: bool) -> None:
    before = b"" if first else b"Received: from x\r\n  by y\r\n"
    after = b"X-Other: 1\r\nAuthentication-Results: far.test;\r\n  spf=pass\r\n"
    block = before + trace.authentication_results("mx.test", clauses) + after
    assert trace.without_results(block, "mx.test") == (before + after, tuple(clauses))


def test_results_of_others_stay() -> None:
    block = b"X-A: Authentication-Results: mx.test;\r\n  spf=pass\r\n"
    assert trace.without_results(block, "mx.test") == (block, ())
    block = b"Authentication-Results: other.test;\r\n  spf=pass\r\n"
    assert trace.without_results(block, "mx.test") == (block, ())
    assert trace.without_results(b"", "mx.test") == (b"", ())
