"""Arguments: whatever comes, only GrammarError leaves."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol.imap import fetch_items, responses, search_keys
from mailcore.protocol.imap.lexer import Arguments

PIECES = st.sampled_from(
    [b"(", b")", b" ", b'"', b"\\", b"{3}\r\nabc", b"{3+}\r\nabc", b"BODY[", b"]", b"<0.1>", b"NOT ",
     b"OR ", b"SUBJECT ", b"FLAGS", b"1:*", b"UID ", b"HEADER.FIELDS ", b"x", b"\xff", b"\0", b"{",
     b"RFC822", b"1-Jan-2026", b"MODSEQ ", b"*", b","]
)  # fmt: skip
NOISE = st.one_of(st.binary(max_size=50), st.lists(PIECES, max_size=20).map(b"".join))


@given(NOISE)
def test_fetch_attributes_raise_only_grammar_errors(data: bytes) -> None:
    with contextlib.suppress(GrammarError):
        fetch_items.parse(Arguments(data))


@given(NOISE)
def test_search_keys_raise_only_grammar_errors(data: bytes) -> None:
    with contextlib.suppress(GrammarError):
        search_keys.Parser(Arguments(data), "utf-8").keys()


@given(NOISE)
def test_every_reader_raises_only_grammar_errors(data: bytes) -> None:
    for name in ("tag", "atom", "number", "string", "astring", "list_pattern", "mailbox", "flags",
                 "date", "date_time", "sequence_text", "flag", "open", "close"):  # fmt: skip
        with contextlib.suppress(GrammarError):
            getattr(Arguments(data), name)()


@given(st.binary(max_size=100).filter(lambda value: b"\0" not in value))
def test_strings_read_back_as_they_were_written(value: bytes) -> None:
    assert Arguments(responses.string(value)).string() == value
    assert Arguments(responses.literal(value)).string() == value


@given(st.binary(min_size=1, max_size=40).filter(lambda value: b"\0" not in value))
def test_astrings_read_back_as_they_were_written(value: bytes) -> None:
    assert Arguments(responses.astring(value)).astring() == value


def test_a_cut_literal_is_an_error() -> None:
    with pytest.raises(GrammarError):
        Arguments(b"{5}\r\nabc").string()


def test_nesting_ends_at_a_hundred() -> None:
    with pytest.raises(GrammarError, match="deeply"):
        search_keys.Parser(Arguments(b"(" * 101 + b"ALL" + b")" * 101), "utf-8").keys()
    search_keys.Parser(Arguments(b"(" * 100 + b"ALL" + b")" * 100), "utf-8").keys()


@pytest.mark.parametrize(
    ("text", "label"),
    [(b"BODY[]", b"BODY[]"), (b"body.peek[1.2.mime]<5.10>", b"BODY[1.2.MIME]<5>"),
     (b"BODY[3.HEADER.FIELDS.NOT (to)]", b"BODY[3.HEADER.FIELDS.NOT (to)]"),
     (b"BODY[TEXT]", b"BODY[TEXT]"), (b"RFC822.TEXT", b"RFC822.TEXT")],
)  # fmt: skip
def test_sections_are_answered_under_their_own_name(text: bytes, label: bytes) -> None:
    (item,) = fetch_items.parse(Arguments(text))
    assert isinstance(item, fetch_items.Section)
    assert item.label == label


@pytest.mark.parametrize(
    "text", [b"BODY[0]", b"BODY[1.]", b"BODY[MIME]", b"BODY[1TEXT]", b"BODY[]<1.0>", b"BODY[]<1>",
             b"BODY[HEADER.FIELDS]", b"BODY[HEADER.FIELDS ()]", b"BODY[X]"]
)  # fmt: skip
def test_malformed_sections_are_refused(text: bytes) -> None:
    with pytest.raises(GrammarError):
        _parse_all(Arguments(text))


def _parse_all(arguments: Arguments) -> None:
    fetch_items.parse(arguments)
    arguments.end()
