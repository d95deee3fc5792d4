"""Who is nearly full is told so: once a day, in INBOX, whatever the quota says."""

import os
import time
from pathlib import Path

import pytest

from mailcore.mailbox import quota_warning
from mailcore.mailbox.delivery import Arrival, Consignment, Delivered, OverQuota, deliver_all
from mailcore.mailbox.quota_warning import QuotaWarning
from mailcore.mailbox.store import MailStore, nobody
from mailcore.mailbox.stores import Stores
from mailcore.maildir.quota import NO_QUOTA, Quota

WARNING = QuotaWarning(
    90, "Nearly full: {percent}\nDear {address}, {tidy} up.", "al@example.com", "mx.example.com"
)
LIMIT = Quota(1000)


def bring(maildir: Path, octets: int, unique: str, quota: Quota = LIMIT) -> object:
    stores = Stores(nobody)
    arrival = Arrival(unique, b"Subject: x\n\n" + b"y" * (octets - 12))
    [[answer]] = deliver_all([Consignment(maildir, [arrival], quota, WARNING)], stores)  # type: ignore[misc]
    stores.close()
    return answer


def letters(maildir: Path) -> list[bytes]:
    with MailStore(maildir) as store:
        inbox = store.folder("INBOX")
        read = [inbox.read(uid) for uid in inbox.uids()]
    return [one for one in read if b"Nearly full" in one]


def test_the_letter_comes_with_what_crosses_the_line(tmp_path: Path) -> None:
    bring(tmp_path, 899, "a")
    assert letters(tmp_path) == []
    assert not (tmp_path / "quotawarn").exists()
    bring(tmp_path, 12, "b")
    [letter] = letters(tmp_path)
    assert b"Subject: Nearly full: 91\r\n" in letter
    assert b"\r\n\r\nDear al@example.com, {tidy} up.\r\n" in letter
    assert b"Auto-Submitted: auto-generated\r\n" in letter


def test_it_comes_once_a_day_by_the_time_of_the_marker(tmp_path: Path) -> None:
    bring(tmp_path, 950, "a")
    assert isinstance(bring(tmp_path, 900, "b"), OverQuota)
    assert len(letters(tmp_path)) == 1
    yesterday = time.time() - 86_401
    os.utime(tmp_path / "quotawarn", (yesterday, yesterday))
    bring(tmp_path, 900, "c")
    assert len(letters(tmp_path)) == 2


def test_messages_count_as_octets_do_and_no_quota_is_never_full(tmp_path: Path) -> None:
    assert isinstance(bring(tmp_path, 50, "a", NO_QUOTA), Delivered)
    assert letters(tmp_path) == []
    bring(tmp_path, 50, "b", Quota(messages=2))
    assert len(letters(tmp_path)) == 1


def test_a_letter_that_cannot_be_written_does_not_hurt_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(maildir: Path, now: float) -> bool:
        raise PermissionError("read-only")

    monkeypatch.setattr(quota_warning, "claim", broken)
    assert isinstance(bring(tmp_path, 950, "a"), Delivered)
    assert letters(tmp_path) == []
