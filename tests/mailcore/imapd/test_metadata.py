"""Annotations: whose they are, how many there may be, and that they stay."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.accounts import directory
from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.errors import GrammarError, StoreError
from mailcore.mailbox import access, annotations
from mailcore.mailbox.access import Change
from mailcore.mailbox.store import MailStore
from mailcore.maildir import folders, metadata
from tests.support.imap_client import ImapClient

Listeners = dict[str, tuple[str, int]]
TEAM = '"#shared.bob@example com.Team"'


@pytest.fixture
def bob(alice: Path) -> Path:
    """The Maildir of bob, whose INBOX.Team alice may read."""
    found = directory.account("bob@example.com")
    assert found is not None
    with MailStore(found.maildir) as store:
        store.create("INBOX.Team")
        wanted = Change("user=alice@example.com", frozenset("lr"))
        access.change(store, "INBOX.Team", wanted, owner="bob@example.com")
    return found.maildir


def as_bob(imap: Listeners) -> ImapClient:
    return ImapClient(imap["imap"], "bob@example.com", "builder99")


def test_private_annotations_of_a_shared_folder_are_each_persons_own(
    imap: Listeners, bob: Path
) -> None:
    owner, reader = as_bob(imap), ImapClient(imap["imap"])
    owner.do('SETMETADATA INBOX.Team (/private/comment "bobs" /shared/comment "all")')
    reader.do(f'SETMETADATA {TEAM} (/private/comment "hers")')
    entries = "(/private/comment /shared/comment)"
    assert reader.do(f"GETMETADATA {TEAM} {entries}")[0] == (
        f'* METADATA {TEAM} (/private/comment "hers" /shared/comment "all")'
    )
    assert owner.do(f"GETMETADATA INBOX.Team {entries}")[0] == (
        '* METADATA INBOX.Team (/private/comment "bobs" /shared/comment "all")'
    )
    assert reader.do(f'LIST "" {TEAM} RETURN (METADATA {entries})')[1] == (
        f'* METADATA {TEAM} (/private/comment "hers" /shared/comment "all")'
    )


def test_shared_annotations_are_written_by_who_may_write(imap: Listeners, bob: Path) -> None:
    owner, reader = as_bob(imap), ImapClient(imap["imap"])
    change = f'SETMETADATA {TEAM} (/private/x "1" /shared/comment "2")'
    assert reader.refused(change).startswith("NO [NOPERM]")
    assert reader.do(f"GETMETADATA {TEAM} /private/x")[0].endswith("(/private/x NIL)")
    owner.do("SETACL INBOX.Team alice@example.com lrw")
    reader.do(change)
    owner.do("SETACL INBOX.Team alice@example.com lw")
    assert reader.refused(f"GETMETADATA {TEAM} /shared/comment").startswith("NO [NOPERM]")
    owner.do("DELETEACL INBOX.Team alice@example.com")
    for command in (f"GETMETADATA {TEAM} /shared/comment", f'SETMETADATA {TEAM} (/private/x "1")'):
        assert reader.refused(command).startswith("NO [NONEXISTENT]")


def test_annotations_outlive_the_index(imap: Listeners, bob: Path) -> None:
    as_bob(imap).do('SETMETADATA INBOX.Team (/shared/comment "stays")')
    shutil.rmtree(bob / "courierindex")
    assert as_bob(imap).do("GETMETADATA INBOX.Team /shared/comment")[0] == (
        '* METADATA INBOX.Team (/shared/comment "stays")'
    )


def test_one_person_may_not_annotate_without_end(imap: Listeners, bob: Path) -> None:
    settings_store.save("imap", {"metadata_entries": 3}, by="test")
    current.refresh()
    owner, reader = as_bob(imap), ImapClient(imap["imap"])
    for number in range(3):
        owner.do(f'SETMETADATA INBOX.Team (/private/n{number} "1")')
        owner.do(f'SETMETADATA INBOX.Team (/shared/n{number} "1")')
    for entry in ("/private/more", "/shared/more"):
        refused = owner.refused(f'SETMETADATA INBOX.Team ({entry} "1")')
        assert refused.startswith("NO [METADATA TOOMANY]")
    owner.do('SETMETADATA INBOX.Team (/private/more "1" /private/n0 NIL)')
    reader.do(f'SETMETADATA {TEAM} (/private/hers "1")')


def test_the_administrator_speaks_for_the_server(imap: Listeners, alice: Path) -> None:
    said = {"metadata_admin": "mailto:root@example.com", "metadata_comment": "Ours"}
    settings_store.save("imap", said, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    assert client.do('GETMETADATA "" (/shared/admin /shared/comment)')[0] == (
        '* METADATA "" (/shared/admin "mailto:root@example.com" /shared/comment "Ours")'
    )


def test_only_the_servers_annotations_may_be_offered(imap: Listeners, alice: Path) -> None:
    settings_store.save("imap", {"extensions_off": ["METADATA"]}, by="test")
    current.refresh()
    client = ImapClient(imap["imap"])
    assert "METADATA-SERVER" in client.capabilities()
    assert "LIST-METADATA" not in client.capabilities()
    client.do('SETMETADATA "" (/private/x "1")')
    assert client.refused("GETMETADATA INBOX /private/x").startswith("BAD")
    settings_store.save("imap", {"extensions_off": ["METADATA", "METADATA-SERVER"]}, by="test")
    current.refresh()
    assert ImapClient(imap["imap"]).refused('GETMETADATA "" /private/x').startswith("BAD")


def test_a_planted_link_is_not_followed(imap: Listeners, alice: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "secret"
    elsewhere.write_text("* /shared/comment c2VjcmV0\n")
    (alice / metadata.FILE).symlink_to(elsewhere)
    client = ImapClient(imap["imap"])
    assert client.refused("GETMETADATA INBOX /shared/comment").startswith("NO [CANNOT]")
    assert client.refused('SETMETADATA INBOX (/shared/comment "x")').startswith("NO [CANNOT]")
    assert elsewhere.read_text().startswith("* /shared/comment c2V")


def test_a_file_beyond_all_bounds_is_not_read(tmp_path: Path) -> None:
    folders.make(tmp_path / "M", folder=False)
    with (tmp_path / "M" / metadata.FILE).open("wb") as opened:
        opened.truncate(metadata.LARGEST + 1)
    with pytest.raises(StoreError):
        metadata.read(tmp_path / "M")


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["*", "a@example.com"]), st.sampled_from(["/shared/a", "/x/b"])),
        st.binary(max_size=200),
    )
)
def test_property_annotations_are_read_as_they_were_written(kept: metadata.Annotations) -> None:
    assert metadata._parse(metadata._format(kept)) == kept


@given(st.binary(max_size=60).map(lambda rest: b"/private/" + rest))
def test_property_an_entry_name_is_refused_or_has_one_spelling(octets: bytes) -> None:
    try:
        name = annotations.entry_name(octets)
    except GrammarError:
        return
    assert annotations.entry_name(name.encode()) == name
    assert annotations.entry_name(octets.upper()) == name
    assert " " not in name
    assert "//" not in name
