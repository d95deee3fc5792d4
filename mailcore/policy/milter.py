"""Milters: other people's filters, asked step by step while a message comes in.

Connection, greeting and sender are told at MAIL, each recipient at RCPT, the message when it is
there: so a milter refuses a recipient on the line, in its own words.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from mailcore import log, status
from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Path
from mailcore.errors import ConfigError, GrammarError, TemporaryFailure
from mailcore.policy.contract import NO_OBJECTION, Peer, Received, Verdict
from mailcore.policy.milter_talk import Address, Conversation, Ended
from mailcore.protocol.reply import Reply

BROKEN = Reply(451, status.OTHER_SYSTEM, "Mail filters temporarily unavailable.")

_log = log.get("policy")


def wanted(settings: Snapshot, peer: Peer) -> bool:
    return bool(settings.filters.milters)


def check(received: Received) -> Verdict:
    """The end of the conversations that began at MAIL.

    Raises TemporaryFailure when a milter fails and mail may not pass it then.
    """
    return received.milters.finish(received) if received.milters else NO_OBJECTION


@dataclass(slots=True)
class _Asked:
    """One milter; `talk` ends when it has decided or failed, `verdict` is its decision so far."""

    line: str
    address: Address
    may_fail: bool
    talk: Conversation | None = None
    verdict: Verdict = NO_OBJECTION

    def close(self) -> None:
        if self.talk is not None:
            self.talk.close()
            self.talk = None


class Milters:
    """All milters' conversations about one message; lives as long as its transaction.

    Every method but `close` blocks, and raises TemporaryFailure when a milter fails and mail may
    not pass it then.
    """

    def __init__(self, settings: Snapshot) -> None:
        self._settings = settings
        self._asked = [_Asked(line, *parse(line)) for line in settings.filters.milters]

    def begin(self, peer: Peer, sender: Path, session: str) -> Reply | None:
        """Tell the connection, the greeting and the sender; why it is refused, or None."""
        seconds = float(self._settings.filters.milter_timeout)
        for asked in self._asked:
            with self._asking(asked):
                asked.talk = Conversation(asked.address, seconds)
                asked.talk.begin(peer, self._settings.me)
                asked.talk.sender(sender, session, peer.identity)
            if asked.verdict.refusal is not None:
                return asked.verdict.refusal
        return None

    def recipient(self, path: Path) -> Reply | None:
        """Tell a recipient; why it is refused, or None."""
        for asked in self._asked:
            refusal = None
            if asked.talk is not None:
                with self._asking(asked):
                    refusal = asked.talk.recipient(path)
            if refusal is not None:
                return refusal
        return None

    def finish(self, received: Received) -> Verdict:
        """Tell the message; each milter sees the changes of those before it."""
        total = Verdict()
        for asked in self._asked:
            if asked.talk is not None:
                with self._asking(asked):
                    asked.verdict = asked.talk.content(received)
            total = total.and_then(asked.verdict)
            received = received.after(asked.verdict)
            if total.is_final:
                break
        return total

    def close(self) -> None:
        """Hang up on all; does not wait."""
        for asked in self._asked:
            asked.close()

    @contextlib.contextmanager
    def _asking(self, asked: _Asked) -> Iterator[None]:
        """A step with one milter, whose decision or failure ends its part."""
        try:
            yield
        except Ended as ended:
            asked.verdict = ended.verdict
        except (OSError, GrammarError) as error:
            _log.error("milter.failed", milter=asked.line, error=repr(error))
            if not (asked.may_fail or self._settings.filters.on_failure == "accept"):
                raise TemporaryFailure(status.OTHER_SYSTEM, BROKEN.text) from None
        else:
            return
        asked.close()


def parse(line: str) -> tuple[Address, bool]:
    """A line of filters.milters: where it is, and whether mail passes it when it fails.

    Raises ConfigError.
    """
    address, _, word = line.strip().partition(" ")
    kind, _, place = address.partition(":")
    if word.strip() in ("", "accept", "defer"):
        may_fail = word.strip() == "accept"
        if kind in ("unix", "local") and place.startswith("/"):
            return place, may_fail
        host, _, port = place.rpartition(":")
        if kind in ("inet", "inet6") and host and port.isdigit() and int(port) < 65_536:
            return (host.strip("[]"), int(port)), may_fail
    raise ConfigError(f"filters.milters: {line!r} is no milter's address")
