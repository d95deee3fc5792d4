"""`manage.py account add|list|show|set|password|remove`."""

from typing import Any

from django.core.management.base import CommandParser

from mailcore.accounts import administration
from mailcore.accounts.models import Account
from mailcore.conf.values import show_size, size
from mailcore.errors import ConfigError
from mailcore.management.verbs import BY, VerbCommand, read_password, required


class Command(VerbCommand):
    help = "The mailboxes and logins of this server."

    def verbs(self, add: Any) -> None:
        new: CommandParser = add("add", self.do_add, "make a mailbox; asks for its password")
        new.add_argument("address")
        self._password_options(new)
        self._options(new)
        listing = add("list", self.do_list, "every account")
        listing.add_argument("--domain", default="", help="only this domain's")
        add("show", self.do_show, "one account").add_argument("address")
        change = add("set", self.do_set, "change an account")
        change.add_argument("address")
        self._options(change)
        change.add_argument("--enable", dest="active", action="store_true", default=None)
        change.add_argument("--disable", dest="active", action="store_false")
        change.add_argument("--maildir", help="where its mail is already; nothing is moved")
        change.add_argument(
            "--option",
            action="append",
            metavar="NAME=VALUE",
            help=f"one of Courier's account options ({', '.join(administration.OPTIONS)}); none: =",
        )
        change.add_argument("--node", help="the machine that has its mail; '' is any")
        password = add("password", self.do_password, "give a new password")
        password.add_argument("address")
        self._password_options(password)
        remove = add("remove", self.do_remove, "remove an account; its mail stays on disk")
        remove.add_argument("address")

    def _password_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password's line from stdin"
        )
        parser.add_argument(
            "--hashed",
            action="store_true",
            help="what is read is an existing hash: {CRYPT}…, {SSHA}…, $2b$…, $6$…, $y$…",
        )

    def _options(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="display name")
        parser.add_argument("--quota", help="size such as 2G; 0 is no limit")
        parser.add_argument("--quota-messages", type=int, help="number of messages")
        parser.add_argument("--admin", dest="superuser", action="store_true", default=None,
                            help="may administer this server")  # fmt: skip
        parser.add_argument("--no-admin", dest="superuser", action="store_false")

    def do_add(self, *, address: str, password_stdin: bool, hashed: bool, name: str | None,
               quota: str | None, quota_messages: int | None, superuser: bool | None,
               **_: Any) -> object:  # fmt: skip
        account = administration.add_account(
            address,
            read_password(from_stdin=password_stdin),
            by=BY,
            hashed=hashed,
            display_name=name or "",
            quota_bytes=_size(quota) or 0,
            quota_messages=quota_messages or 0,
            superuser=bool(superuser),
        )
        return _value(account)

    def do_list(self, *, domain: str, **_: Any) -> object:
        rows = Account.objects.select_related("domain")
        if domain:
            rows = rows.filter(domain__name=domain.lower())
        return [_value(account) for account in rows]

    def do_show(self, *, address: str, **_: Any) -> object:
        return _value(
            required(Account.objects.filter(address=address.lower()), f"account {address}")
        )

    def do_set(self, *, address: str, name: str | None, quota: str | None,
               quota_messages: int | None, superuser: bool | None, active: bool | None,
               node: str | None, maildir: str | None = None,
               option: list[str] | None = None, **_: Any) -> object:  # fmt: skip
        administration.set_account(
            address,
            by=BY,
            display_name=name,
            quota_bytes=_size(quota),
            quota_messages=quota_messages,
            superuser=superuser,
            active=active,
            node=node,
            maildir=maildir,
            options=dict(_pair(one) for one in option or ()),
        )
        return self.do_show(address=address)

    def do_password(self, *, address: str, password_stdin: bool, hashed: bool, **_: Any) -> object:
        password = read_password(from_stdin=password_stdin)
        administration.set_password(address, password, by=BY, hashed=hashed)
        return {"changed": address}

    def do_remove(self, *, address: str, **_: Any) -> object:
        administration.remove_account(address, by=BY)
        return {"removed": address}


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    return name, value if equals else "1"


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return size(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a size such as 500M or 2G") from None


def _value(account: Account) -> dict[str, object]:
    return {
        "address": account.address,
        "name": account.display_name,
        "active": account.active,
        "admin": account.is_superuser,
        "quota": show_size(account.quota_bytes) if account.quota_bytes else "none",
        "quota_messages": account.quota_messages or "none",
        "maildir": account.maildir,
        "node": account.node or "any",
        "options": account.options,
    }
