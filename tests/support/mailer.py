"""A sender that never gives up: like another mail server, it repeats what was not taken."""

import imaplib
import smtplib
import threading
import time

from tests.support.stack import Stack

NEEDLE = b"Subject: numbered "


class Mailer:
    """Sends numbered messages in the background, each until it hears 250.

    `accepted` maps a number to how often 250 was heard or may have been said: a connection
    that broke after the final dot leaves that open, as RFC 1047 describes.
    """

    def __init__(self, stack: Stack, recipient: str, sessions: int = 3) -> None:
        self.stack = stack
        self.recipient = recipient
        self.accepted: dict[int, int] = {}
        self.unsure: dict[int, int] = {}
        self.refusals: set[int] = set()
        self._next = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(sessions)]

    def __enter__(self) -> "Mailer":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, more: int) -> None:
        """Until so many more have been accepted."""
        wanted = len(self.accepted) + more
        self.stack.until(lambda: len(self.accepted) >= wanted, "mail is no longer accepted", 90)

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                number, self._next = self._next, self._next + 1
            while not self._send(number) and not self._stop.is_set():
                time.sleep(0.05)

    def _send(self, number: int) -> bool:
        text = NEEDLE + b"%d.\r\n\r\n" % number + b"x" * 2000 + b"\r\n"
        finished = False
        try:
            with smtplib.SMTP("127.0.0.1", self.stack.ports["smtp"], timeout=20) as client:
                client.ehlo("remote.test")
                client.mail("ann@remote.test")
                code, _ = client.rcpt(self.recipient)
                if code == 250:
                    finished = True
                    code, _ = client.data(text)
                    finished = False
                if code != 250:
                    self.refusals.add(code)
                    return False
        except (OSError, smtplib.SMTPException):
            if finished:
                self.unsure[number] = self.unsure.get(number, 0) + 1
                return False
            if number not in self.accepted:
                return False
        self.accepted[number] = self.accepted.get(number, 0) + 1
        return True


def check(mailer: Mailer, crashes: int) -> None:
    """Everything accepted is in the mailbox; a crash doubles a message at most once."""
    counts: dict[int, int] = {}

    def complete() -> bool:
        counts.clear()
        try:
            inbox = mailer.stack.inbox(mailer.recipient)
        except imaplib.IMAP4.error:  # a store in trouble says so, and a client comes again
            return False
        for message in inbox:
            at = message.find(NEEDLE)
            if at >= 0:
                number = int(message[at + len(NEEDLE) :].split(b".", 1)[0])
                counts[number] = counts.get(number, 0) + 1
        return set(mailer.accepted) <= set(counts)

    try:
        mailer.stack.until(complete, "", 60)
    except AssertionError as error:
        missing = sorted(set(mailer.accepted) - set(counts))
        raise AssertionError(f"accepted and lost: {missing} {error}") from None
    for number, count in counts.items():
        most = mailer.accepted.get(number, 0) + mailer.unsure.get(number, 0) + crashes
        assert count <= most, f"message {number} came {count} times"
