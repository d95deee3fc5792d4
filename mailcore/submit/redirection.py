"""The envelope after filters: recipients dropped and added, another sender."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mailcore import log
from mailcore.envelope import Envelope, EnvelopeRecipient
from mailcore.policy.contract import Verdict
from mailcore.protocol.reply import Reply
from mailcore.routing import router
from mailcore.routing.router import Resolution

_log = log.get("submit")


def without(
    envelope: Envelope, resolutions: Sequence[Resolution], gone: Collection[int]
) -> tuple[Envelope, list[Resolution]]:
    """Envelope and resolutions of the recipients who do get the message."""
    kept = [index for index in range(len(envelope.recipients)) if index not in gone]
    recipients = tuple(envelope.recipients[index] for index in kept)
    return replace(envelope, recipients=recipients), [resolutions[index] for index in kept]


def renumbered(refused: Mapping[int, Reply], gone: Collection[int]) -> dict[int, Reply]:
    """The refusals of those who stay, by their new indices."""
    return {
        index - sum(each < index for each in gone): reply
        for index, reply in refused.items()
        if index not in gone
    }


def redirected(
    envelope: Envelope, resolutions: Sequence[Resolution], verdict: Verdict
) -> tuple[Envelope, list[Resolution]]:
    """Add recipients and change the sender.  May ask the directory; raises TemporaryFailure.

    A filter's recipient that doesn't exist is left out: there is nobody to tell.
    """
    recipients, routes = list(envelope.recipients), list(resolutions)
    for path in verdict.added:
        resolution = router.resolve(path)
        if resolution.refusal is not None:
            _log.warning("recipient.unknown", recipient=str(path), by="a filter")
            continue
        recipients.append(EnvelopeRecipient(path))
        routes.append(resolution)
    sender = envelope.reverse_path if verdict.sender is None else verdict.sender
    return replace(envelope, recipients=tuple(recipients), reverse_path=sender), routes
