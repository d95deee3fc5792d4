"""Strangers' mail that an alias sends on gets a reverse-path of ours, if `mailauth.srs` is on."""

from mailcore.accounts import directory
from mailcore.conf.current import snapshot
from mailcore.envelope import Source
from mailcore.mailauth import forwarding
from mailcore.queue.claimed import ClaimedMessage, ClaimedRecipient
from mailcore.routing.router import is_local
from mailcore.transports.esmtp.groups import Group

_STRANGERS = (Source.SMTP, Source.LMTP)


def rewritten(message: ClaimedMessage, group: Group) -> list[Group]:
    """The group, or two of it: those who asked for the mail to come here get it in our name."""
    if not snapshot().mailauth.srs or message.source not in _STRANGERS or group.verp:
        return [group]
    domain = group.reverse_path.rpartition("@")[2].lower()
    if not domain or is_local(domain, directory.hosted_domains()):
        return [group]
    onward = tuple(each for each in group.recipients if is_forwarded(each))
    if not onward:
        return [group]
    others = tuple(each for each in group.recipients if each not in onward)
    groups = [Group(forwarding.reverse_path(group.reverse_path), onward)]
    return [*groups, Group(group.reverse_path, others)] if others else groups


def is_forwarded(recipient: ClaimedRecipient) -> bool:
    """Whether an alias led there: it leaves its own address as ORCPT; a list of several, NEVER."""
    kind, _, was = recipient.orcpt.partition(";")
    if kind.lower() == "rfc822" and was:
        return was.lower() != recipient.forward_path.lower()
    return recipient.notify == "NEVER"
