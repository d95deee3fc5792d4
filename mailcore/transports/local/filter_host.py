"""The world outside for a filter that delivers: an account's mailboxes, files and programs."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from mailcore import log
from mailcore.envelope import Path as ForwardPath
from mailcore.errors import DeliveryError, GrammarError, MailError
from mailcore.filters import home_files
from mailcore.mailbox import flags
from mailcore.mailbox.render import with_crlf, with_lf
from mailcore.maildrop.host import (
    Database,
    FilterFailure,
    FilterStopped,
    Included,
    Ran,
    Variables,
)
from mailcore.transports.local import arrivals, environment, filter_log, forwards, programs
from mailcore.transports.local import files as mailboxes
from mailcore.transports.local.errand import Errand

_MOST_OUTPUT = 1_048_576  # octets of a command in backticks
_MOST_MESSAGE = 67_108_864  # octets that a program may make of a message
_MOST_ADDRESSES = 100
_POLL = 0.2  # seconds between looks at a lock that somebody holds
_WAIT = 30.0  # seconds for a lock
_STALE = 300.0  # seconds after which nobody holds a dot-lock any more
_LONGEST_VARIABLE = 100_000  # octets; the system takes no longer ones
_FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen"}

_log = log.get("local")


class DeliveryHost:
    """Lives for one run of a filter for one errand.  Making one raises OSError.

    `message` is what the filter is to see: with what is written on top of it, and LF.  `output`
    is what it has echoed.
    """

    def __init__(self, errand: Errand) -> None:
        self.output = b""
        self._top = with_lf(arrivals.written_on_top(errand.message, errand.recipient))
        self.message = self._top + errand.text()
        self._errand = errand
        self._log_file = b""
        self._environment = {
            name.encode(): value.encode("utf-8", "surrogateescape")
            for name, value in environment.of(errand).items()
        }

    # Clock and environment.

    def now(self) -> int:
        return int(time.time())

    def check(self) -> None:
        if time.time() > self._errand.until:
            raise FilterStopped("It took too long.")

    def original(self, name: bytes) -> bytes | None:
        return self._environment.get(name)

    # Files.

    def include(self, name: bytes) -> Included:
        return home_files.include(self._errand.home, name)

    def lookup_file(self, name: bytes) -> bytes:
        return home_files.lookup_file(self._errand.home, name)

    def open_database(self, name: bytes, mode: str) -> Database | None:
        return home_files.open_database(self._errand.home, name, mode)

    def lock(self, kind: str, name: bytes) -> AbstractContextManager[None]:
        return self._locked(home_files.writable(self._errand.home, name), kind == "dotlock")

    @contextlib.contextmanager
    def _locked(self, path: Path, dotlock: bool) -> Iterator[None]:
        """Hold a file locked; of a dot-lock the file itself is the sign, and goes afterwards."""
        wanted = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        if dotlock:
            wanted |= os.O_EXCL
        descriptor = self._await_lock(path, wanted)
        try:
            yield
        finally:
            if dotlock:
                with contextlib.suppress(OSError):
                    path.unlink()
            os.close(descriptor)

    def _await_lock(self, path: Path, wanted: int) -> int:
        until = time.monotonic() + _WAIT
        while time.monotonic() < until:
            try:
                descriptor = os.open(path, wanted, 0o600)
            except FileExistsError:
                _remove_stale(path)
            except OSError as problem:
                raise FilterFailure(f"A lock can't be had: {problem.strerror}.") from problem
            else:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                else:
                    return descriptor
            self.check()
            time.sleep(_POLL)
        raise FilterFailure("Somebody else holds the lock.")

    # What is said.

    def echo(self, text: bytes) -> None:
        self.output += text

    def open_log(self, name: bytes) -> None:
        filter_log.append(self._errand, name, b"")
        self._log_file = name

    def log(self, text: bytes) -> None:
        if self._log_file:
            filter_log.append(self._errand, self._log_file, text)

    def say(self, text: str) -> None:
        _log.info("filter.said", recipient=self._errand.recipient.forward_path, text=text)

    # Programs.

    def run(self, command: bytes, variables: Variables, message: bytes | None) -> Ran:
        with self._no_delivery():
            ended = self._program(command, variables, message or b"", most=_MOST_OUTPUT)
        return Ran(ended.code & 255, bytes(ended.printed))

    def transform(self, command: bytes, variables: Variables, message: bytes) -> bytes:
        with self._no_delivery():
            ended = self._program(command, variables, message, most=_MOST_MESSAGE)
        if ended.code:
            raise FilterFailure(f"xfilter: the program ended with exit code {ended.code}.")
        if ended.overflowed:
            raise FilterFailure(f"xfilter: more than {_MOST_MESSAGE} octets.")
        return bytes(ended.printed)

    def _program(
        self, command: bytes, variables: Variables, given: bytes, *, most: int = 0
    ) -> programs.Ended:
        """Run a command; `most` octets of its standard output are kept, apart from the rest."""
        try:
            return programs.run(
                self._errand,
                os.fsdecode(command),
                dynamic=bool(most),
                given=given,
                variables=_exported(variables, self._environment),
                most=most,
            )
        except (DeliveryError, OSError, ValueError) as problem:
            raise FilterFailure(str(problem)) from problem

    @contextlib.contextmanager
    def _no_delivery(self) -> Iterator[None]:
        """A program that is only asked something has not been given the mail."""
        ran = self._errand.ran
        try:
            yield
        finally:
            self._errand.ran = ran

    # Delivery.

    def deliver(self, target: bytes, message: bytes, variables: Variables) -> int | None:
        place = target.strip(b" \t")
        self._errand.flags = _flags(variables)
        code = None
        with self._carrying(message):
            if place.startswith(b"|"):
                ended = self._program(place[1:], variables, message)
                self.output += bytes(ended.output)
                code = ended.code & 255
            elif place.startswith(b"!"):
                self._forward(place[1:])
            else:
                self._put(place)
        if self._log_file:
            self._record(message, place)
        return code

    @contextlib.contextmanager
    def _carrying(self, message: bytes) -> Iterator[None]:
        """Deliver `message` for a while instead of what came, if it is another one.

        What is written on top at delivery anyway is taken off first.
        """
        errand = self._errand
        was, row = errand.message, errand.row
        if message != self.message:
            errand.replace_content(with_crlf(message.removeprefix(self._top)))
        try:
            yield
        finally:
            errand.message, errand.row = was, row

    def _record(self, message: bytes, place: bytes) -> None:
        """Write a delivery down; that it can't be is no reason to repeat it."""
        record = filter_log.record(self.now(), message, place)
        try:
            filter_log.append(self._errand, self._log_file, record)
        except FilterFailure as problem:
            self.say(str(problem))

    def _put(self, place: bytes) -> None:
        try:
            mailboxes.deliver(self._errand, os.fsdecode(place) or "./Maildir")
        except (MailError, ValueError) as problem:
            raise FilterFailure(str(problem)) from problem

    def _forward(self, addresses: bytes) -> None:
        words = addresses.decode("utf-8", "replace").split()
        if not words or len(words) > _MOST_ADDRESSES:
            raise FilterFailure(f"! takes one to {_MOST_ADDRESSES} addresses.")
        try:
            paths = tuple(self._path(word) for word in words)
            forwards.forward(self._errand, paths)
        except (MailError, OSError) as problem:
            raise FilterFailure(f"Can't be sent on: {problem}") from problem

    def _path(self, word: str) -> ForwardPath:
        found = ForwardPath.of(word if "@" in word else f"{word}@{self._errand.account.domain}")
        if not found.domain:
            raise GrammarError(f"{word[:100]} is no address")
        return found


def _remove_stale(path: Path) -> None:
    """Take away a dot-lock whose holder must be gone."""
    with contextlib.suppress(OSError):
        if path.stat().st_mtime < time.time() - _STALE:
            path.unlink()


def _flags(variables: Variables) -> frozenset[str]:
    """FLAGS and KEYWORDS as what the mail store calls them."""
    letters = variables.get(b"FLAGS", b"").decode("ascii", "replace")
    words = variables.get(b"KEYWORDS", b"").decode("utf-8", "replace").replace(",", " ").split()
    return frozenset(_FLAGS[letter] for letter in letters if letter in _FLAGS) | (
        flags.only_keywords(words)
    )


def _exported(variables: Variables, environment: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """What a program is told: all variables, and of the environment what they don't name."""
    found = {**environment, **variables}
    return {
        name: value
        for name, value in found.items()
        if name
        and b"=" not in name
        and b"\0" not in name + value
        and len(value) < _LONGEST_VARIABLE
    }
