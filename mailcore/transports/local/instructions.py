"""Carry out instructions, from the first to the last.  Courier dot-courier(5).

When one defers, all of them are repeated at the next attempt.
"""

from mailcore import status
from mailcore.errors import GrammarError, PermanentFailure, TemporaryFailure
from mailcore.maildir import folders
from mailcore.routing import dotcourier, homes
from mailcore.routing.dotcourier import Dynamic, Forward, Instruction, IntoFile, Program
from mailcore.transports.local import exits, files, forwards, mail_filter, programs
from mailcore.transports.local.errand import Errand

DEEPEST = 3  # instructions printed by instructions that were printed by instructions


def carry_out(errand: Errand) -> None:
    """Do what the errand's instructions say: nothing, when they are only comments.

    Without instructions, deliver by default.  Raises TemporaryFailure, PermanentFailure and
    OSError.
    """
    if errand.instructions:
        homes.make(errand.account)  # `./Maildir` is the account's mail in a home made by hand too
        _all(errand, _parsed(errand, errand.instructions), 0)
    elif not mail_filter.run(errand):
        files.into_folder(errand, folders.INBOX)
        errand.kept.append("INBOX")


def _parsed(errand: Errand, text: bytes) -> tuple[Instruction, ...]:
    try:
        return dotcourier.parse(text, errand.account.domain)
    except GrammarError as problem:
        told = f"Delivery instructions can't be understood: {problem}."
        raise TemporaryFailure(status.OTHER_SYSTEM, told) from None


def _all(errand: Errand, wanted: tuple[Instruction, ...], depth: int) -> bool:
    """False when one of them said that all is done."""
    return all(_one(errand, each, depth) for each in wanted)


def _one(errand: Errand, wanted: Instruction, depth: int) -> bool:
    if isinstance(wanted, IntoFile):
        files.deliver(errand, wanted.path)
        return True
    if isinstance(wanted, Forward):
        forwards.forward(errand, wanted.addresses)
        return True
    if isinstance(wanted, Program):
        ended = programs.run(errand, wanted.command)
        return exits.goes_on(ended.code, bytes(ended.output))
    return _dynamic(errand, wanted, depth)


def _dynamic(errand: Errand, wanted: Dynamic, depth: int) -> bool:
    """Run what prints instructions, and carry them out too."""
    if not errand.settings.dynamic:
        text = f"User <{errand.recipient.forward_path}> unknown"
        raise PermanentFailure(status.NO_SUCH_MAILBOX, text)
    if depth >= DEEPEST:
        text = "Delivery instructions call each other too deeply."
        raise PermanentFailure(status.ROUTING_LOOP, text)
    ended = programs.run(errand, wanted.command, dynamic=True)
    goes_on = exits.goes_on(ended.code, bytes(ended.output))
    if ended.overflowed:
        text = f"A program printed more than {programs.MOST_DYNAMIC} octets of instructions."
        raise TemporaryFailure(status.OTHER_SYSTEM, text)
    return _all(errand, _parsed(errand, bytes(ended.printed)), depth + 1) and goes_on
