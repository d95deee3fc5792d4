"""What is tidied while nobody waits."""

import pytest

from mailcore.accounts import directory
from mailcore.conf import current
from mailcore.mailbox.delivery import Arrival, deliver
from mailcore.mailbox.store import MailStore
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
