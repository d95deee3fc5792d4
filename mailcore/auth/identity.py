"""What a login yields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.envelope import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is logged in, and where their mail is (`maildir`, absolute)."""

    address: str
    account_id: int
    display_name: str
    maildir: FilePath
    quota_bytes: int = 0
    quota_messages: int = 0
    is_superuser: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def may_send_as(self, path: Path) -> bool:
        """Whether `path` is this account's own: its address, with any +extension, or an
        alias that leads to it alone.  The null path too (RFC 5321 §4.5.5 notifications).

        May ask the database about the alias.
        """
        if path.is_null:
            return True
        local, _, _ = path.local.partition("+")
        if f"{local}@{path.domain}".lower() == self.address or path.key == self.address:
            return True
        targets = directory.alias(path.key)
        return targets is not None and [target.lower() for target in targets] == [self.address]


def of_account(account: AccountValue) -> Identity:
    """The identity behind an account."""
    return Identity(
        address=account.address,
        account_id=account.id,
        display_name=account.display_name,
        maildir=account.maildir,
        quota_bytes=account.quota_bytes,
        quota_messages=account.quota_messages,
        is_superuser=account.is_superuser,
        options=account.options,
    )
