"""Framing: however the bytes are cut, the same commands come out, and never too much is held."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.protocol.imap.framer import Complete, Continue, Event, Framer, TooLong


def everything(framer: Framer, data: bytes, cuts: list[int]) -> list[Event]:
    found: list[Event] = []
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        cut = min(max(cut, at), len(data))
        framer.feed(data[at:cut])
        at = cut
        while event := framer.next():
            found.append(event)
            if isinstance(event, Continue):
                framer.accept()
    return found


SESSION = b"a LOGIN {5}\r\nalice {3+}\r\npwd\r\nb NOOP\r\nc X {4000000}\r\nd NOOP\r\n"


@given(st.lists(st.integers(0, len(SESSION)), max_size=12))
def test_cuts_make_no_difference(cuts: list[int]) -> None:
    assert everything(Framer(1000, lambda head: 1000), SESSION, cuts) == [
        Continue(b"a LOGIN {5}\r\n", 5),
        Complete(b"a LOGIN {5}\r\nalice {3+}\r\npwd"),
        Complete(b"b NOOP"),
        TooLong(b"c", literal=True),
        Complete(b"d NOOP"),
    ]


@given(
    st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b"{5+}\r\n", b"\r\n", b"{9}\r\n"])))
)
def test_noise_never_raises_and_never_piles_up(pieces: list[bytes]) -> None:
    framer = Framer(100, lambda head: 20)
    for piece in pieces:
        framer.feed(piece)
        while event := framer.next():
            if isinstance(event, Continue):
                framer.refuse()
        assert framer.pending <= 164


def test_a_refused_literal_that_comes_anyway_is_read_past() -> None:
    framer = Framer(100, lambda head: 10)
    framer.feed(b"a X {5000+}\r\n")
    assert framer.next() == TooLong(b"a", literal=True)
    for _ in range(50):
        framer.feed(b"y" * 100)
        assert framer.next() is None
        assert framer.pending == 0
    framer.feed(b" {7+}\r\nb NOOP\n end\r\nc NOOP\r\n")
    assert framer.next() == Complete(b"c NOOP")


def test_a_line_without_end_is_refused_and_forgotten() -> None:
    framer = Framer(100, lambda head: 10)
    framer.feed(b"a " + b"x" * 200)
    assert framer.next() == TooLong(b"a", literal=False)
    framer.feed(b"x" * 10_000)
    assert framer.next() is None
    assert framer.pending <= 64
    framer.feed(b"\r\nb NOOP\r\n")
    assert framer.next() == Complete(b"b NOOP")


def test_many_small_literals_count_together() -> None:
    framer = Framer(1000, lambda head: 10)
    framer.feed(b"a X {6+}\r\nabcdef {6+}\r\nabcdef\r\nb NOOP\r\n")
    assert framer.next() == TooLong(b"a", literal=True)
    assert framer.next() == Complete(b"b NOOP")
