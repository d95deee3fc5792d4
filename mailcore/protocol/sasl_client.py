"""SASL mechanisms, client side: what to answer to each challenge, without I/O.  RFC 4422.

`choose` has the order of preference: a certificate, what never shows the password, then what
does, which is for private connections only.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection
from typing import Protocol

from mailcore.errors import GrammarError

MOST_ITERATIONS = 1_000_000  # a hostile server must not keep us computing for minutes
_FEWEST_ITERATIONS = 1_000
_SERVER_FIRST = re.compile(r"r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([0-9]{1,9})(?:,.*)?")
_DIGESTS = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256"}


class Answerer(Protocol):
    """One exchange.  `initial` is sent with AUTH; None: the server asks first."""

    name: str
    initial: bytes | None

    def answer(self, challenge: bytes) -> bytes:
        """The response to a decoded challenge.  Raises GrammarError when it makes no sense."""

    def verify(self, final: bytes) -> bool:
        """Whether the server, having said yes, has proved what this mechanism lets it prove."""


class Plain:
    """RFC 4616."""

    name = "PLAIN"

    def __init__(self, user: str, password: str) -> None:
        self.initial: bytes | None = f"\0{user}\0{password}".encode()

    def answer(self, challenge: bytes) -> bytes:
        raise GrammarError("the server asks for more than PLAIN has")

    def verify(self, final: bytes) -> bool:
        return True


def plain(authzid: str, name: str, password: str) -> bytes:
    """The response of PLAIN, one that can only be read as these three.  Raises GrammarError."""
    if "\0" in authzid + name + password or not name:
        raise GrammarError("PLAIN can't say this")
    return f"{authzid}\0{name}\0{password}".encode("utf-8", "surrogatepass")


class Login:
    """Two prompts, whatever they say."""

    name = "LOGIN"
    initial: bytes | None = None

    def __init__(self, user: str, password: str) -> None:
        self._left = [user.encode(), password.encode()]

    def answer(self, challenge: bytes) -> bytes:
        if not self._left:
            raise GrammarError("the server asks for more than LOGIN has")
        return self._left.pop(0)

    def verify(self, final: bytes) -> bool:
        return not self._left


class External:
    """RFC 4422 appendix A: the certificate speaks; `user` may be empty."""

    name = "EXTERNAL"

    def __init__(self, user: str) -> None:
        self.initial: bytes | None = user.encode()

    def answer(self, challenge: bytes) -> bytes:
        raise GrammarError("the server asks for more than EXTERNAL has")

    def verify(self, final: bytes) -> bool:
        return True


class Cram:
    """RFC 2195, and Courier's CRAM-SHA1 and CRAM-SHA256."""

    initial: bytes | None = None

    def __init__(self, digest: str, user: str, password: str) -> None:
        self.name = f"CRAM-{digest}"
        self._digest = _DIGESTS[digest]
        self._user, self._password = user, password
        self._answered = False

    def answer(self, challenge: bytes) -> bytes:
        if self._answered:
            raise GrammarError(f"the server asks for more than {self.name} has")
        self._answered = True
        proof = hmac.new(self._password.encode(), challenge, self._digest).hexdigest()
        return f"{self._user} {proof}".encode()

    def verify(self, final: bytes) -> bool:
        return self._answered


class Scram:
    """RFC 5802 and RFC 7677 without channel binding; `nonce` is fresh printable randomness."""

    def __init__(self, digest: str, user: str, password: str, nonce: str) -> None:
        self.name = f"SCRAM-{digest}"
        self._hash = digest.replace("-", "").lower()
        self._password, self._nonce = password, nonce
        escaped = user.replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={escaped},r={nonce}"
        self._expected = b""
        self._proved = False
        self.initial: bytes | None = f"n,,{self._bare}".encode()

    def answer(self, challenge: bytes) -> bytes:
        if self._expected:
            self._proved = hmac.compare_digest(challenge, b"v=" + self._expected)
            if not self._proved:
                raise GrammarError("the server does not know the password itself")
            return b""
        return self._final(challenge)

    def verify(self, final: bytes) -> bool:
        """The server's signature may also come with the success itself."""
        told = bool(self._expected) and hmac.compare_digest(final, b"v=" + self._expected)
        return self._proved or told

    def _final(self, challenge: bytes) -> bytes:
        try:
            text = challenge.decode("ascii")
            found = _SERVER_FIRST.fullmatch(text)
            salt = base64.b64decode(found[2], validate=True) if found else b""
        except ValueError:
            raise GrammarError("the server's challenge can't be read") from None
        if found is None or not found[1].startswith(self._nonce) or found[1] == self._nonce:
            raise GrammarError("the server's challenge is not an answer to ours")
        rounds = int(found[3])
        if not _FEWEST_ITERATIONS <= rounds <= MOST_ITERATIONS:
            raise GrammarError("the server asks for too few or too many iterations")
        salted = hashlib.pbkdf2_hmac(self._hash, self._password.encode(), salt, rounds)
        client_key = hmac.digest(salted, b"Client Key", self._hash)
        unproved = f"c=biws,r={found[1]}"
        signed = f"{self._bare},{text},{unproved}".encode()
        stored = hashlib.new(self._hash, client_key).digest()
        signature = hmac.digest(stored, signed, self._hash)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        server_key = hmac.digest(salted, b"Server Key", self._hash)
        self._expected = base64.b64encode(hmac.digest(server_key, signed, self._hash))
        return f"{unproved},p={base64.b64encode(proof).decode()}".encode()


def choose(
    offered: Collection[str], user: str, password: str, nonce: str, *, private: bool
) -> Answerer | None:
    """The best mechanism both sides have; None when there is none.

    `private`: the password may be shown to the other end.  Without a password only a
    certificate can speak.
    """
    if not password:
        return External(user) if "EXTERNAL" in offered and private else None
    for digest in ("SHA-256", "SHA-1"):
        if f"SCRAM-{digest}" in offered:
            return Scram(digest, user, password, nonce)
    for digest in ("SHA256", "SHA1", "MD5"):
        if f"CRAM-{digest}" in offered:
            return Cram(digest, user, password)
    if private and "PLAIN" in offered:
        return Plain(user, password)
    if private and "LOGIN" in offered:
        return Login(user, password)
    return None
