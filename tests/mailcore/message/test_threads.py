"""Conversations.  RFC 5256."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from mailcore.message import subject, threads
from mailcore.message.threads import Entry


def entry(key: int, identifier: str, parents: str = "", about: str = "") -> Entry:
    return Entry(
        key, identifier, parents.split(), subject.base(about), subject.is_answer(about), key
    )


def shown(entries: list[Entry]) -> str:
    return threads.written(threads.references(entries), {one.key: one.key for one in entries})


def test_replies_hang_below_what_they_answer() -> None:
    assert shown([entry(1, "a"), entry(2, "b", "a"), entry(3, "c", "a b"), entry(4, "d", "a")]) == (
        "(1 (2 3)(4))"
    )


def test_a_missing_parent_keeps_its_children_together() -> None:
    assert shown([entry(1, "b", "a"), entry(2, "c", "a"), entry(3, "d", "x")]) == "((1)(2))(3)"


def test_conversations_with_one_subject_come_together() -> None:
    assert shown([entry(1, "a", about="Lunch"), entry(2, "b", about="Re: Lunch")]) == "(1 2)"
    assert shown([entry(1, "a", about="Lunch"), entry(2, "b", about="lunch")]) == "((1)(2))"
    assert shown([entry(1, "a", about="Re: Lunch"), entry(2, "b", about="Lunch")]) == "(2 1)"


def test_two_messages_with_one_id_are_two_messages() -> None:
    assert shown([entry(1, "a"), entry(2, "a"), entry(3, "b", "a")]) == "(1 3)(2)"


def test_circles_are_cut() -> None:
    assert sorted(re.findall(r"\d+", shown([entry(1, "a", "b"), entry(2, "b", "a"), entry(3, "c", "c")]))) == [
        "1", "2", "3",
    ]  # fmt: skip


ENTRIES = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefgxyz"), max_size=5),
              st.sampled_from(["", "Tea", "Re: Tea", "Milk", "Fwd: Milk (fwd)"])),
    max_size=12,
)  # fmt: skip


@given(ENTRIES)
def test_every_message_is_in_exactly_one_place(raw: list[tuple[str, list[str], str]]) -> None:
    entries = [
        entry(key, one, " ".join(parents), about)
        for key, (one, parents, about) in enumerate(raw, 1)
    ]
    for made in (
        threads.references(entries),
        threads.ordered_subject(entries),
        threads.refs(entries),
    ):
        text = threads.written(made, {one.key: one.key for one in entries})
        assert sorted(map(int, re.findall(r"\d+", text))) == [one.key for one in entries]
        assert "()" not in text
        assert text.count("(") == text.count(")")


def test_refs_heeds_no_subject_and_puts_the_liveliest_last() -> None:
    entries = [
        entry(1, "a", about="Lunch"), entry(2, "b", about="Re: Lunch"), entry(3, "c", "a"),
        entry(4, "d", "x"), entry(5, "e", "x b"),
    ]  # fmt: skip
    assert threads.written(threads.refs(entries), {key: key for key in range(1, 6)}) == (
        "(1 3)((2 5)(4))"
    )


def test_ordered_subject_is_flat() -> None:
    entries = [
        entry(3, "a", about="B"),
        entry(1, "b", about="A"),
        entry(2, "c", about="Re: B"),
        entry(4, "d", about="b"),
    ]
    assert (
        threads.written(threads.ordered_subject(entries), {n: n for n in range(5)})
        == "(1)(2 (3)(4))"
    )


def test_a_conversation_as_long_as_a_mailbox_is_no_trouble() -> None:
    entries = [entry(n, f"m{n}", f"m{n - 1}") for n in range(1, 20_001)]
    began = time.process_time()
    text = shown(entries)
    assert time.process_time() - began < 10
    assert len(re.findall(r"\d+", text)) == 20_000
