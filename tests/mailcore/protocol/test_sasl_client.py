"""The client's half of SASL, against the published examples and our own server's half."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import sasl_client
from mailcore.protocol.sasl_client import Cram, Login, Plain, Scram


def test_scram_sha1_is_the_rfcs_example() -> None:
    """RFC 5802 §5."""
    client = Scram("SHA-1", "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL")
    assert client.initial == b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"
    nonce = "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j"
    final = client.answer(f"r={nonce},s=QSXCR+Q6sek8bf92,i=4096".encode())
    assert final == f"c=biws,r={nonce},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=".encode()
    assert client.answer(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=") == b""
    assert client.verify(b"")


def test_scram_sha256_is_the_rfcs_example() -> None:
    """RFC 7677 §3."""
    client = Scram("SHA-256", "user", "pencil", "rOprNGfwEbeRWgbNEkqO")
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    final = client.answer(f"r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode())
    proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    assert final == f"c=biws,r={nonce},p={proof}".encode()
    assert client.verify(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


def test_cram_md5_is_the_rfcs_example() -> None:
    """RFC 2195 §2."""
    answer = Cram("MD5", "tim", "tanstaaftanstaaf").answer(
        b"<1896.697170952@postoffice.reston.mci.net>"
    )
    assert answer == b"tim b913a602c7eda7a495b4e6e7334d3890"


def test_a_server_that_does_not_know_the_password_is_found_out() -> None:
    client = Scram("SHA-1", "user", "pencil", "abc")
    client.answer(b"r=abcdef,s=QSXCR+Q6sek8bf92,i=4096")
    assert not client.verify(b"")
    assert not client.verify(b"v=")
    with pytest.raises(GrammarError):
        client.answer(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")
    assert not Scram("SHA-1", "user", "pencil", "abc").verify(b"v=")


@pytest.mark.parametrize(
    "challenge",
    [
        b"", b"r=abcdef", b"r=other,s=QSXC,i=4096", b"r=abc,s=QSXC,i=4096",
        b"r=abcdef,s=QSXC,i=1", b"r=abcdef,s=QSXC,i=999999999", b"r=abcdef,s=!,i=4096", b"\xff",
    ],
)  # fmt: skip
def test_challenges_that_make_no_sense_are_refused(challenge: bytes) -> None:
    with pytest.raises(GrammarError):
        Scram("SHA-256", "user", "pencil", "abc").answer(challenge)


@given(st.binary(max_size=200))
def test_property_no_challenge_raises_anything_else(challenge: bytes) -> None:
    for client in (Scram("SHA-256", "u", "p", "n"), Cram("SHA1", "u", "p"), Login("u", "p")):
        for _ in range(3):
            try:
                client.answer(challenge)
            except GrammarError:
                break
        client.verify(challenge)


@pytest.mark.parametrize(
    ("offered", "password", "private", "chosen"),
    [
        ("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 EXTERNAL", "x", True, "SCRAM-SHA-256"),
        ("PLAIN LOGIN CRAM-MD5 CRAM-SHA1 CRAM-SHA256", "x", True, "CRAM-SHA256"),
        ("PLAIN LOGIN CRAM-MD5 CRAM-SHA1", "x", False, "CRAM-SHA1"),
        ("PLAIN LOGIN CRAM-MD5", "x", True, "CRAM-MD5"),
        ("LOGIN PLAIN", "x", True, "PLAIN"),
        ("LOGIN", "x", True, "LOGIN"),
        ("LOGIN PLAIN", "x", False, None),
        ("EXTERNAL PLAIN", "", True, "EXTERNAL"),
        ("PLAIN", "", True, None),
        ("GSSAPI", "x", True, None),
    ],
)
def test_what_hides_the_password_comes_first(
    offered: str, password: str, private: bool, chosen: str | None
) -> None:
    found = sasl_client.choose(offered.split(), "me", password, "nonce", private=private)
    assert (found.name if found else None) == chosen


def test_plain_says_everything_at_once() -> None:
    assert base64.b64encode(Plain("me", "secret").initial or b"") == b"AG1lAHNlY3JldA=="
    with pytest.raises(GrammarError):
        Plain("me", "secret").answer(b"more?")
