"""Changes to a header, field by field."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import header
from mailcore.message.edits import Header

BLOCK = b"From: a\r\nX-A: 1\r\nx-a: 2\r\n folded\r\nSubject: s\r\n"


def changed(name: bytes, occurrence: int, value: bytes) -> bytes:
    edited = Header(BLOCK)
    edited.change(name, occurrence, value)
    return edited.block


def test_nothing_asked_nothing_changed() -> None:
    assert Header(BLOCK).block == BLOCK
    assert not Header(BLOCK).changed


def test_a_field_is_changed_removed_or_added_by_name_and_number() -> None:
    assert changed(b"X-A", 2, b"new") == BLOCK.replace(b"x-a: 2\r\n folded", b"X-A: new")
    assert changed(b"x-a", 1, b"") == BLOCK.replace(b"X-A: 1\r\n", b"")
    assert changed(b"x-a", 3, b"third") == BLOCK + b"x-a: third\r\n"
    assert changed(b"x-a", 3, b"") == BLOCK


def test_fields_are_put_where_they_are_wanted() -> None:
    edited = Header(BLOCK)
    edited.insert(0, b"Top", b"t")
    edited.insert(99, b"Last", b"l")
    edited.append(b"After", b"a\n\tfolded")
    assert edited.block == b"Top: t\r\n" + BLOCK + b"Last: l\r\nAfter: a\r\n\tfolded\r\n"


@given(st.binary(max_size=40), st.binary(max_size=60))
def test_property_no_value_becomes_another_field(name: bytes, value: bytes) -> None:
    edited = Header(BLOCK)
    edited.append(name, value)
    found = header.fields(edited.block)
    assert len(found) == 4 + edited.changed
    assert b"\r\n\r\n" not in edited.block
