"""Authentication-Results: what we write, and what others may not write for us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailauth import results
from mailcore.mailauth.dmarc import DmarcResult, DmarcVerdict
from mailcore.mailauth.verify import DkimResult, DkimVerdict

ME = "mail.example.test"


@pytest.mark.parametrize(
    "value",
    [
        b"mail.example.test; dkim=pass",
        b"MAIL.Example.Test; dkim=pass",
        b"mail.example.test.; dkim=pass",
        b"mail.example.test 1; dkim=pass",
        b'"mail.example.test"; dkim=pass',
        b'"mail.\\example.test" 1; dkim=pass',
        b"(really) mail.example.test; dkim=pass",
        b"(a (nested \\) (one))) mail.example.test(x);dkim=pass",
        b"\r\n mail.example.test\r\n ; dkim=pass",
        b"\tmail.example.test",
        b"mail.example.test(comment) ; none",
    ],
)
def test_fields_that_claim_our_name_go(value: bytes) -> None:
    block = b"Subject: a\r\nAuthentication-Results: " + value + b"\r\nTo: b\r\n"
    assert results.without_claims(block, [ME]) == b"Subject: a\r\nTo: b\r\n"


@pytest.mark.parametrize(
    "value",
    [b"other.example.test; dkim=pass", b"mail.example.test.evil.test; dkim=pass",
     b"x; dkim=pass reason=\"mail.example.test\"", b"", b"(mail.example.test) x; none"],
)  # fmt: skip
def test_fields_of_others_stay_byte_for_byte(value: bytes) -> None:
    block = b"Authentication-Results: " + value + b"\r\nTo: b\r\n"
    assert results.without_claims(block, [ME]) is block


def test_a_claim_at_the_end_of_a_long_header_goes_too() -> None:
    block = b"X: y\r\n" * 5_000 + b"authentication-results:" + ME.encode() + b"; spf=pass\r\n"
    assert b"spf=pass" not in results.without_claims(block, [ME])


@pytest.mark.parametrize("comment", [b"(" * 90_000, b"(" * 5_000 + b")" * 5_000, b"(x)" * 5_000])
def test_a_name_hidden_behind_heaps_of_comments_is_not_searched_for(comment: bytes) -> None:
    field = b"Authentication-Results: %b" + comment + ME.encode() + b"; dmarc=pass\r\n"
    assert results.without_claims(field % b"", [ME]) == b""
    named = field % b"other.test "
    assert results.without_claims(named, [ME]) == named


@given(st.binary(max_size=200))
def test_any_value_has_a_name_or_none(value: bytes) -> None:
    assert isinstance(results.claimed_id(value), bytes)


def test_deep_comments_cost_no_more_than_their_length() -> None:
    assert results.claimed_id(b"(" * 100_000 + b"x") == b""


@given(st.text(max_size=50))
def test_a_value_can_add_neither_a_clause_nor_a_line(text: str) -> None:
    written = results.value(text)
    assert "\r" not in written
    assert "\n" not in written
    assert written.isascii()
    if not written.startswith('"'):
        assert ";" not in written
        assert " " not in written


def test_what_a_stranger_wrote_in_a_reason_stays_in_its_comment() -> None:
    clause = results.dkim([DkimVerdict(DkimResult.NEUTRAL, "x) dkim=pass (\r\ny")])[0]
    assert clause.count("(") == clause.count(")") == 1
    assert "\n" not in clause


def test_clauses_read_as_the_rfcs_say() -> None:
    assert results.dkim([]) == ["dkim=none"]
    assert results.spf("pass", "mailfrom", "a b@c.test") == 'spf=pass smtp.mailfrom="a b@c.test"'
    verdict = DmarcVerdict(DmarcResult.NONE, "bank.test")
    assert results.dmarc(verdict, "none") == "dmarc=none header.from=bank.test"
