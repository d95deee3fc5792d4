"""Who shares: remembered, and asked again when something was written."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailcore.mailbox.places import Reach
from mailcore.mailbox.sharing import Sharing
from mailcore.maildir import acl, folders


@dataclass(frozen=True)
class Person:
    address: str
    maildir: Path
    quota_bytes: int = 0
    quota_messages: int = 0


@pytest.fixture
def people(tmp_path: Path) -> Sequence[Person]:
    """Three accounts of one domain, each with a folder."""
    found = []
    for name in ("ann", "ben", "cat"):
        folders.make(tmp_path / name, folder=False)
        folders.make(tmp_path / name / ".Team", folder=True)
        found.append(Person(f"{name}@example.com", tmp_path / name))
    return tuple(found)


def long_ago(people: Sequence[Person]) -> None:
    """Let what was written before be older than a clock's tick."""
    when = time.time() - 60
    for path in [people[0].maildir.parent / acl.CHANGED_BESIDE]:
        if path.exists():
            os.utime(path, (when, when))
    for one in people:
        if (one.maildir / acl.CHANGED).exists():
            os.utime(one.maildir / acl.CHANGED, (when, when))


def sharers(sharing: Sharing, people: Sequence[Person]) -> list[str]:
    return [level for level, _ in sharing.among(people, escape=False)]


def test_an_entry_that_we_write_is_seen_at_once(people: Sequence[Person]) -> None:
    sharing = Sharing()
    assert sharers(sharing, people) == []
    acl.write(people[1].maildir, ".Team", {"anyone": "lr"})
    assert sharers(sharing, people) == ["ben@example com"]
    long_ago(people)
    assert sharers(sharing, people) == ["ben@example com"]
    acl.write(people[2].maildir, ".Team", {"anyone": "lr"})
    acl.write(people[1].maildir, ".Team", {"owner": "aceilrstwx"})
    assert sharers(sharing, people) == ["cat@example com"]


def test_what_another_program_wrote_is_seen_when_the_memory_ends(
    people: Sequence[Person],
) -> None:
    sharing = Sharing()
    assert sharers(sharing, people) == []
    (people[0].maildir / ".Team" / acl.FILE).write_text("anyone lr\n")
    assert sharers(sharing, people) == []
    sharing.forget()
    assert sharers(sharing, people) == ["ann@example com"]


def test_two_accounts_that_look_the_same_are_never_taken_for_each_other(
    people: Sequence[Person],
) -> None:
    alike = (
        Person("a.b@example.com", people[0].maildir),
        Person("a/b@example.com", people[1].maildir),
        people[2],
    )
    acl.write(people[1].maildir, ".Team", {"anyone": "lr"})
    reach = Reach(people[2], frozenset(), lambda: alike)
    assert reach.visible(Sharing()) == {}
    assert reach.place("#shared.a b@example com.Team").owner == "a.b@example.com"
    escaping = Reach(people[2], frozenset(), lambda: alike, escape=True)
    assert list(escaping.visible(Sharing())) == [r"#shared.a\;b@example\:com.Team"]


def test_ones_own_folders_are_not_among_those_of_others(people: Sequence[Person]) -> None:
    acl.write(people[0].maildir, ".Team", {"anyone": "lr"})
    assert Reach(people[0], frozenset(), lambda: people).visible(Sharing()) == {}
    assert len(Reach(people[1], frozenset(), lambda: people).visible(Sharing())) == 1
