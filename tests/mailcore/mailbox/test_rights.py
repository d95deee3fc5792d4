"""The algebra of rights, against what Courier's own maildiracl computed."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailbox import rights
from mailcore.mailbox.rights import ALL, Who
from mailcore.maildir import acl

CASES = json.loads((Path(__file__).parents[2] / "data/acl/maildiracl.json").read_text())
PEOPLE = {
    "bob": Who("bob@example.com"),
    "bob in staff": Who("bob@example.com", frozenset(["staff"])),
    "owner": Who("alice@example.com", is_owner=True),
    "administrator": Who("root@example.com", frozenset(["administrators"])),
    "stranger": Who("eve@example.com"),
}
LETTERS = st.text(alphabet="lrswipkxteacd", max_size=6)
PLAIN = st.sampled_from(
    ["anyone", "anonymous", "owner", "administrators", "group=administrators", "group=staff",
     "user=bob@example.com", "user=eve@example.com"]
)  # fmt: skip
IDENTIFIERS = st.builds("{}{}".format, st.sampled_from(["", "-"]), PLAIN)
ENTRIES = st.dictionaries(IDENTIFIERS, LETTERS, max_size=8)
ANYBODY = st.sampled_from(list(PEOPLE.values()))


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_everybody_has_the_rights_that_couriers_maildiracl_computes(
    case: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / acl.FILE).write_text(str(case["file"]))
    entries = acl.read(tmp_path, "")
    assert entries is not None
    computed = {name: rights.in_file(rights.of(who, entries)) for name, who in PEOPLE.items()}
    assert computed == {name: "".join(sorted(had)) for name, had in case["rights"].items()}  # type: ignore[attr-defined]


def test_the_worked_example_gives_bob_lrsi() -> None:
    entries = {"anyone": "lr", "group=staff": "lrswi", "-user=bob@example.com": "w"}
    assert rights.of(PEOPLE["bob in staff"], entries) == frozenset("lrsi")


@given(ENTRIES, ANYBODY, PLAIN, LETTERS)
def test_property_a_new_positive_entry_takes_nothing_away(
    entries: dict[str, str], who: Who, name: str, letters: str
) -> None:
    more = {**entries, name: entries.get(name, "") + letters}
    assert rights.of(who, more) >= rights.of(who, entries)


@given(ENTRIES, ANYBODY, PLAIN, LETTERS)
def test_property_a_negative_entry_outweighs_every_positive_one(
    entries: dict[str, str], who: Who, name: str, letters: str
) -> None:
    after = rights.of(who, {**entries, f"-{name}": letters})
    before = rights.of(who, {key: had for key, had in entries.items() if key != f"-{name}"})
    assert after <= before
    administrators = name in ("administrators", "group=administrators")
    if who.is_meant_by(name) and not administrators:
        assert not (after & rights.parse(letters)) - ({"a"} if who.is_owner else set())


@given(st.lists(st.tuples(IDENTIFIERS, LETTERS), max_size=4, unique_by=lambda one: one[0]), ANYBODY)
def test_property_the_order_of_the_lines_does_not_matter(
    lines: list[tuple[str, str]], who: Who
) -> None:
    assert len({rights.of(who, dict(order)) for order in permutations(lines)}) == 1


@given(ENTRIES)
def test_property_an_owner_can_always_administer(entries: dict[str, str]) -> None:
    assert "a" in rights.of(PEOPLE["owner"], entries)


@given(ENTRIES)
def test_property_where_nothing_is_shared_strangers_have_nothing(entries: dict[str, str]) -> None:
    if not rights.shares(entries):
        for name in ("stranger", "bob", "bob in staff"):
            assert rights.of(PEOPLE[name], entries) == rights.NONE


@given(st.sets(st.sampled_from("lrswipkxtea")))
def test_property_rights_survive_the_file_and_the_wire(given_rights: set[str]) -> None:
    assert rights.parse(rights.in_file(given_rights)) == given_rights
    told = rights.told(frozenset(given_rights))
    assert frozenset(told) - set("cd") == given_rights


def test_old_letters_stand_for_what_they_meant() -> None:
    assert rights.parse("lrcd") == frozenset("lrkxte")
    assert rights.told(frozenset("lrk")) == "lrkc"
    assert rights.told(frozenset("lre")) == "lred"
    assert rights.in_file(ALL) == "aceilrstwx"


def test_a_bare_name_is_a_user() -> None:
    assert rights.identifier("Bob@Example.com") == "user=bob@example.com"
    assert rights.identifier("-bob@example.com") == "-user=bob@example.com"
    assert rights.identifier("anonymous") == "anyone"
    assert rights.identifier("-group=Staff") == "-group=Staff"
    assert rights.identifier("administrators") == "administrators"
