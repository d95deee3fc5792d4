"""Access records and option lines of couriertcpd."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.migration.grammar import tcpd
from mailcore.migration.grammar.tcpd import AccessRecord

PLAIN = st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=12)


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("10\tallow,RELAYCLIENT", AccessRecord("10", False, (("RELAYCLIENT", None),))),
        ("203.0.113\tdeny", AccessRecord("203.0.113", True)),
        ("* allow", AccessRecord("*", False)),
        (
            '1.2.3.4\tallow,BLOCK="550 No, thanks",SIZELIMIT=0',
            AccessRecord("1.2.3.4", False, (("BLOCK", "550 No, thanks"), ("SIZELIMIT", "0"))),
        ),
        ("1.2.3.4 allow,BLOCK=", AccessRecord("1.2.3.4", False, (("BLOCK", ""),))),
    ],
)
def test_records_are_read(line: str, record: AccessRecord) -> None:
    assert tcpd.access_record(line) == record


@pytest.mark.parametrize("line", ["10", "10 perhaps", "10 allow RELAYCLIENT", '10 allow,A="x'])
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(GrammarError):
        tcpd.access_record(line)


@given(st.lists(st.tuples(st.from_regex(r"[A-Z]{1,8}", fullmatch=True), PLAIN), max_size=5))
def test_every_record_is_read_back(variables: list[tuple[str, str]]) -> None:
    line = "10.1\tallow" + "".join(f',{name}="{value}"' for name, value in variables)
    assert tcpd.access_record(line).variables == tuple(variables)


@given(st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=20)))
def test_every_word_is_read_back(written: list[str]) -> None:
    assert tcpd.words(shlex.join(written)) == written


def test_an_unclosed_quote_is_no_word() -> None:
    with pytest.raises(GrammarError):
        tcpd.words("-block='zone")


@given(st.text(max_size=200))
def test_any_text_is_a_record_or_refused(text: str) -> None:
    for read in (tcpd.access_record, tcpd.words):
        try:
            read(text)
        except GrammarError:
            continue
