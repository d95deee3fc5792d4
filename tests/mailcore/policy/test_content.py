"""Which messages are refused for what they look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message.mime import scan
from mailcore.message.validate import in_structure
from mailcore.policy.content import judge, judge_structure

LIMITS = {"max_octets": 1_000, "max_fields": 20, "refuse_broken_mime": True}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\r\nbody",
        b"Subject: x\r\n\r\nbody\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nnever closed\r\n",
        b"X: content-type: multipart/mixed\r\n\r\n",
        b"A: b\r\n" * 20 + b"\r\n",
    ],
)
def test_ordinary_messages_pass(head: bytes) -> None:
    assert judge(head, **LIMITS) is None


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"X: " + b"y" * 1_000 + b"\r\n\r\n", 534),
        (b"A: b\r\n" * 22 + b"\r\n", 534),
        (b"Content-Type: multipart/mixed\r\n\r\n", 550),
        (b"content-transfer-encoding : frob\r\n\r\n", 550),
        (
            b"Content-Type: multipart/mixed; boundary=a\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n--a--\r\n",
            550,
        ),
        (b"Content-Type: message/rfc822\r\n\r\n" * 60, 550),
    ],
)
def test_others_do_not(head: bytes, code: int) -> None:
    refusal = judge(head, **(LIMITS | {"max_octets": 0} if code == 550 else LIMITS))
    assert refusal is not None
    assert refusal.code == code


def test_limits_and_strictness_can_be_switched_off() -> None:
    broken = b"Content-Type: multipart/mixed\r\n" + b"A: b\r\n" * 100 + b"\r\n"
    assert judge(broken, max_octets=0, max_fields=0, refuse_broken_mime=False) is None


_LINES = st.sampled_from(
    [
        b"Content-Type: text/plain; charset=utf-8",
        b"content-type : image/png",
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: message/rfc822",
        b"Content-Type:\r\n multipart/mixed; boundary=a",
        b"Content-Type: text",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: 8BIT",
        b"Content-Transfer-Encoding: frob",
        b"Content-Transfer-Encoding: base64 (really)",
        b"Content-Transfer-Encoding:\r\n frob",
        b"Content-Disposition: attachment",
        b"MIME-Version: 1.0",
        b"Subject: Content-Type: multipart/mixed",
        b" folded",
    ]
)


@given(st.lists(_LINES, max_size=6))
def test_a_quick_look_at_a_single_part_overlooks_nothing(lines: list[bytes]) -> None:
    header = b"From: a@b.test\r\n" + b"".join(line + b"\r\n" for line in lines)
    message = header + b"\r\nbody\r\n"
    refusal = judge_structure(message, header)
    fatal = [each for each in in_structure(scan(message)) if "not closed" not in each.text]
    assert (refusal is not None) == bool(fatal)
