"""Passwords: argon2id for new ones, imported hashes verified as they are.

argon2id with 19 MiB, two passes and one lane is OWASP's minimum; it costs about
22 ms, and the positive cache of `auth.login` keeps mail clients from paying it
at each poll.
"""

import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import os
import re
from functools import cache

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from passlib.context import CryptContext

MAX_PASSWORD = 1024  # octets; longer ones are refused before any hashing
SCRAM_ITERATIONS = 10_000


class MailArgon2Hasher(Argon2PasswordHasher):
    """Django's hasher at our cost."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


def make(password: str) -> str:
    """The stored form of a new password."""
    return make_password(password, hasher="argon2")


def scram(password: str, digest: str = "sha256") -> str:
    """The stored form for SCRAM: `iterations:salt:stored-key:server-key`, base64."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", digest)
    parts = (
        salt,
        hashlib.new(digest, client_key, usedforsecurity=False).digest(),
        hmac.digest(salted, b"Server Key", digest),
    )
    return ":".join([str(SCRAM_ITERATIONS), *(base64.b64encode(part).decode() for part in parts)])


def is_ours(encoded: str) -> bool:
    """Whether this is a hash of today's kind, so that a login need not renew it."""
    return encoded.startswith("argon2$argon2id$")


def verify(encoded: str, password: str) -> bool:
    """Whether `password` is the one behind `encoded`, of any kind we know; slow on purpose."""
    if len(password.encode("utf-8", "surrogatepass")) > MAX_PASSWORD or "\0" in password:
        return False
    if encoded.startswith("argon2$"):
        return MailArgon2Hasher().verify(password, encoded)
    if encoded.startswith("{"):
        return _verify_scheme(encoded, password)
    return _verify_crypt(encoded, password)


def _verify_scheme(encoded: str, password: str) -> bool:
    scheme, _, rest = encoded[1:].partition("}")
    scheme = scheme.upper()
    if scheme in ("CRYPT", "BLF-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT", "MD5-CRYPT"):
        return _verify_crypt(rest, password)
    if scheme in ("ARGON2ID", "ARGON2I", "ARGON2"):
        return MailArgon2Hasher().verify(password, "argon2" + rest)
    return _verify_digest(scheme, rest, password)


_DIGESTS = {
    "MD5": "md5",
    "LDAP-MD5": "md5",
    "SMD5": "md5",
    "SHA": "sha1",
    "SSHA": "sha1",
    "SHA256": "sha256",
    "SSHA256": "sha256",
    "SHA512": "sha512",
    "SSHA512": "sha512",
}


def _verify_digest(scheme: str, rest: str, password: str) -> bool:
    """{SHA…} is a bare digest, {SSHA…} a digest of password and salt, then the salt."""
    if scheme == "MD5RAW":
        wanted = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(wanted, rest.lower())
    if scheme not in _DIGESTS:
        return False
    try:
        stored = base64.b64decode(rest, validate=True)
    except ValueError:
        return False
    made = hashlib.new(_DIGESTS[scheme], usedforsecurity=False)
    digest, salt = stored[: made.digest_size], stored[made.digest_size :]
    made.update(password.encode() + salt)
    salted = scheme.startswith("SS") or scheme == "SMD5"
    return bool(salt) == salted and hmac.compare_digest(made.digest(), digest)


def _verify_crypt(encoded: str, password: str) -> bool:
    context = _crypt_families()
    if re.match(r"\$(1|2[abxy]?|5|6|apr1)\$", encoded):
        try:
            return bool(context.verify(password, encoded))
        except (ValueError, TypeError):
            return False
    return _verify_libcrypt(encoded, password)


@cache
def _crypt_families() -> CryptContext:
    return CryptContext(
        schemes=["md5_crypt", "bcrypt", "sha256_crypt", "sha512_crypt", "apr_md5_crypt"]
    )


@cache
def _libcrypt() -> ctypes.CDLL | None:
    name = ctypes.util.find_library("crypt")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.crypt_r.restype = ctypes.c_char_p
    library.crypt_r.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
    return library


def _verify_libcrypt(encoded: str, password: str) -> bool:
    """yescrypt, DES and whatever else the system's crypt(3) knows."""
    library = _libcrypt()
    if library is None or not re.fullmatch(r"[./0-9A-Za-z$=,_-]{13,384}", encoded):
        return False
    working = ctypes.create_string_buffer(65536)
    made = library.crypt_r(password.encode(), encoded.encode(), working)
    return bool(made) and not made.startswith(b"*") and hmac.compare_digest(made, encoded.encode())
