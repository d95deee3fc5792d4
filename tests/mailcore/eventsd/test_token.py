"""Tickets: only ours, only fresh ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.eventsd import token

NOW = 1_800_000_000.0


def test_a_ticket_names_its_account() -> None:
    assert token.read(token.make("ä@example.com", "s", NOW), "s", NOW + 5) == "ä@example.com"


@pytest.mark.parametrize("later", [-120, token.LIFETIME + 1, 10**9])
def test_a_ticket_is_good_for_some_minutes(later: float) -> None:
    assert token.read(token.make("a@example.com", "s", NOW), "s", NOW + later) is None


def test_another_server_s_ticket_is_refused() -> None:
    assert token.read(token.make("a@example.com", "other", NOW), "s", NOW) is None


@given(st.text())
def test_nothing_but_a_ticket_is_a_ticket(text: str) -> None:
    assert token.read(text, "s", NOW) is None


@given(st.integers(0, 60), st.characters())
def test_a_changed_ticket_is_none(at: int, character: str) -> None:
    ticket = token.make("a@example.com", "s", NOW)
    changed = ticket[:at] + character + ticket[at + 1 :]
    if changed.rstrip("=") != ticket:
        assert token.read(changed, "s", NOW) in (None, "a@example.com")
        if changed[:20] != ticket[:20]:
            assert token.read(changed, "s", NOW) is None
