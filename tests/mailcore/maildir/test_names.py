"""Names of message files."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.maildir import names


@given(st.integers(0, 31))
def test_flags_survive_the_file_name(bits: int) -> None:
    assert names.split(names.with_flags("1.a.host", bits)) == ("1.a.host", bits)


def test_flag_letters_stand_in_ascii_order() -> None:
    assert names.with_flags("x", names.FILE_FLAGS) == "x:2,DFRST"


@given(st.text(alphabet=st.characters(blacklist_characters="/\0"), max_size=60))
def test_any_file_name_can_be_split(name: str) -> None:
    base, bits = names.split(name)
    assert name.startswith(base)
    assert 0 <= bits < 1 << 31


def test_dovecots_small_letters_are_kept_and_unknown_ones_passed_over() -> None:
    base, bits = names.split("x:2,FSQab?")
    assert (base, bits & names.FILE_FLAGS) == ("x", names.FLAGGED | names.SEEN)
    assert names.letters(bits) == "ab"
    assert names.with_flags(base, bits) == "x:2,FSab"


def test_sizes_are_read_from_the_name() -> None:
    base = names.base_name(1700000000, names.unique(), 100, 110)
    assert (names.size_hint(base), names.wire_size_hint(base)) == (100, 110)
    assert names.arrived_at(base) == 1700000000


@given(st.text(min_size=1, max_size=80))
def test_an_arrival_is_recognised_by_its_name_whatever_its_token(token: str) -> None:
    part = names.arrival_part(token)
    assert names.arrival_of(names.base_name(1, part, 1, 1)) == part[1:]


def test_other_servers_names_are_no_arrivals() -> None:
    assert names.arrival_of("1700000970.M000001P4242Q1.bench,S=5015") is None
