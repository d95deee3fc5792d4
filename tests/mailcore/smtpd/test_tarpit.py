"""How long strangers wait after a refusal.  Courier TARPIT."""

from types import SimpleNamespace
from typing import Any

from mailcore import status
from mailcore.protocol.reply import Reply
from mailcore.smtpd.conversation import Conversation


def owed(codes: list[int], *, stranger: bool = True) -> list[int]:
    """Seconds to wait after each of these replies in one session."""
    session: Any = SimpleNamespace(
        errors=0,
        tarpit=0,
        is_stranger=stranger,
        settings=SimpleNamespace(esmtp=SimpleNamespace(tarpit=True)),
        wire=SimpleNamespace(write=lambda octets: None),
        _owed=0,
    )
    waits = []
    for code in codes:
        kind = status.RELAY_DENIED if code >= 500 else status.RELAY_DENIED.as_temporary()
        Conversation.refuse(session, Reply(code, kind, "No."))
        waits.append(session._owed)
        session._owed = 0
    return waits


def test_the_wait_begins_with_eight_seconds_and_doubles_to_128() -> None:
    assert owed([550] * 7) == [8, 16, 32, 64, 128, 128, 128]


def test_what_is_put_off_costs_nothing() -> None:
    assert owed([450, 550, 451, 550]) == [0, 8, 0, 16]


def test_who_is_no_stranger_never_waits() -> None:
    assert owed([550, 550], stranger=False) == [0, 0]
