"""The grammars of extensions: whatever comes, only GrammarError leaves; what fits is understood."""

import contextlib
from array import array

from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.imapd.commands import chosen, results, resync, scope
from mailcore.imapd.commands.results import Found, Partial, Wanted
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.sequence_set import SequenceSet

PIECES = st.sampled_from(
    [b"(", b")", b" ", b"RETURN (", b"MIN", b"SAVE", b"PARTIAL ", b"1:9", b"-1:-9", b"IN (",
     b"personal", b"subtree ", b"mailboxes ", b"INBOX", b'"a b"', b"7", b"1:3,5", b"*", b"\xff", b"$"]
)  # fmt: skip
NOISE = st.one_of(st.binary(max_size=40), st.lists(PIECES, max_size=20).map(b"".join))
UIDS = st.lists(st.integers(1, 60), unique=True, max_size=40).map(sorted)
PARTIALS = st.builds(
    lambda pair, backwards: Partial(*sorted(pair), backwards),
    st.tuples(st.integers(1, 50), st.integers(1, 50)),
    st.booleans(),
)


@given(NOISE)
def test_property_results_scopes_and_memories_raise_only_grammar_errors(data: bytes) -> None:
    for read in (results.wanted, results.partial, scope.parse, scope.mailboxes, resync.memory):
        with contextlib.suppress(GrammarError):
            read(Arguments(data))


@given(UIDS, PARTIALS)
def test_property_a_stretch_of_positions_is_what_a_slice_would_be(
    uids: list[int], wanted: Partial
) -> None:
    positions = SequenceSet(tuple((uid, uid) for uid in uids)).positions(array("I", range(1, 61)))
    spelled = [at for start, end in positions for at in range(start, end)]
    found = [at for start, end in chosen.stretch(positions, wanted) for at in range(start, end)]
    assert found == list(wanted.of(spelled))
    if wanted.backwards:
        mirrored = spelled[::-1][wanted.first - 1 : wanted.last]
        assert found == mirrored[::-1]
    else:
        assert found == spelled[wanted.first - 1 : wanted.last]


@given(UIDS, st.sets(st.sampled_from([b"MIN", b"MAX", b"ALL", b"COUNT", b"SAVE"])))
def test_property_what_is_saved_is_among_what_was_found(uids: list[int], names: set[bytes]) -> None:
    found = Found(uids, uids)
    kept = list(results.saved(found, Wanted(frozenset(names))))
    assert set(kept) <= set(uids)
    if names & {b"ALL", b"COUNT"} or not names & {b"MIN", b"MAX"}:
        assert kept == uids
    else:
        extremes = {uids[0]} if uids and b"MIN" in names else set()
        assert set(kept) == extremes | ({uids[-1]} if uids and b"MAX" in names else set())


@given(st.integers(1, 9), st.integers(1, 9), UIDS)
def test_property_a_memory_says_what_was_sent(
    uidvalidity: int, modseq: int, uids: list[int]
) -> None:
    known = ",".join(map(str, uids))
    text = f"({uidvalidity} {modseq}{' ' if known else ''}{known})"
    found = resync.memory(Arguments(text.encode()))
    assert (found.uidvalidity, found.modseq) == (uidvalidity, modseq)
    spelled = [uid for low, high in found.known.ranges(60) for uid in range(low, high + 1)]
    assert spelled == (uids or list(range(1, 61)))
