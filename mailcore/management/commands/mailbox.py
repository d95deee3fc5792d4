"""`manage.py mailbox import|export ADDRESS KIND PLACE`: an account's mail, in and out."""

import contextlib
import ipaddress
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.accounts.retention import expunged_since
from mailcore.bus.publish import announce_mailbox
from mailcore.conf.current import snapshot
from mailcore.errors import ConfigError, MailError
from mailcore.mailbox.store import INBOX, MailStore
from mailcore.maildir import vault
from mailcore.maildir.folders import is_maildir
from mailcore.management.progress import Progress
from mailcore.management.verbs import VerbCommand, ask_password
from mailcore.migration.mail.carry import Tally, carry
from mailcore.migration.mail.imap import ImapSource, ImapTarget
from mailcore.migration.mail.letters import Source, Target
from mailcore.migration.mail.maildirs import MaildirSource, MaildirTarget
from mailcore.migration.mail.mbox import MboxSource, MboxTarget
from mailcore.migration.mail.own import OwnSource, OwnTarget
from mailcore.migration.mail.remote import Login, Remote

_KINDS = ("mbox", "maildir", "imap")
_SECURITY = ("tls", "starttls", "plain")
_PORTS = {"tls": 993, "starttls": 143, "plain": 143}


class Command(VerbCommand):
    help = "Bring an account's mail from elsewhere, or take it there.  Run again, it goes on."

    def verbs(self, add: Any) -> None:
        into = add("import", self.do_import, "bring mail into an account; nothing changes there")
        _options(into)
        into.add_argument("--folder", default=INBOX, help="where one mbox file goes")
        _options(add("export", self.do_export, "copy an account's mail elsewhere"))
        settle = add(
            "settle",
            self.do_settle,
            "bring file names and lists of UIDs up to date, before another server takes over",
        )
        settle.add_argument("address", nargs="?", help="the account; all without")
        settle.add_argument("--dovecot", action="store_true", help="for a Dovecot that is new here")

    def do_import(
        self, *, address: str, kind: str, place: str, folder: str, folders: list[str], **how: Any
    ) -> object:
        account = _account(address)
        with _in_words(), contextlib.ExitStack() as stack:
            source: Source
            if kind == "imap":
                login = _login(place, **how)
                remote = stack.enter_context(contextlib.closing(Remote(login)))
                source = ImapSource(remote, f"{login.user} {login.host}")
            elif kind == "maildir":
                source = MaildirSource(Path(place))
            else:
                source = stack.enter_context(contextlib.closing(MboxSource(Path(place), folder)))
            target = stack.enter_context(
                contextlib.closing(OwnTarget(account.maildir, announce_mailbox))
            )
            return self._carry(source, target, folders)

    def do_export(
        self, *, address: str, kind: str, place: str, folders: list[str], **how: Any
    ) -> object:
        account = _account(address)
        with _in_words(), contextlib.ExitStack() as stack:
            store = stack.enter_context(MailStore(account.maildir))
            target: Target
            if kind == "imap":
                remote = Remote(_login(place, **how))
                target = ImapTarget(stack.enter_context(contextlib.closing(remote)))
            elif kind == "maildir":
                target = MaildirTarget(Path(place))
            else:
                target = MboxTarget(Path(place))
            return self._carry(OwnSource(store), target, folders)

    def do_settle(self, *, address: str | None, dovecot: bool, **_: Any) -> object:
        maildirs = [_account(address).maildir] if address else directory.maildirs()
        there = [maildir for maildir in maildirs if is_maildir(maildir)]
        with _in_words():
            for maildir in there:
                with MailStore(maildir, announce=announce_mailbox) as store:
                    store.settle(dovecot=dovecot)
                vault.expire(maildir, expunged_since(time.time()))
        return {"settled": len(there)}

    def _carry(self, source: Source, target: Target, folders: list[str]) -> object:
        with Progress(sys.stderr) as progress:
            tally = carry(
                source, target,
                largest=snapshot().imap.append_limit, only=folders, report=progress.show,
            )  # fmt: skip
        return _told(tally)


def _options(parser: Any) -> None:
    parser.add_argument("address", help="the account here")
    parser.add_argument("kind", choices=_KINDS)
    parser.add_argument("place", help="file, directory, or HOST[:PORT]")
    parser.add_argument(
        "--only",
        dest="folders",
        action="append",
        default=[],
        metavar="FOLDER",
        help="a folder as it is called here (INBOX.Sent); may be repeated",
    )
    parser.add_argument("--user", default="", help="imap: whom to log in as")
    parser.add_argument("--security", choices=_SECURITY, default="tls",
                        help="imap: plain is for this machine only")  # fmt: skip
    parser.add_argument("--ca", type=Path, help="imap: certificates to trust (PEM)")
    parser.add_argument("--password-file", type=Path, help="imap: a file with the password")
    parser.add_argument("--password-stdin", action="store_true", help="imap: read it from stdin")


def _login(
    place: str,
    *,
    user: str,
    security: str,
    ca: Path | None,
    password_file: Path | None,
    password_stdin: bool,
    **_: Any,
) -> Login:
    host, _colon, port = place.rpartition(":") if place.count(":") == 1 else (place, "", "")
    if not user:
        raise ConfigError("say whom to log in as: --user")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ConfigError(f"{port!r} is no port")
    if security == "plain" and not _is_this_machine(host):
        raise ConfigError(
            "without TLS anybody on the way reads password and mail: not --security plain"
        )
    if password_file is not None:
        try:
            password = password_file.read_text().rstrip("\r\n")
        except OSError as error:
            raise ConfigError(str(error)) from None
    else:
        password = ask_password(f"Password of {user} at {host}: ", from_stdin=password_stdin)
    return Login(host, int(port or _PORTS[security]), user, password, security, ca)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _account(address: str) -> AccountValue:
    found = directory.account(address)
    if found is None:
        raise ConfigError(f"there is no account {address}")
    return found


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except ConfigError:
        raise
    except (MailError, OSError) as error:
        raise ConfigError(f"{error}; what came until then is kept: run it again to go on") from None


def _told(tally: Tally) -> dict[str, object]:
    return {
        "brought": tally.brought,
        "there already": tally.known,
        "octets": tally.octets,
        "left": tally.skipped,
    }
