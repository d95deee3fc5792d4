"""Courier's global filters as a check: which mail they see, and what becomes of their answers.

A filter that is there and does not answer puts mail off with 432; no setting lets mail pass it,
as with the classic's courierfilter.
"""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import BinaryIO

from mailcore import log, status
from mailcore.conf.deployment import deployment
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Envelope, Path
from mailcore.errors import GrammarError, PermanentFailure, TemporaryFailure
from mailcore.filters import control, sockets
from mailcore.filters.control import Facts, Goal
from mailcore.filters.sockets import Answer
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.protocol.reply import Reply
from mailcore.protocol.reply import parse as parse_reply
from mailcore.queue import ids
from mailcore.queue.content import Content
from mailcore.routing import router

UNAVAILABLE = Reply(432, status.OTHER_SYSTEM, "Mail filters temporarily unavailable.")
_CHUNK = 1 << 20
_FORSAKEN = 86_400  # seconds

_log = log.get("policy")


def all_wanted(settings: Snapshot, peer: Peer) -> bool:
    """Whether there is a filter for everybody's mail; a look at a small directory."""
    return _wanted(settings, sockets.ALL)


def screened_wanted(settings: Snapshot, peer: Peer) -> bool:
    """Whether there is one for mail whose recipients asked for filters."""
    return _wanted(settings, sockets.SCREENED)


def check_all(received: Received) -> Verdict:
    """Ask the filters of `allfilters/` about a message that came over the network."""
    return _check(received, sockets.ALL)


def check_screened(received: Received) -> Verdict:
    """Ask those of `filters/`."""
    return _check(received, sockets.SCREENED)


def check_local(envelope: Envelope, content: Content, settings: Snapshot, number: int) -> None:
    """The same for a message of a program or the webmail on this machine.

    `number` is the queue id it will have.  Raises DeliveryError with the filter's words.
    """
    if "local" not in settings.filters.sources or not _filters(sockets.ALL):
        return
    goals = _goals([each.path for each in envelope.recipients])
    refusal = _judge(envelope, goals, content, settings, sockets.ALL, number=number)
    if refusal is not None:
        failure = TemporaryFailure if refusal.is_temporary else PermanentFailure
        raise failure(refusal.status or status.OTHER_SECURITY, refusal.text)


def prune(now: float) -> None:
    """Remove what filters were shown by processes that died meanwhile."""
    for folder in _shown().glob("*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < now - _FORSAKEN:
                shutil.rmtree(folder)


def _wanted(settings: Snapshot, directory: str) -> bool:
    return "esmtp" in settings.filters.sources and bool(_filters(directory))


def _filters(directory: str) -> list[FilePath]:
    home = deployment().home
    try:
        return sockets.listening(home, directory)
    except OSError as error:  # ours, and unreadable: then nobody can be asked
        _log.error("filters.unreadable", directory=directory, error=repr(error))
        return [home / directory / "unreadable"]


def _check(received: Received, directory: str) -> Verdict:
    peer = received.peer
    gone = {*received.so_far.dropped, *received.so_far.refused}
    host = f"{peer.host} " if peer.host else ""
    refusal = _judge(
        received.asked,
        [goal for goal in _goals(received.recipients) if goal.index not in gone],
        received.content,
        received.settings,
        directory,
        number=received.number,
        received_from=f"{peer.helo} ({host}[{peer.address}])",
        variables={"TCPREMOTEIP": peer.address, **({"RELAYCLIENT": ""} if peer.trusted else {})},
        fields=received.so_far.fields,
    )
    return Verdict(refusal=refusal) if refusal else NO_OBJECTION


def _goals(paths: Sequence[Path]) -> list[Goal]:
    """Where a message goes in the end, aliases expanded, as the classic's control files tell."""
    return [
        Goal(str(end.path), index)
        for index, path in enumerate(paths)
        for end in router.resolve(path).destinations
    ]


def _judge(
    envelope: Envelope,
    goals: Sequence[Goal],
    content: Content,
    settings: Snapshot,
    directory: str,
    *,
    number: int,
    received_from: str = "",
    variables: Mapping[str, str] | None = None,
    fields: bytes = b"",
) -> Reply | None:
    queue, now = settings.queue, time.time()
    facts = Facts(
        id=ids.text(number),
        received_from=received_from,
        eight_bit=not content.is_ascii,
        variables=variables or {},
        arrived=now,
        expires=now + queue.expire_after,
        warns=now + queue.warn_after if queue.warn_after else 0.0,
    )
    try:
        with _written(fields, content, control.files(envelope, goals, facts), facts.id) as files:
            answer = sockets.ask_all(_filters(directory), files, settings.filters.socket_timeout)
    except (OSError, GrammarError) as error:
        _log.error("filter.failed", id=facts.id, error=repr(error))
        return UNAVAILABLE
    return _reply(answer) if answer else None


def _shown() -> FilePath:
    return deployment().run / "filtering"


@contextlib.contextmanager
def _written(
    fields: bytes, content: Content, controls: Sequence[bytes], name: str
) -> Iterator[list[FilePath]]:
    """The message and its control files on disk, for as long as filters look at them.

    Line ends are LF, as in the classic's queue.  Raises OSError.
    """
    _shown().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_shown()) as folder:
        files = [FilePath(folder) / f"D{name}"]
        with files[0].open("wb") as data, content.open() as octets:
            data.write(fields.replace(b"\r\n", b"\n"))
            for line in _lines(octets):
                data.write(line)
        for number, text in enumerate(controls):
            files.append(FilePath(folder) / (f"C{name}.{number}" if number else f"C{name}"))
            files[-1].write_bytes(text)
        yield files


def _lines(octets: BinaryIO) -> Iterator[bytes]:
    """The content with LF line ends, in chunks; no CR stands elsewhere in what we take."""
    while chunk := octets.read(_CHUNK):
        yield chunk.replace(b"\r", b"")


def _reply(answer: Answer) -> Reply:
    """A filter's refusal in its own words, with its enhanced code or ours."""
    lines = (b"%d-%b" % (answer.code, line.encode()) for line in answer.text.split("\n"))
    found = parse_reply(lines)
    kind = status.RELAY_DENIED if found.code >= 500 else status.RELAY_DENIED.as_temporary()
    return Reply(found.code, found.status or kind, found.text)
