"""What servers answer to LIST and FETCH."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol.imap.answers import Fetched, fetched, listed


def test_a_listed_mailbox_has_attributes_delimiter_and_name() -> None:
    found = listed(rb'(\HasNoChildren \Sent) "/" "Sent &AOQ-"')
    assert found.attributes == {"\\hasnochildren", "\\sent"}
    assert (found.delimiter, found.name) == ("/", "Sent ä")
    assert listed(b"() NIL {3}\r\na b").name == "a b"


def test_a_fetch_answer_is_read_in_any_order() -> None:
    wanted = Fetched(5, frozenset({"\\Seen", "$Junk"}), 1767225600, 12, b"A: b\r\n\r\n")
    assert wanted == fetched(
        b'9 (BODY[] {8}\r\nA: b\r\n\r\n RFC822.SIZE 12 INTERNALDATE "01-Jan-2026 00:00:00 +0000"'
        b" FLAGS (\\Seen $Junk) UID 5)"
    )
    assert wanted == fetched(
        b'9 (UID 5 MODSEQ (77) FLAGS (\\Seen $Junk) INTERNALDATE "01-Jan-2026 01:00:00 +0100"'
        b' RFC822.SIZE 12 BODY[] "A: b\r\n\r\n")'.replace(b'"A: b\r\n\r\n"', b"{8}\r\nA: b\r\n\r\n")
    )
    assert fetched(b"9 (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID)] NIL)") == Fetched(5)


@pytest.mark.parametrize(
    "data",
    [b"", b"9", b"9 (", b"9 ()", b"9 (FLAGS ())", b"9 (UID 5", b"9 (UID 5) more", b"9 (UID 0)",
     b"9 (UID 5 BODY[] {9}\r\nshort)", b"9 (UID 5 X-SECRET 1)", b"9 (UID 5 FLAGS (\\Seen)"],
)  # fmt: skip
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(GrammarError):
        fetched(data)


_FRAGMENTS = st.sampled_from(
    [b"9 (", b"UID 5", b" ", b"FLAGS (\\Seen)", b"BODY[]", b"{3}\r\n", b"abc", b")", b'"', b"NIL"]
)


@given(st.one_of(st.binary(max_size=200), st.lists(_FRAGMENTS, max_size=20).map(b"".join)))
def test_property_any_answer_is_read_or_refused(data: bytes) -> None:
    for read in (fetched, listed):
        try:
            read(data)
        except GrammarError:
            continue
