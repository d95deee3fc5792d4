"""The loads: each does its work through the wire and returns how many items that were."""

import imaplib
import poplib
import smtplib
import threading
import urllib.request
from collections.abc import Callable

from tests.support.stack import Stack

MESSAGE = (
    b"From: ann@remote.test\r\nTo: alice@example.test\r\nSubject: load\r\n"
    b"Message-ID: <%d.%d@remote.test>\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n\r\n"
    + b"All work and no play makes for a dull message body, sixty-eight.\r\n"
    * 58
)
MESSAGES = 2000
SESSIONS = 10


def _in_threads(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _exists(stack: Stack, address: str) -> int:
    with stack.imap(address) as client:
        return int(client.select("INBOX", readonly=True)[1][0])


def accept_and_deliver(stack: Stack, address: str) -> int:
    """Ten connections, 4 KB each, until the last message is in the mailbox."""
    wanted = _exists(stack, address) + MESSAGES

    def session(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", stack.ports["smtp"], timeout=60) as client:
            for count in range(MESSAGES // SESSIONS):
                client.sendmail("ann@remote.test", [address], MESSAGE % (number, count))

    _in_threads(SESSIONS, session)
    stack.until(lambda: _exists(stack, address) >= wanted, "mail is missing", seconds=300)
    return MESSAGES


def logins(stack: Stack, address: str) -> int:
    """LOGIN, SELECT, LOGOUT."""

    def session(number: int) -> None:
        for _ in range(50):
            with stack.imap(address) as client:
                client.select("INBOX", readonly=True)

    _in_threads(SESSIONS, session)
    return SESSIONS * 50


def _fetch(stack: Stack, address: str, items: str) -> int:
    with stack.imap(address) as client:
        client.select("INBOX", readonly=True)
        return len(client.fetch("1:*", items)[1])


def envelopes(stack: Stack, address: str) -> int:
    return _fetch(stack, address, "(UID FLAGS ENVELOPE)")


def flags(stack: Stack, address: str) -> int:
    return _fetch(stack, address, "(UID FLAGS)")


def bodies(stack: Stack, address: str) -> int:
    with stack.imap(address) as client:
        client.select("INBOX", readonly=True)
        return len(client.fetch("1:500", "(BODY.PEEK[])")[1]) // 2


def searches(stack: Stack, address: str) -> int:
    with stack.imap(address) as client:
        client.select("INBOX", readonly=True)
        for _ in range(20):
            client.search(None, "SUBJECT", '"nothing like it"')
    return 20


def appends(stack: Stack, address: str) -> int:
    with stack.imap(address) as client:
        client.create("INBOX.Load")
        for number in range(300):
            client.append("INBOX.Load", None, imaplib.Time2Internaldate(0), MESSAGE % (0, number))
    return 300


def pop_retrievals(stack: Stack, address: str) -> int:
    client = poplib.POP3("127.0.0.1", stack.ports["pop3"], timeout=60)
    client.user(address)
    client.pass_(stack.passwords[address])
    for number in range(1, 501):
        client.retr(number)
    client.quit()
    return 500


def sign_in_pages(stack: Stack, address: str) -> int:
    for _ in range(200):
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.ports['http']}/login") as page:
            page.read()
    return 200


LOADS: list[tuple[str, str, Callable[[Stack, str], int]]] = [
    ("accept and deliver, 10 sessions", "msg", accept_and_deliver),
    ("IMAP login and select", "login", logins),
    ("FETCH 1:* FLAGS", "msg", flags),
    ("FETCH 1:* ENVELOPE", "msg", envelopes),
    ("FETCH 1:500 BODY.PEEK[]", "msg", bodies),
    ("SEARCH SUBJECT", "search", searches),
    ("APPEND 4 KB", "msg", appends),
    ("POP3 RETR", "msg", pop_retrievals),
    ("web, sign-in page", "page", sign_in_pages),
]
