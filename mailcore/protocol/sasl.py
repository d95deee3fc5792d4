"""SASL mechanisms, server side, as step machines without I/O.  RFC 4422.

Feed each response to `step`; it answers with the next Challenge or with the end: what
the client claims (Credentials), proof that needs no password (ScramDone), or Failed.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Protocol

from mailcore.errors import GrammarError

_LONGEST = 9_216  # octets of one decoded response


@dataclass(frozen=True, slots=True)
class Challenge:
    """Send this, then `step` with the response."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and password to verify.  `authzid` is empty or whom they want to act as."""

    authzid: str
    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretWanted:
    """SCRAM: look up the secret of `name`, then call `with_secret` instead of `step`."""

    name: str


@dataclass(frozen=True, slots=True)
class ScramDone:
    """`name` has proved that it knows the password."""

    authzid: str
    name: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The exchange is over; `text` is for the log."""

    text: str


Step = Challenge | Credentials | SecretWanted | ScramDone | Failed


class Secret(Protocol):
    """What SCRAM keeps of a password.  RFC 5802 §3."""

    @property
    def iterations(self) -> int: ...
    @property
    def salt(self) -> bytes: ...
    @property
    def stored_key(self) -> bytes: ...
    @property
    def server_key(self) -> bytes: ...


class Mechanism(Protocol):
    """One exchange."""

    def step(self, response: bytes | None) -> Step:
        """The answer to a decoded response; None is: no initial response was sent."""


def decode_response(line: bytes) -> bytes:
    """A base64 response line.  Raises GrammarError."""
    try:
        return binascii.a2b_base64(line, strict_mode=True) if line else b""
    except binascii.Error:
        raise GrammarError("not base64") from None


class Plain:
    """RFC 4616."""

    name = "PLAIN"

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        parts = response.split(b"\0")
        if len(parts) != 3 or not parts[1] or len(response) > _LONGEST:
            return Failed("malformed PLAIN response")
        try:
            authzid, name, password = (part.decode("utf-8") for part in parts)
        except UnicodeDecodeError:
            return Failed("PLAIN response is not UTF-8")
        return Credentials(authzid, name, password)


class Login:
    """The LOGIN mechanism old clients know: two prompts.  Never standardised."""

    name = "LOGIN"

    def __init__(self) -> None:
        self._name: str | None = None

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"Username:")
        if len(response) > _LONGEST or b"\0" in response:
            return Failed("malformed LOGIN response")
        try:
            text = response.decode("utf-8")
        except UnicodeDecodeError:
            return Failed("LOGIN response is not UTF-8")
        if self._name is None:
            self._name = text
            return Challenge(b"Password:")
        return Credentials("", self._name, text)


_CLIENT_FIRST = re.compile(
    r"(?P<gs2>(?P<binding>[ny]|p=[^,]*),(?:a=(?P<authzid>[^,]*))?,)"
    r"(?P<bare>n=(?P<name>[^,]*),r=(?P<nonce>[\x21-\x2b\x2d-\x7e]{1,256})(?:,.*)?)"
)
_CLIENT_FINAL = re.compile(
    r"(?P<unproved>c=(?P<binding>[A-Za-z0-9+/=]*),r=(?P<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,[^p].*)?)"
    r",p=(?P<proof>[A-Za-z0-9+/=]+)"
)


class ScramSha256:
    """RFC 5802 and RFC 7677, without channel binding.

    `nonce` is fresh randomness in printable ASCII.  `decoy` is a secret of the server
    from which an unknown name gets a salt of its own, so that a stranger can't tell
    which names exist.
    """

    name = "SCRAM-SHA-256"

    def __init__(self, nonce: str, decoy: bytes, *, decoy_iterations: int = 4096) -> None:
        self._nonce = nonce
        self._decoy = decoy
        self._decoy_iterations = decoy_iterations
        self._gs2 = ""
        self._bare = ""
        self._server_first = ""
        self._name = ""
        self._authzid = ""
        self._secret: Secret | None = None
        self._proved = False

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        if self._proved:
            return ScramDone(self._authzid, self._name) if not response else Failed("trailing data")
        try:
            text = response[: _LONGEST + 1].decode("utf-8")
        except UnicodeDecodeError:
            return Failed("SCRAM message is not UTF-8")
        if len(response) > _LONGEST:
            return Failed("SCRAM message too long")
        return self._final(text) if self._server_first else self._first(text)

    @property
    def claimed(self) -> str:
        """The name the client gave, once it has."""
        return self._name

    def _first(self, text: str) -> Step:
        found = _CLIENT_FIRST.fullmatch(text)
        if found is None or self._gs2:
            return Failed("malformed SCRAM client-first-message")
        if found["binding"].startswith("p"):
            return Failed("SCRAM channel binding is not offered")
        try:
            self._name = _saslname(found["name"])
            self._authzid = _saslname(found["authzid"] or "")
        except GrammarError:
            return Failed("malformed SCRAM name")
        self._gs2, self._bare = found["gs2"], found["bare"]
        self._nonce = found["nonce"] + self._nonce
        return SecretWanted(self._name)

    def with_secret(self, secret: Secret | None, account: str = "") -> Challenge:
        """Go on with the secret of the name asked for; None: it has none.

        `account` is the name as accounts are called: two spellings of an unknown name must
        get one salt, as two spellings of a known one do.
        """
        self._secret = secret
        if secret is None:
            name = account or self._name
            salt = hmac.digest(self._decoy, name.encode(), "sha256")[:16]
            iterations = self._decoy_iterations
        else:
            salt, iterations = secret.salt, secret.iterations
        self._server_first = f"r={self._nonce},s={base64.b64encode(salt).decode()},i={iterations}"
        return Challenge(self._server_first.encode())

    def _final(self, text: str) -> Step:
        found = _CLIENT_FINAL.fullmatch(text)
        if found is None:
            return Failed("malformed SCRAM client-final-message")
        if found["binding"] != base64.b64encode(self._gs2.encode()).decode():
            return Failed("SCRAM channel binding differs")
        if not hmac.compare_digest(found["nonce"].encode(), self._nonce.encode()):
            return Failed("SCRAM nonce differs")
        if self._secret is None:
            return Failed("no SCRAM secret")
        signed = f"{self._bare},{self._server_first},{found['unproved']}".encode()
        signature = hmac.digest(self._secret.stored_key, signed, "sha256")
        try:
            proof = binascii.a2b_base64(found["proof"], strict_mode=True)
        except binascii.Error:
            return Failed("malformed SCRAM proof")
        key = bytes(left ^ right for left, right in zip(proof, signature, strict=False))
        if len(proof) != len(signature) or not hmac.compare_digest(
            hashlib.sha256(key).digest(), self._secret.stored_key
        ):
            return Failed("wrong password")
        self._proved = True
        final = hmac.digest(self._secret.server_key, signed, "sha256")
        return Challenge(b"v=" + base64.b64encode(final))


def _saslname(text: str) -> str:
    """RFC 5802 §5.1: `=2C` is a comma, `=3D` an equals sign, no other `=` may occur."""
    if re.search(r"=(?!2C|3D)", text) or "\0" in text:
        raise GrammarError("malformed SCRAM name")
    return text.replace("=2C", ",").replace("=3D", "=")
