"""Reading content: one end only, whatever arrives however."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.protocol.smtp.data import ChunkReader, DataReader, Problem


def read(stream: bytes, sizes: list[int], **limits: int) -> tuple[bytes, DataReader]:
    """Feed `stream` in pieces, as a session does, until the end is found."""
    reader = DataReader(**limits)
    out, at = b"", 0
    for size in [*sizes, len(stream)]:
        if reader.done or at >= len(stream):
            break
        out += reader.feed(stream[at : at + size])
        at += size
    if reader.done:
        reader.rest += stream[at:]
    return out, reader


def stuffed(lines: list[bytes]) -> bytes:
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


clean_line = st.text(alphabet=".ab", max_size=6).map(str.encode)


@given(st.lists(clean_line, max_size=12), st.lists(st.integers(1, 4), max_size=60))
def test_what_was_stuffed_is_read_back(lines: list[bytes], sizes: list[int]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    out, reader = read(stuffed(lines) + b".\r\nQUIT\r\n", sizes)
    assert reader.done
    assert reader.problem is None
    assert out == content
    assert reader.rest == b"QUIT\r\n"
    assert reader.size == len(content)


fragments = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\0", b".\r\n", b"\n.\n"]),
    max_size=25,
)


@given(fragments, st.lists(st.integers(1, 5), max_size=60))
def test_only_one_sequence_ends_the_content(parts: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(parts)
    out, reader = read(stream, sizes)
    end = (b"\r\n" + stream).find(b"\r\n.\r\n")
    assert reader.done == (end >= 0)
    if end < 0:
        return
    body = stream[:end]
    assert reader.rest == stream[end + 3 :]
    broken = body.replace(b"\r\n", b"").count(b"\r") + body.replace(b"\r\n", b"").count(b"\n")
    if broken or b"\0" in body:
        assert reader.problem in (Problem.BARE_LINE_END, Problem.NUL)
    else:
        assert reader.problem is None
        assert b"\r\n.\r\n" not in out or b"\r\n..\r\n" in b"\r\n" + body


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a\nb\r\n", Problem.BARE_LINE_END),
        (b"a\rb\r\n", Problem.BARE_LINE_END),
        (b"a\r\r\n", Problem.BARE_LINE_END),
        (b"a\n\r\n", Problem.BARE_LINE_END),
        (b"\n.\n\r\n", Problem.BARE_LINE_END),
        (b"a\0\r\n", Problem.NUL),
        (b"x" * 51 + b"\r\n", Problem.LONG_LINE),
        (b"x" * 500 + b"\r\n", Problem.LONG_LINE),
        (b"12345\r\n" * 30, Problem.TOO_BIG),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_problems_are_found_and_reading_goes_on(
    content: bytes, problem: Problem, size: int
) -> None:
    stream = content + b".\r\nNOOP\r\n"
    sizes = [size] * len(stream)
    _, reader = read(
        stream, sizes, size_limit=200 if problem is Problem.TOO_BIG else 0, line_limit=50
    )
    assert reader.done
    assert reader.problem is problem
    assert reader.rest == b"NOOP\r\n"


def test_an_endless_line_is_not_collected() -> None:
    reader = DataReader(0, 1_000)
    for _ in range(1_000):
        assert reader.feed(b"x" * 1_000) == b""
    assert len(reader._held) < 2_000
    assert reader.problem is Problem.LONG_LINE
    reader.feed(b"\r\n.\r\n")
    assert reader.done


@given(st.lists(clean_line, max_size=12), st.lists(st.integers(1, 9), max_size=60))
def test_chunks_make_the_same_content_however_cut(lines: list[bytes], sizes: list[int]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    reader = ChunkReader()
    out, at = b"", 0
    for size in [*sizes, len(content)]:
        out += reader.feed(content[at : at + size])
        at += size
    assert out + reader.finish() == content
    assert reader.problem is None


def test_the_last_line_of_chunks_gets_its_end() -> None:
    reader = ChunkReader()
    assert reader.feed(b"a\r\nb") + reader.finish() == b"a\r\nb\r\n"
    reader = ChunkReader()
    reader.feed(b"a\r")
    reader.finish()
    assert reader.problem is Problem.BARE_LINE_END
