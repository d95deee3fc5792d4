"""Replies, written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore import status
from mailcore.errors import GrammarError
from mailcore.protocol import reply
from mailcore.protocol.reply import Reply
from mailcore.status import Status


def test_every_line_has_code_and_status() -> None:
    assert Reply(550, status.NO_SUCH_MAILBOX, "one\ntwo").encode() == (
        b"550-5.1.1 one\r\n550 5.1.1 two\r\n"
    )
    assert Reply(354, None, "Go ahead.").encode() == b"354 Go ahead.\r\n"


def test_text_of_strangers_starts_no_line_of_its_own() -> None:
    encoded = Reply(550, status.NO_SUCH_MAILBOX, "<a\r250 ok\x85\u2028x>").encode()
    assert encoded == b"550 5.1.1 <a 250 ok  x>\r\n"


@pytest.mark.parametrize(
    "lines", [[], [b"abc"], [b"250-a", b"251 b"], [b"99 x"], [b"2500 x"], [b"650 x"]]
)
def test_what_is_no_reply_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(GrammarError):
        reply.parse(lines)


def test_statusless_and_bare_replies_are_read() -> None:
    assert reply.parse([b"250-mail.example\r\n", b"250 SIZE 5\r\n"]) == Reply(
        250, None, "mail.example\nSIZE 5"
    )
    assert reply.parse([b"250"]) == Reply(250, None, "")


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=40).filter(
    lambda text: not text[:1].isdigit()
)


@given(
    st.integers(200, 599),
    st.one_of(
        st.none(),
        st.builds(Status, st.sampled_from([2, 4, 5]), st.integers(0, 99), st.integers(0, 99)),
    ),
    st.lists(texts, min_size=1, max_size=4),
)
def test_what_is_written_is_read_back(
    code: int, given_status: Status | None, lines: list[str]
) -> None:
    made = Reply(code, given_status, "\n".join(lines))
    assert reply.parse(made.encode().splitlines(keepends=True)) == made


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_lines_are_a_reply_or_a_grammar_error(lines: list[bytes]) -> None:
    try:
        reply.parse(lines)
    except GrammarError:
        return
