"""The demo domain: example.test with alice, bob and an administrator."""

import os
import secrets
from pathlib import Path

from mailcore.accounts import administration
from mailcore.accounts.models import Account, Domain
from mailcore.conf import store
from mailcore.conf.current import snapshot

DOMAIN = "example.test"
PEOPLE = (("alice", "Alice Example", False), ("bob", "Bob Example", False),
          ("admin", "Administrator", True))  # fmt: skip
BY = "setup"


def ensure(file: Path) -> dict[str, str]:
    """Make what is missing; returns address → password of the accounts made just now.

    The passwords are also appended to `file`, readable by its owner alone.
    """
    if not Domain.objects.filter(name=DOMAIN).exists():
        administration.add_domain(DOMAIN, by=BY)
    if not snapshot().general.postmaster:
        store.save("general", {"postmaster": f"admin@{DOMAIN}"}, by=BY)
    made = {}
    for local, name, superuser in PEOPLE:
        address = f"{local}@{DOMAIN}"
        if Account.objects.filter(address=address).exists():
            continue
        password = secrets.token_urlsafe(9)
        administration.add_account(address, password, by=BY, display_name=name, superuser=superuser)
        made[address] = password
    if made:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as out:
            out.writelines(f"{address} {password}\n" for address, password in made.items())
    return made
