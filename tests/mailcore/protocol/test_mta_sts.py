"""MTA-STS records and policies.  RFC 8461."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import mta_sts
from mailcore.protocol.mta_sts import Policy

GOOD = (
    b"version: STSv1\r\nmode: enforce\r\nmx: mail.far.test\r\nmx: *.far.test\r\nmax_age: 604800\r\n"
)


def test_the_rfcs_kind_of_policy_is_understood() -> None:
    expected = Policy("enforce", ("mail.far.test", "*.far.test"), 604800)
    assert mta_sts.parse(GOOD) == expected
    assert mta_sts.parse(GOOD.replace(b"\r\n", b"\n") + b"new-field: x\nmode: none") == expected


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"\xff\xfe", GOOD.replace(b"STSv1", b"STSv2"), GOOD.replace(b"enforce", b"ENFORCE"),
        GOOD.replace(b"604800", b"-1"), GOOD.replace(b"604800", b"9" * 30),
        b"version: STSv1\nmode: enforce\nmax_age: 1\n", GOOD.replace(b"*.far", b"*far"),
        GOOD.replace(b"*.far.test", b"*"), GOOD + b"x" * 70_000,
        GOOD + b"mx: a.far.test\n" * 300,
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(wrong: bytes) -> None:
    with pytest.raises(GrammarError):
        mta_sts.parse(wrong)


def test_a_policy_of_mode_none_needs_no_hosts() -> None:
    assert mta_sts.parse(b"version: STSv1\nmode: none\nmax_age: 60\n").mode == "none"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mail.far.test", True), ("MAIL.far.test.", True), ("a.far.test", True),
        ("far.test", False), ("a.b.far.test", False), ("mail.far.test.evil.test", False),
        ("", False), (".far.test", True),
    ],
)  # fmt: skip
def test_a_wildcard_is_one_label(host: str, allowed: bool) -> None:
    assert mta_sts.parse(GOOD).allows(host) is allowed


@pytest.mark.parametrize(
    ("records", "identity"),
    [
        (["v=STSv1; id=20260101T000000;"], "20260101T000000"),
        (["v=spf1 -all", "v=STSv1;id=a1"], "a1"),
        (["v=STSv1; id=a", "v=STSv1; id=b"], ""),
        (["v=STSv1"], ""),
        (["v=STSv10; id=a"], ""),
        (["v=STSv1; id=has-hyphen"], ""),
        ([f"v=STSv1; id={'a' * 33}"], ""),
        ([], ""),
    ],
)
def test_exactly_one_record_names_a_policy(records: list[str], identity: str) -> None:
    assert mta_sts.record_id(records) == identity


@given(st.binary(max_size=300), st.lists(st.text(max_size=60), max_size=4))
def test_property_nothing_else_is_raised(data: bytes, records: list[str]) -> None:
    mta_sts.record_id(["v=STSv1;" + each for each in records])
    with contextlib.suppress(GrammarError):
        mta_sts.parse(b"version: STSv1\n" + data)
