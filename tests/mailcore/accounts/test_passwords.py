"""Stored passwords: our own, and every imported kind."""

import base64
import ctypes
import ctypes.util
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.hash import bcrypt, md5_crypt, sha256_crypt, sha512_crypt

from mailcore.accounts import passwords

WORD = "correct horse"
SALT = b"salty!"


def digest(scheme: str, algorithm: str, salt: bytes = b"") -> str:
    made = hashlib.new(algorithm, WORD.encode() + salt).digest() + salt
    return "{" + scheme + "}" + base64.b64encode(made).decode()


IMPORTED = {
    "argon2id": passwords.make(WORD),
    "dovecot argon2id": "{ARGON2ID}" + passwords.make(WORD).removeprefix("argon2"),
    "SHA": digest("SHA", "sha1"),
    "SSHA": digest("SSHA", "sha1", SALT),
    "SHA256": digest("SHA256", "sha256"),
    "SSHA256": digest("SSHA256", "sha256", SALT),
    "SSHA512": digest("SSHA512", "sha512", SALT),
    "MD5": digest("MD5", "md5"),
}


def crypted() -> dict[str, str]:
    made = {
        "md5-crypt": md5_crypt.hash(WORD),
        "bcrypt": bcrypt.using(rounds=4).hash(WORD),
        "sha256-crypt": sha256_crypt.using(rounds=1000).hash(WORD),
        "sha512-crypt": sha512_crypt.using(rounds=1000).hash(WORD),
    }
    return made | {f"{{CRYPT}} {name}": "{CRYPT}" + value for name, value in made.items()}


def system_crypt(setting: str) -> str:
    """What the system's own crypt(3) makes of the word."""
    library = ctypes.CDLL(ctypes.util.find_library("crypt"))
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(WORD.encode(), setting.encode()).decode()


IMPORTED |= crypted() | {
    "yescrypt": system_crypt("$y$j9T$F5Jx5fExrKuPp53xLKQ..1"),
    "DES": system_crypt("ab"),
}


@pytest.mark.parametrize("encoded", IMPORTED.values(), ids=IMPORTED.keys())
def test_an_imported_hash_knows_its_password_and_no_other(encoded: str) -> None:
    assert passwords.verify(encoded, WORD)
    assert not passwords.verify(encoded, "Wrong horse")
    assert not passwords.verify(encoded, "")


@pytest.mark.parametrize(
    "encoded", ["", "!", "*", "{SSHA}", "{SSHA}!!", "{NOSUCH}abc", "$9$x$y", "plain", "{SHA}AAAA"]
)
def test_a_hash_that_is_none_lets_nobody_in(encoded: str) -> None:
    assert not passwords.verify(encoded, WORD)
    assert not passwords.verify(encoded, encoded)


def test_a_password_of_a_megabyte_is_refused_before_it_costs_anything() -> None:
    assert not passwords.verify(IMPORTED["bcrypt"], "x" * 1_000_000)


@given(st.text(max_size=60), st.text(max_size=20))
def test_property_no_stored_text_raises(encoded: str, password: str) -> None:
    if not encoded.startswith("argon2$"):
        passwords.verify(encoded, password)


def test_the_scram_secret_is_what_rfc_5802_says() -> None:
    iterations, *parts = passwords.scram("pencil").split(":")
    salt, stored, server = (base64.b64decode(part) for part in parts)
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", salt, int(iterations))
    assert hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest() == stored
    assert hmac.digest(salted, b"Server Key", "sha256") == server
