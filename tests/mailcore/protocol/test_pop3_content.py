"""POP3's wire form, whole or in pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol.pop3 import commands, content


def unstuffed(wire: bytes) -> bytes:
    assert wire.endswith(b".\r\n")
    lines = wire[:-3].split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


messages = st.lists(
    st.sampled_from([b".", b"..", b"a", b"\n", b"\r\n", b"\r", b"x\n.", b"", b"\n\n"]), max_size=30
).map(b"".join)


@given(messages, st.lists(st.integers(1, 5), max_size=30))
def test_pieces_make_the_same_wire_form_as_the_whole(message: bytes, sizes: list[int]) -> None:
    stuffer = content.Stuffer()
    wire, at = b"", 0
    for size in sizes:
        wire += stuffer.feed(message[at : at + size])
        at += size
    wire += stuffer.feed(message[at:]) + stuffer.finish()
    assert wire == content.stuffed(message)
    plain = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if plain and not plain.endswith(b"\r\n"):
        plain += b"\r\n"
    assert unstuffed(wire) == plain
    assert b"\n.\r\n" not in b"\n" + wire[:-3]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [(0, b"A: b\r\n\r\n"), (1, b"A: b\r\n\r\none\r\n"), (9, b"A: b\r\n\r\none\r\ntwo")],
)
def test_top_gives_the_header_and_so_many_lines(lines: int, expected: bytes) -> None:
    assert content.top(b"A: b\r\n\r\none\r\ntwo", lines) == expected


@given(st.binary(max_size=200), st.integers(0, 10))
def test_top_is_a_beginning_of_the_message(message: bytes, lines: int) -> None:
    assert message.startswith(content.top(message, lines))


@given(st.binary(max_size=300))
def test_any_line_is_a_command_or_a_grammar_error(line: bytes) -> None:
    for parse in (commands.parse, commands.number, commands.numbers, commands.name):
        try:
            parse(line)
        except GrammarError:
            continue


def test_commands_keep_their_argument() -> None:
    assert commands.parse(b"pass a  b ") == commands.Command("PASS", b"a  b ")
    assert commands.numbers(b"1  10") == (1, 10)
