"""Run errands and say what became of each: exactly one Outcome, whatever happens."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.db.utils import Error as DatabaseError

from mailcore import log, status
from mailcore.errors import MailError, PermanentFailure, TemporaryFailure
from mailcore.transports.contract import DEFERRED, DELIVERED, FAILED, PASSED, Outcome
from mailcore.transports.local import instructions
from mailcore.transports.local.errand import Errand
from mailcore.transports.local.exits import SoftwareFailure

TROUBLE = "Mail system trouble; it will be tried again."

_log = log.get("local")


def run_all(errands: Sequence[Errand]) -> Iterator[Outcome]:
    """One after the other, in the order given."""
    for errand in errands:
        yield _outcome(errand)


def _outcome(errand: Errand) -> Outcome:
    try:
        instructions.carry_out(errand)
    except TemporaryFailure as problem:
        _log.info(
            "instructions.deferred", recipient=errand.recipient.forward_path, why=problem.text
        )
        return _unsuccessful(errand, DEFERRED, problem.status.as_temporary(), problem.text)
    except SoftwareFailure as problem:
        return replace(_unsuccessful(errand, FAILED, problem.status, problem.text), is_lesson=False)
    except PermanentFailure as problem:
        return _unsuccessful(errand, FAILED, problem.status.as_permanent(), problem.text)
    except (OSError, MailError, sqlite3.Error, DatabaseError) as problem:
        _log.error("delivery.failed", recipient=errand.recipient.forward_path, error=repr(problem))
        return _unsuccessful(errand, DEFERRED, status.OTHER_SYSTEM, TROUBLE)
    except Exception:  # a mistake of ours with one message must not put off all others
        _log.exception("instructions.broken", recipient=errand.recipient.forward_path)
        return _unsuccessful(errand, DEFERRED, status.OTHER_SYSTEM, TROUBLE)
    return _success(errand)


def _unsuccessful(errand: Errand, action: str, why: status.Status, text: str) -> Outcome:
    done = errand.done()
    note = f"{text}\n(Already done: {done})" if done else ""
    return Outcome(errand.message, errand.recipient, action, why, text, note=note)


def _success(errand: Errand) -> Outcome:
    """Delivered; forwarded, when it went nowhere else; or discarded, when nobody wants it.

    Who asked to hear of success hears it from where a forwarded message arrives.
    """
    if errand.kept or errand.ran:
        action, event = DELIVERED, ""
    elif errand.forwarded:
        action, event = PASSED, "forwarded"
    else:
        action, event = DELIVERED, "discarded"
    why = "The instructions have only comments." if errand.instructions else "Its filter exits."
    note = errand.done() or why
    message, recipient = errand.message, errand.recipient
    return Outcome(message, recipient, action, status.OK, "250 Ok.", event=event, note=note)
