"""`manage.py suppression list|add|remove`."""

from datetime import UTC, datetime
from typing import Any

from mailcore.errors import ConfigError
from mailcore.management.verbs import VerbCommand
from mailcore.policy import suppression
from mailcore.policy.suppression import Entry


class Command(VerbCommand):
    help = "Addresses that users here may not write to."

    def verbs(self, add: Any) -> None:
        add("list", self.do_list, "the newest entries").add_argument("--search", default="")
        child = add("add", self.do_add, "put an address on the list")
        child.add_argument("address")
        child.add_argument("--reason", default="")
        add("remove", self.do_remove, "take an address off").add_argument("address")

    def do_list(self, *, search: str, **_: Any) -> object:
        return [_value(entry) for entry in suppression.listing(search)]

    def do_add(self, *, address: str, reason: str, **_: Any) -> object:
        return _value(suppression.add(address, reason))

    def do_remove(self, *, address: str, **_: Any) -> object:
        if not suppression.remove(address):
            raise ConfigError(f"{address} is not on the list")
        return {"removed": address}


def _value(entry: Entry) -> dict[str, object]:
    return {
        "address": entry.address,
        "reason": entry.reason,
        "bounces": entry.bounces,
        "since": f"{datetime.fromtimestamp(entry.at, UTC):%Y-%m-%d %H:%M}Z",
    }
