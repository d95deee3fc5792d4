"""What is tidied while nobody waits."""

import time

import pytest

from mailcore.accounts import directory
from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.mailbox.delivery import Arrival, deliver
from mailcore.mailbox.store import MailStore
from mailcore.maildir import vault
from tests.support.people import person
from workers import housekeeping

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_flags_reach_the_file_names_and_uids_the_list_of_old() -> None:
    person("ada@example.com")
    current.refresh()
    account = directory.account("ada@example.com")
    assert account is not None
    deliver(account.maildir, [Arrival("one", b"Subject: hi\r\n\r\nhi\r\n")])
    with MailStore(account.maildir) as store:
        store.folder("INBOX").set_flags([1], add=["\\Seen"])
    housekeeping.tidy_mailboxes()
    [name] = [path.name for path in (account.maildir / "cur").iterdir()]
    assert name.endswith(":2,S")
    assert name.partition(":")[0] in (account.maildir / "courierimapuiddb").read_text()


def test_a_mailbox_that_cannot_be_tidied_keeps_no_other_from_it() -> None:
    for address in ("ada@example.com", "ben@example.com"):
        person(address)
        current.refresh()
        account = directory.account(address)
        assert account is not None
        deliver(account.maildir, [Arrival("one", b"Subject: hi\r\n\r\nhi\r\n")])
    first, second = directory.maildirs()
    index = first / "courierindex"
    for file in index.iterdir():
        file.unlink()
    index.rmdir()
    index.write_text("in the way")
    with MailStore(second) as store:
        store.folder("INBOX").set_flags([1], add=["\\Seen"])
    housekeeping.tidy_mailboxes()
    assert [path.name for path in (second / "cur").iterdir()]


def test_old_mail_goes_from_trash_to_the_vault_and_later_from_there() -> None:
    person("cleo@example.com")
    settings_store.save("mailboxes", {"empty_trash": ["Trash:7"], "undelete_days": 3}, by="test")
    current.refresh()
    account = directory.account("cleo@example.com")
    assert account is not None
    with MailStore(account.maildir) as store:
        store.ensure_standard_folders()
        trash = store.folder("INBOX.Trash")
        trash.append(b"Subject: old\r\n\r\nx\r\n")
        store.index.execute("UPDATE messages SET save_date = ?", (time.time() - 8 * 86_400,))
    housekeeping.tidy_mailboxes()
    [kept] = vault.listing(account.maildir)
    assert kept.folder == "INBOX.Trash"
    day = account.maildir / vault.DIRECTORY
    [entry] = day.iterdir()
    entry.rename(day / "2026-01-01")
    housekeeping.tidy_mailboxes()
    assert vault.listing(account.maildir) == []


def test_the_vault_is_emptied_once_nothing_is_to_be_kept() -> None:
    person("dora@example.com")
    account = directory.account("dora@example.com")
    assert account is not None
    with MailStore(account.maildir, keeps=lambda: True) as store:
        inbox = store.folder("INBOX")
        inbox.expunge([inbox.append(b"Subject: old\r\n\r\nx\r\n")])
    settings_store.save("mailboxes", {"undelete_days": 0}, by="test")
    current.refresh()
    housekeeping.tidy_mailboxes()
    assert vault.listing(account.maildir) == []
