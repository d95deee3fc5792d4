"""`manage.py vault`."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from mailcore.accounts import directory
from mailcore.mailbox.store import MailStore
from tests.mailcore.management.test_commands import read, run
from tests.support.fresh import forget_everything, home_at
from tests.support.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def maildir(settings: Any, tmp_path: Path) -> Path:
    forget_everything()
    home_at(settings, tmp_path)
    person("ada@example.com")
    account = directory.account("ada@example.com")
    assert account is not None
    with MailStore(account.maildir, keeps=lambda: True) as store:
        inbox = store.folder("INBOX")
        for at in range(3):
            inbox.expunge([inbox.append(b"From: noor@x.example\r\nSubject: no %d\r\n\r\n" % at)])
    return account.maildir


def uids(maildir: Path) -> int:
    with MailStore(maildir) as store:
        return len(store.folder("INBOX").uids())


def test_the_vault_is_listed_restored_and_purged(maildir: Path) -> None:
    listed = read("vault", "list", "ada@example.com")
    assert [row["subject"] for row in listed] == ["no 2", "no 1", "no 0"]
    assert read("vault", "restore", "ada@example.com", listed[0]["id"]) == {"restored": 1}
    assert read("vault", "purge", "ada@example.com", listed[1]["id"]) == {"purged": 1}
    assert read("vault", "restore", "ada@example.com", "--all") == {"restored": 1}
    assert uids(maildir) == 2
    assert run("vault", "list", "ada@example.com").strip() == "None."


@pytest.mark.parametrize("arguments", [[], ["x"], ["x", "--all"]])
def test_what_names_nothing_in_particular_is_refused(maildir: Path, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run("vault", "purge", "ada@example.com", *arguments)
    assert len(read("vault", "list", "ada@example.com")) == 3


def test_an_account_that_is_none_is_said_to_be(maildir: Path) -> None:
    with pytest.raises(CommandError, match="there is no account"):
        run("vault", "list", "nobody@example.com")
