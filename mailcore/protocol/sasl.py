"""SASL mechanisms, server side, as step machines without I/O.  RFC 4422.

Feed each response to `step`; it answers with the next Challenge or with the end: what the client
claims (Credentials, Token, Digest), a name proved otherwise (Proved), or Failed.  SCRAM is a
module of its own.
"""

import binascii
import hmac
import re
from dataclasses import dataclass, field
from typing import Protocol

from mailcore.errors import GrammarError

LONGEST = 9_216  # octets of one decoded response


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
class Proved:
    """`name` has proved who it is: it knows the password, or its certificate says so."""

    authzid: str
    name: str


@dataclass(frozen=True, slots=True)
class Digest:
    """CRAM-MD5: `digest` is right if it is the keyed MD5 of `challenge` under the password."""

    name: str
    challenge: bytes
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token to be looked at by who issued it; `name` may be empty."""

    name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The exchange is over; `text` is for the log."""

    text: str


Step = Challenge | Credentials | SecretWanted | Proved | Digest | Token | Failed


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
        if len(parts) != 3 or not parts[1] or len(response) > LONGEST:
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
        if len(response) > LONGEST or b"\0" in response:
            return Failed("malformed LOGIN response")
        try:
            text = response.decode("utf-8")
        except UnicodeDecodeError:
            return Failed("LOGIN response is not UTF-8")
        if self._name is None:
            self._name = text
            return Challenge(b"Password:")
        return Credentials("", self._name, text)


class CramMd5:
    """RFC 2195, for old clients; the server must know the password itself."""

    name = "CRAM-MD5"

    def __init__(self, challenge: bytes) -> None:
        self._challenge = challenge
        self._asked = False

    def step(self, response: bytes | None) -> Step:
        if not self._asked:
            self._asked = True
            return Challenge(self._challenge) if not response else Failed("CRAM-MD5 speaks second")
        found = _CRAM.fullmatch(response or b"") if len(response or b"") <= LONGEST else None
        if found is None:
            return Failed("malformed CRAM-MD5 response")
        try:
            return Digest(found[1].decode("utf-8"), self._challenge, found[2].decode().lower())
        except UnicodeDecodeError:
            return Failed("CRAM-MD5 response is not UTF-8")


_CRAM = re.compile(rb"([^\x00-\x1f\x7f]+) ([0-9A-Fa-f]{32})")


class External:
    """RFC 4422 appendix A: TLS has proved `name` by the client's certificate."""

    name = "EXTERNAL"

    def __init__(self, name: str) -> None:
        self._name = name

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        try:
            return Proved(response[:LONGEST].decode("utf-8"), self._name)
        except UnicodeDecodeError:
            return Failed("EXTERNAL response is not UTF-8")


class Bearer:
    """OAUTHBEARER (RFC 7628), and XOAUTH2, which clients had before it.

    A token that isn't taken is told by a challenge in JSON; the client's next word ends it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._refused = False

    def step(self, response: bytes | None) -> Step:
        if response is None:
            return Challenge(b"")
        if self._refused:
            return Failed("the token is not valid")
        pattern = _OAUTHBEARER if self.name == "OAUTHBEARER" else _XOAUTH2
        found = pattern.fullmatch(response) if len(response) <= LONGEST else None
        if found is None:
            return Failed(f"malformed {self.name} response")
        try:
            name = saslname((found["name"] or b"").decode("utf-8"))
            return Token(name, found["token"].decode("ascii"))
        except (UnicodeDecodeError, GrammarError):
            return Failed(f"malformed {self.name} name")

    def refused(self) -> Challenge:
        """What to say of a token that isn't valid."""
        self._refused = True
        return Challenge(b'{"status":"invalid_token","scope":"mail"}')


_OAUTHBEARER = re.compile(
    rb"[ny],(?:a=(?P<name>[^,\x01]*))?,\x01"
    rb"(?:(?:host|port|mthd|path|qs)=[^\x01]*\x01)*"
    rb"auth=[Bb][Ee][Aa][Rr][Ee][Rr] (?P<token>[A-Za-z0-9._~+/=-]+)\x01"
    rb"(?:(?:host|port|mthd|path|qs)=[^\x01]*\x01)*\x01"
)
_XOAUTH2 = re.compile(
    rb"user=(?P<name>[^\x01]*)\x01"
    rb"auth=[Bb][Ee][Aa][Rr][Ee][Rr] (?P<token>[A-Za-z0-9._~+/=-]+)\x01\x01"
)


def digest_is_right(digest: Digest, password: str) -> bool:
    """RFC 2195 §2."""
    made = hmac.new(password.encode(), digest.challenge, "md5").hexdigest()
    return hmac.compare_digest(made, digest.digest)


def saslname(text: str) -> str:
    """RFC 5802 §5.1: `=2C` is a comma, `=3D` an equals sign, no other `=` may occur."""
    if re.search(r"=(?!2C|3D)", text) or "\0" in text:
        raise GrammarError("malformed SASL name")
    return text.replace("=2C", ",").replace("=3D", "=")
