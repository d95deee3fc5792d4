"""Whom the settings have warned of a full mailbox."""

import pytest

from mailcore.accounts import administration, directory
from mailcore.conf import current
from mailcore.conf import store as settings_store
from mailcore.mailbox.quota_warning import QuotaWarning
from mailcore.transports.local import arrivals


def warning(address: str) -> QuotaWarning | None:
    current.refresh()
    account = directory.account(address)
    assert account is not None
    return arrivals.warning(account)


@pytest.mark.django_db
def test_only_accounts_with_a_quota_are_warned_and_only_where_it_is_set() -> None:
    administration.add_domain("example.com", by="test")
    administration.add_account("al@example.com", "wonderland", by="test", quota_bytes=1000)
    administration.add_account("free@example.com", "wonderland", by="test")
    assert warning("al@example.com") is None
    settings_store.save(
        "mailboxes", {"quota_warning_percent": 80, "quota_warning": "Full\nTidy up."}, by="test"
    )
    found = warning("al@example.com")
    assert found is not None
    assert (found.percent, found.text) == (80, "Full\nTidy up.")
    assert found.address == "al@example.com"
    assert warning("free@example.com") is None
