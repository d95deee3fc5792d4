"""A connection to another IMAP server that may be broken or hostile.

imaplib speaks the protocol; what it would read without bounds is bounded here: lines, literals,
and all that one command is answered.
"""

import contextlib
import imaplib
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mailcore.errors import GrammarError, MailError
from mailcore.migration.mail.letters import FolderRefused
from mailcore.protocol.imap import answers
from mailcore.protocol.imap.answers import Fetched, Listed

T = TypeVar("T")
TIMEOUT = 60.0  # seconds of silence
_DEADLINE = 1800.0  # seconds for one command, however busily it drips
_ANSWER = 32 << 20  # octets one command may be answered, beyond the messages asked for


class RemoteError(MailError):
    """The other server refused, broke off or made no sense."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where to go and who to be; `security` is tls, starttls or plain, `ca` a PEM file or None."""

    host: str
    port: int
    user: str
    password: str
    security: str = "tls"
    ca: Path | None = None


class _Bounded:
    """What both of imaplib's connections get: reads that end."""

    left = _ANSWER
    until = float("inf")

    def read(self, size: int) -> bytes:
        """A literal."""
        self._spend(size)
        return super().read(size)  # type: ignore[misc,no-any-return]  # imaplib's

    def readline(self) -> bytes:
        line: bytes = super().readline()  # type: ignore[misc]  # imaplib's
        self._spend(len(line))
        return line

    def _spend(self, octets: int) -> None:
        self.left -= octets
        if self.left < 0:
            raise imaplib.IMAP4.abort("the server says too much")
        if time.monotonic() > self.until:
            raise imaplib.IMAP4.abort("the server is too slow")


class _Plain(_Bounded, imaplib.IMAP4):
    pass


class _Tls(_Bounded, imaplib.IMAP4_SSL):
    pass


class Remote:
    """A session, logged in.  Every method raises RemoteError."""

    def __init__(self, login: Login) -> None:
        with _told(login.host):
            context = ssl.create_default_context(cafile=login.ca)
            self._connection: _Plain | _Tls
            if login.security == "tls":
                self._connection = _Tls(
                    login.host, login.port, ssl_context=context, timeout=TIMEOUT
                )
            else:
                self._connection = _Plain(login.host, login.port, timeout=TIMEOUT)
                if login.security == "starttls":
                    self._connection.starttls(context)
            try:
                self._log_in(login)
            except BaseException:
                self._connection.shutdown()
                raise

    def _log_in(self, login: Login) -> None:
        connection = self._connection
        if "AUTH=PLAIN" in connection.capabilities:
            words = f"\0{login.user}\0{login.password}".encode()
            connection.authenticate("PLAIN", lambda _: words)
        else:
            connection.login(login.user, login.password)
        words = b" ".join(part for part in _ok(connection.capability()) if part)
        self.capabilities = frozenset(words.upper().split())

    def close(self) -> None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            self._connection.logout()

    def _ask(self, do: Callable[[], T], *, more: int = 0) -> T:
        """One command; its answer may have `more` octets than an ordinary one."""
        self._connection.left = _ANSWER + more
        self._connection.until = time.monotonic() + _DEADLINE
        with _told(""):
            return do()

    def listing(self) -> list[Listed]:
        """Every mailbox; those with names that make no sense are left out."""
        data = self._ask(lambda: _ok(self._connection.list()))
        return list(_mailboxes(data))

    def subscriptions(self) -> set[str]:
        """The subscribed names, as the server writes them."""
        return {one.name for one in _mailboxes(self._ask(lambda: _ok(self._connection.lsub())))}

    def namespace(self) -> tuple[str, str]:
        """The prefix of personal folders, and the delimiter."""
        if b"NAMESPACE" in self.capabilities:
            data = self._ask(lambda: _ok(self._connection.namespace()))
            found = re.match(rb'\(\("([^"\\]{0,200})" "([^"\\])"', data[0] or b"")
            if found is not None:
                return found[1].decode("latin-1"), found[2].decode("latin-1")
        inbox = [one for one in self.listing() if one.name.upper() == "INBOX"]
        return "", inbox[0].delimiter if inbox else ""

    def select(self, raw: bytes, *, writing: bool = False) -> tuple[int, int]:
        """Open a mailbox by its name on the wire; messages in it and its UIDVALIDITY.

        Raises FolderRefused when the server will not.
        """
        name = _quoted(raw)
        kind, data = self._ask(lambda: self._connection.select(name, readonly=not writing))
        if kind != "OK":
            raise FolderRefused(_printable((data[0] or b"").decode("utf-8", "replace")))
        _, validity = self._connection.response("UIDVALIDITY")
        try:
            return int(data[0] or b"0"), int((validity or [b"0"])[0] or b"0")
        except ValueError:
            raise RemoteError("the server’s answer to SELECT makes no sense") from None

    def takes_keywords(self) -> bool:
        """Whether the open mailbox takes keywords that it has not had before."""
        _, found = self._connection.response("PERMANENTFLAGS")
        return rb"\*" in ((found or [b""])[0] or b"")

    def uids(self) -> list[int]:
        """All UIDs of the open mailbox, ascending."""
        data = self._ask(lambda: _ok(self._connection.uid("SEARCH", "ALL")))
        words = b" ".join(part for part in data if part).split()
        return sorted({int(word) for word in words if word.isdigit() and len(word) <= 10})

    def fetch(self, uids: list[int], items: str, *, more: int = 0) -> Iterator[Fetched]:
        """What FETCH answers for these messages; answers about others are passed over."""
        asked = set(uids)
        numbers = ",".join(map(str, uids))
        data = self._ask(lambda: _ok(self._connection.uid("FETCH", numbers, items)), more=more)
        for text in _joined(data):
            try:
                found = answers.fetched(text)
            except GrammarError:
                continue
            if found.uid in asked:
                yield found

    def create(self, raw: bytes) -> None:
        """Make and subscribe a mailbox that may be there already."""
        name = _quoted(raw)
        self._ask(lambda: self._connection.create(name))  # NO: it is there, or SELECT will tell
        self._ask(lambda: self._connection.subscribe(name))

    def append(self, raw: bytes, flags: list[str], date: str, data: bytes) -> None:
        """Add a message; `date` as INTERNALDATE is written."""
        self._ask(
            lambda: _ok(self._connection.append(_quoted(raw), f"({' '.join(flags)})", date, data))
        )


def _ok(answer: tuple[str, Any]) -> list[Any]:
    kind, data = answer
    if kind != "OK":
        told = data[0] if data and isinstance(data[0], bytes) else b""
        raise imaplib.IMAP4.error(told.decode("utf-8", "replace")[:200])
    found: list[Any] = data  # bytes, and pairs of bytes where literals were
    return found


def _quoted(raw: bytes) -> str:
    """A mailbox name for imaplib, which sends text as it is."""
    return '"' + raw.decode("latin-1").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _joined(data: list[Any]) -> Iterator[bytes]:
    """imaplib's pairs (text before a literal, literal) and texts, as they were on the wire."""
    text = b""
    for part in data:
        if isinstance(part, tuple):
            text += part[0] + b"\r\n" + part[1]
        elif part:
            yield text + part
            text = b""


def _mailboxes(data: list[Any]) -> Iterator[Listed]:
    for line in _joined(data):
        with contextlib.suppress(GrammarError):
            yield answers.listed(line)


@contextlib.contextmanager
def _told(host: str) -> Iterator[None]:
    """imaplib's and the network's errors in our words."""
    try:
        yield
    except (OSError, imaplib.IMAP4.error, UnicodeError, ValueError, EOFError) as error:
        where = f"{host}: " if host else ""
        raise RemoteError(f"{where}{_printable(str(error)) or type(error).__name__}") from None


def _printable(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:300])
