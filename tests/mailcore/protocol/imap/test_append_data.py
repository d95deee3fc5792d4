"""What APPEND brings: messages, pieces, addresses."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol.imap import append_data, url
from mailcore.protocol.imap.append_data import Address, Appended
from mailcore.protocol.imap.lexer import Arguments

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def parsed(text: bytes) -> list[Appended]:
    return append_data.messages(Arguments(text))


def test_messages_carry_flags_dates_and_data_of_their_own() -> None:
    one, two = parsed(b'(\\Seen) "01-Jan-2020 00:00:00 +0000" {1}\r\na ~{2+}\r\n\0b')
    assert (list(one.flags), one.date, one.pieces, one.binary) == (
        ["\\Seen"], 1_577_836_800, [b"a"], False
    )  # fmt: skip
    assert (list(two.flags), two.date, two.pieces, two.binary) == ([], 0, [b"\0b"], True)


def test_pieces_are_text_and_addresses() -> None:
    [one] = parsed(b'CATENATE (TEXT {1}\r\na URL "/INBOX/;UID=1" TEXT {1}\r\nb)')
    assert one.pieces == [b"a", Address(b"/INBOX/;UID=1"), b"b"]
    assert one.needs_others


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{1}\r\na {1}", b"CATENATE ()", b"CATENATE (TEXT a)", b"UTF8 ({1}\r\na)",
        b"UTF8 {1}\r\na", b"(\\Seen) (\\Seen) {1}\r\na", b"{1}\r\na x", b"CATENATE (FILE x)",
        b"{2}\r\na", b" ".join([b"{0}\r\n"] * 1001),
        b"CATENATE (" + b" ".join([b"URL x"] * 201) + b")",
        b" ".join([b"CATENATE (" + b" ".join([b"URL x"] * 200) + b")"] * 7),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(text: bytes) -> None:
    with pytest.raises(GrammarError):
        parsed(text)


@given(st.binary(max_size=200))
def test_property_any_octets_are_messages_or_refused(text: bytes) -> None:
    with contextlib.suppress(GrammarError):
        assert parsed(text)


@given(NAMES, st.integers(1, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))
def test_property_an_address_names_what_it_was_made_of(
    name: str, uid: int, uidvalidity: int
) -> None:
    escaped = "".join(f"%{octet:02X}" for octet in name.encode()).encode()
    if name.isascii():
        escaped = escaped.replace(b"%26", b"%26-")
    validity = b";UIDVALIDITY=%d" % uidvalidity if uidvalidity else b""
    found = url.parse(b"/" + escaped + validity + b"/;UID=%d/;SECTION=1.2/;PARTIAL=3.4" % uid)
    assert (found.mailbox, found.uid, found.uidvalidity) == (name, uid, uidvalidity)
    assert (found.section.part, found.section.partial) == ((1, 2), (3, 4))


@given(st.binary(max_size=100))
def test_property_any_octets_are_an_address_or_refused(text: bytes) -> None:
    for tried in (text, b"/INBOX/;UID=1/;SECTION=" + text, b"/" + text + b";UID=1"):
        with contextlib.suppress(GrammarError):
            assert url.parse(tried).uid
