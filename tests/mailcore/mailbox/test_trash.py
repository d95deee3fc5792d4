"""Folders that are emptied by age."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import ConfigError
from mailcore.mailbox import trash
from mailcore.mailbox.store import MailStore
from mailcore.mailbox.trash import Rule
from mailcore.maildir import vault

DAY = 86_400
MESSAGE = b"Subject: old\r\n\r\nx\r\n"


@pytest.fixture
def store(maildir: Path) -> Iterator[MailStore]:
    with MailStore(maildir, keeps=lambda: True) as opened:
        opened.create("INBOX.Trash")
        yield opened


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Trash:7", Rule("INBOX.Trash", 7)),
        ("INBOX.Junk.Old:30", Rule("INBOX.Junk.Old", 30)),
        ("inbox:365", Rule("INBOX", 365)),
        ("Büro:0", Rule("INBOX.Büro", 0)),
    ],
)
def test_a_rule_is_a_folder_and_days(text: str, rule: Rule) -> None:
    assert trash.parse(text) == rule


@pytest.mark.parametrize(
    "text", ["", "Trash", "Trash:", ":7", "Trash:x", "../x:1", "A..B:1", "a/b:1"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        trash.parse(text)


@given(st.text())
def test_property_a_rule_is_read_or_refused(text: str) -> None:
    try:
        rule = trash.parse(text)
    except ConfigError:
        return
    assert rule.folder.startswith("INBOX")


def test_what_lay_in_trash_too_long_goes_to_the_vault(store: MailStore) -> None:
    folder = store.folder("INBOX.Trash")
    folder.append(MESSAGE)
    folder.append(MESSAGE)
    store.folder("INBOX").append(MESSAGE)
    store.index.execute("UPDATE messages SET save_date = save_date - ? WHERE uid = 1", (8 * DAY,))
    assert trash.expire(store, [Rule("INBOX.Trash", 7), Rule("INBOX.None", 1)], time.time()) == 1
    assert list(folder.uids()) == [2]
    assert len(store.folder("INBOX").uids()) == 1
    assert [kept.folder for kept in vault.listing(store.maildir)] == ["INBOX.Trash"]


def test_an_old_message_just_moved_to_trash_stays_its_days(store: MailStore) -> None:
    inbox = store.folder("INBOX")
    inbox.append(MESSAGE, internal_date=1_000_000_000)
    inbox.move([1], "INBOX.Trash")
    assert trash.expire(store, [Rule("INBOX.Trash", 7)], time.time()) == 0
    assert trash.expire(store, [Rule("INBOX.Trash", 7)], time.time() + 8 * DAY) == 1


def test_after_the_index_was_lost_the_file_says_how_long_it_lay(store: MailStore) -> None:
    store.folder("INBOX.Trash").append(MESSAGE)
    store.index.execute("UPDATE messages SET save_date = save_date + ?", (30 * DAY,))
    assert trash.expire(store, [Rule("INBOX.Trash", 7)], time.time() + 8 * DAY) == 1
