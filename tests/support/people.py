"""Accounts for web tests."""

from mailcore.accounts import administration
from mailcore.accounts.models import Account, Domain

PASSWORD = "correct horse battery"


def person(address: str = "ada@example.com", *, superuser: bool = False, name: str = "") -> Account:
    """An account with PASSWORD; its domain is made when it is missing."""
    domain = address.partition("@")[2]
    if not Domain.objects.filter(name=domain).exists():
        administration.add_domain(domain, by="test")
    return administration.add_account(
        address, PASSWORD, by="test", display_name=name, superuser=superuser
    )
