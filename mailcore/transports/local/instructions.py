"""Carry out instructions, from the first to the last.  Courier dot-courier(5).

When one defers, all of them are repeated at the next attempt.
"""

from collections.abc import Sequence

from mailcore import status
from mailcore.errors import GrammarError, PermanentFailure, TemporaryFailure
from mailcore.maildir import folders
from mailcore.routing import dotcourier, homes
from mailcore.routing.dotcourier import Forward, Instruction, IntoFile, Program
from mailcore.transports.local import (
    built_in,
    environment,
    exits,
    files,
    forward_file,
    forwards,
    mail_filter,
    programs,
)
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
    else:
        _by_default(errand)


def _parsed(errand: Errand, text: bytes) -> tuple[Instruction, ...]:
    try:
        return dotcourier.parse(text, errand.account.domain)
    except GrammarError as problem:
        told = f"Delivery instructions can't be understood: {problem}."
        raise TemporaryFailure(status.OTHER_SYSTEM, told) from None


def _all(errand: Errand, wanted: Sequence[Instruction], depth: int) -> bool:
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
        return _program(errand, wanted.command)
    return _dynamic(errand, wanted.command, depth)


def _by_default(errand: Errand) -> None:
    """As for an account without instructions: its filter's business, if it has one."""
    if not mail_filter.run(errand):
        files.into_folder(errand, folders.INBOX)
        errand.kept.append("INBOX")


def _program(errand: Errand, command: str) -> bool:
    if built_in.maildrop(command):
        _by_default(errand)
        return True
    behind_lines = built_in.preline(command)
    if behind_lines is None:
        ended = programs.run(errand, command)
    else:
        ended = programs.run(errand, behind_lines, before=environment.lines(errand))
    return exits.goes_on(ended.code, bytes(ended.output))


def _dynamic(errand: Errand, command: str, depth: int) -> bool:
    """Carry out what a command prints."""
    if not errand.settings.dynamic:
        text = f"User <{errand.recipient.forward_path}> unknown"
        raise PermanentFailure(status.NO_SUCH_MAILBOX, text)
    if depth >= DEEPEST:
        text = "Delivery instructions call each other too deeply."
        raise PermanentFailure(status.ROUTING_LOOP, text)
    if built_in.dotforward(command):
        listed, goes_on = forward_file.instructions(errand)
        return _all(errand, listed, depth + 1) and goes_on
    ended = programs.run(errand, command, dynamic=True)
    goes_on = exits.goes_on(ended.code, bytes(ended.output))
    if ended.overflowed:
        text = f"A program printed more than {programs.MOST_DYNAMIC} octets of instructions."
        raise TemporaryFailure(status.OTHER_SYSTEM, text)
    return _all(errand, _parsed(errand, bytes(ended.printed)), depth + 1) and goes_on
