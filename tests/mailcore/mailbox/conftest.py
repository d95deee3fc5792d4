"""A Maildir with an open store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.mailbox.folder import Folder
from mailcore.mailbox.store import MailStore


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    return tmp_path / "Maildir"


@pytest.fixture
def store(maildir: Path) -> Iterator[MailStore]:
    with MailStore(maildir) as opened:
        yield opened


@pytest.fixture
def inbox(store: MailStore) -> Folder:
    return store.folder("INBOX")
