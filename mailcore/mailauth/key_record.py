"""Public keys as they stand in DNS.  RFC 6376 §3.6.1, RFC 8301 §3.2, RFC 8463 §4."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailcore.errors import GrammarError
from mailcore.mailauth import tags
from mailcore.mailauth.signature import ED25519

SHORTEST, LONGEST = 1024, 4096  # bits of an RSA key
_LARGEST_EXPONENT = 2**32
_MOST_OCTETS = 1024  # of p=; 4096 bits take 550


class Revoked(GrammarError):
    """p= is empty: the key was withdrawn.  RFC 6376 §3.6.1."""


class Unacceptable(GrammarError):
    """A key whose signatures we don't believe, however well they fit."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key and what it may sign.  `testing` is t=y, `strict` is t=s: i= must be at d= itself."""

    key: RSAPublicKey | Ed25519PublicKey
    testing: bool
    strict: bool

    @property
    def bits(self) -> int:
        return self.key.key_size if isinstance(self.key, RSAPublicKey) else 256

    def fits(self, algorithm: str) -> bool:
        return isinstance(self.key, Ed25519PublicKey) == (algorithm == ED25519)

    def verifies(self, signature: bytes, digest: bytes) -> bool:
        """Whether `signature` is of the SHA-256 `digest`; Ed25519 signs it as a message."""
        try:
            if isinstance(self.key, RSAPublicKey):
                scheme = padding.PKCS1v15()
                self.key.verify(signature, digest, scheme, Prehashed(hashes.SHA256()))
            else:
                self.key.verify(signature, digest)
        except InvalidSignature:
            return False
        return True


def parse(text: str) -> KeyRecord:
    """Read a record.  Raises Revoked, Unacceptable, or GrammarError for what is none."""
    found = tags.parse(text)
    if found.get("v", "DKIM1") != "DKIM1":
        raise GrammarError("no key record")
    if "p" not in found:
        raise GrammarError("no key in the record")
    if not tags.solid(found["p"]):
        raise Revoked("key was revoked")
    services = tags.solid(found.get("s", "*")).lower().split(":")
    if "*" not in services and "email" not in services:
        raise GrammarError("the key is not for mail")
    if "h" in found and "sha256" not in tags.solid(found["h"]).lower().split(":"):
        raise Unacceptable("the key is not for sha256")
    flags = tags.solid(found.get("t", "")).lower().split(":")
    key = _key(found.get("k", "rsa").lower(), tags.octets(found["p"]))
    return KeyRecord(key, "y" in flags, "s" in flags)


def _key(kind: str, data: bytes) -> RSAPublicKey | Ed25519PublicKey:
    if len(data) > _MOST_OCTETS:
        raise Unacceptable("key too long")
    if kind == "ed25519":
        try:
            return Ed25519PublicKey.from_public_bytes(data)
        except ValueError:
            raise GrammarError("not an Ed25519 key") from None
    if kind != "rsa":
        raise GrammarError("unknown kind of key")
    try:
        key = load_der_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise GrammarError("not an RSA key") from None
    if not isinstance(key, RSAPublicKey):
        raise GrammarError("not an RSA key")
    if not SHORTEST <= key.key_size <= LONGEST:
        raise Unacceptable(f"key of {key.key_size} bits")
    if key.public_numbers().e > _LARGEST_EXPONENT:
        raise Unacceptable("key with a huge exponent")
    return key
