"""DKIM signatures: other programs verify them, and nobody may add what was sealed."""

import subprocess
from pathlib import Path

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailauth.sign import SigningKey, names_to_sign, sign
from mailcore.mailauth.text import SignedText
from mailcore.queue.content import Content
from tests.mailcore.mailauth.conftest import LETTER
from tests.support import dkim as keys

BOTH = [
    SigningKey("signed.test", "ed", keys.ed25519()),
    SigningKey("signed.test", "rsa", keys.rsa()),
]


def signed(message: bytes) -> bytes:
    return sign(SignedText.of(Content.of(message)), BOTH, 1_700_000_000) + message


def look_up(name: bytes, timeout: int = 5) -> bytes:
    kind = keys.rsa() if name.startswith(b"rsa.") else keys.ed25519()
    return keys.record(kind).encode()


def test_dkimpy_verifies_both_signatures() -> None:
    message = signed(LETTER)
    for index in (0, 1):
        assert dkim.DKIM(message).verify(idx=index, dnsfunc=look_up)


@given(
    st.lists(st.sampled_from([b"x", b" ", b"\t", b"\r\n", b"long  word", b"\xc3\xa9"])).map(
        b"".join
    ),
    st.lists(st.sampled_from([b"a", b"  ", b"\r\n ", b"\t", b":", b";"])).map(b"".join),
)
def test_dkimpy_verifies_whatever_the_message_looks_like(body: bytes, subject: bytes) -> None:
    message = b"From: a@signed.test\r\nSubject: s" + subject + b"x\r\n\r\n" + body + b"\r\n"
    assert dkim.DKIM(signed(message)).verify(idx=1, dnsfunc=look_up)


@pytest.mark.interop
def test_opendkim_verifies_both_signatures(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(
        f"rsa._domainkey.signed.test {keys.record(keys.rsa())}\n"
        f"ed._domainkey.signed.test {keys.record(keys.ed25519())}\n"
    )
    (tmp_path / "conf").write_text(f"Mode v\nTestPublicKeys {tmp_path}/keys\n")
    (tmp_path / "message").write_bytes(signed(LETTER))
    done = subprocess.run(
        ["/usr/sbin/opendkim", "-x", tmp_path / "conf", "-t", tmp_path / "message", "-vv"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.count("dkim=pass") == 2, done.stdout + done.stderr


def test_fields_that_nobody_may_add_are_signed_once_more_than_they_are_there() -> None:
    names = names_to_sign(SignedText.of(Content.of(LETTER)))
    assert names.count(b"from") == 2
    assert names.count(b"cc") == names.count(b"reply-to") == 1
    assert b"received" not in names


def test_a_second_from_breaks_our_signature() -> None:
    message = b"From: boss@signed.test\r\n" + signed(LETTER)
    assert not dkim.DKIM(message).verify(idx=1, dnsfunc=look_up)


def test_no_line_of_a_signature_is_long() -> None:
    message = b"Received: x\r\n" * 90 + b"References: " + b"<a@b>\r\n " * 50 + LETTER
    head = signed(message)[: -len(message)]
    assert max(len(line) for line in head.splitlines()) <= 78
