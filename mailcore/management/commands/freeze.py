"""`manage.py freeze list|add|remove`."""

from datetime import UTC, datetime
from typing import Any

from mailcore.errors import ConfigError
from mailcore.management.verbs import BY, VerbCommand
from mailcore.policy import rates
from mailcore.policy.models import Freeze


class Command(VerbCommand):
    help = "Accounts that may send nothing, because they sent far too much or you said so."

    def verbs(self, add: Any) -> None:
        add("list", self.do_list, "who is frozen")
        child = add("add", self.do_add, "let an account send nothing")
        child.add_argument("account")
        child.add_argument("--reason", default=f"was stopped by {BY}")
        add("remove", self.do_remove, "let an account send again").add_argument("account")

    def do_list(self, **_: Any) -> object:
        return [
            {
                "account": row.account,
                "reason": row.reason,
                "since": f"{datetime.fromtimestamp(row.at, UTC):%Y-%m-%d %H:%M}Z",
            }
            for row in Freeze.objects.order_by("-at")
        ]

    def do_add(self, *, account: str, reason: str, **_: Any) -> object:
        rates.freeze(account, reason)
        return {"frozen": account.lower()}

    def do_remove(self, *, account: str, **_: Any) -> object:
        if not rates.thaw(account):
            raise ConfigError(f"{account} is not frozen")
        return {"sends again": account.lower()}
